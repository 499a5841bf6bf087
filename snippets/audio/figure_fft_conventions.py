"""The figure of a circular convolution: what the end is added to."""

import torch

INPUT = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def convolve(
        x: torch.Tensor, kernel: torch.Tensor, n: int,
) -> torch.Tensor:
    """Multiply the spectra of `n` samples, and go back."""
    product = torch.fft.rfft(x, n) * torch.fft.rfft(kernel, n)
    result: torch.Tensor = torch.fft.irfft(product, n)
    return result.round().int()


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Add up three neighbours of `x`, with and without padding."""
    kernel = torch.ones(3)
    size, full = len(x), len(x) + len(kernel) - 1
    padded, wrapped = convolve(x, kernel, full), convolve(x, kernel, size)
    over = torch.arange(full) >= size
    start = torch.arange(size) < full - size
    tail = " and ".join(str(v) for v in padded[over].tolist())
    first = " and ".join(str(v) for v in wrapped[start].tolist())
    right = " and ".join(str(v) for v in padded[:2].tolist())
    return [
        {
            "title": f"padded to {full}",
            "grid": padded,
            "colour": torch.where(over, 0, -1),
            "says": f"begins with {right}, and {tail} run over the end",
        },
        {
            "title": f"n = {size}, not padded",
            "grid": wrapped,
            "colour": torch.where(start, 0, -1),
            "says": f"begins with {first} instead",
        },
    ]
