"""The figure of stft's frames: which samples each of them covers."""

import torch

INPUT = torch.tensor([20, 22])
OTHER = torch.tensor([16, 18])
N_FFT, HOP = 8, 4


def panels(lengths: torch.Tensor) -> list[dict[str, object]]:
    """Cut signals of two `lengths` into frames."""
    found: list[dict[str, object]] = []
    for length in lengths.tolist():
        window = torch.hann_window(N_FFT)
        spectrum = torch.stft(
            torch.ones(length), N_FFT, HOP, window=window,
            return_complex=True)
        frames = spectrum.shape[-1]
        back = torch.istft(spectrum, N_FFT, HOP, window=window)
        lanes = {"signal": torch.tensor([[0, length, 0]])}
        for frame in range(frames):
            start = frame * HOP - N_FFT // 2
            lanes[f"frame {frame}"] = torch.tensor(
                [[start, start + N_FFT, 1]])
        lanes["istft"] = torch.tensor([[0, len(back), 2]])
        found.append({
            "title": f"{length} samples",
            "lanes": lanes,
            "does": ["the signal", "frame", "without length"],
            "unit": "sample",
            "says": f"{length} samples give {frames} frames, "
            f"and {len(back)} come back",
        })
    return found
