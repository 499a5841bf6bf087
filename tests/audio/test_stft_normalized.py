import math

import pytest
import torch


@pytest.mark.parametrize(("window", "expected"), [(torch.ones, 0.64), (torch.hann_window, 0.85)])
def test_a_tone_between_two_bins_has_a_lower_peak(window, expected, device):
    n, w = 400, window(400, device=device)
    tone = torch.sin(2 * math.pi * 1020 * torch.arange(1600, device=device) / 16_000)
    peak = (
        torch.stft(tone, n, window=w, center=False, return_complex=True).abs().max() * 2 / w.sum()
    )
    assert round(peak.item(), 2) == expected


@pytest.mark.parametrize(("n", "length"), [(400, 200), (512, 400)])
def test_a_short_window_is_still_divided_by_the_root_of_n_fft(n, length, device):
    x = torch.randn(4000, device=device)
    window = torch.hann_window(length, device=device)
    plain, normalized = (
        torch.stft(x, n, win_length=length, window=window, normalized=kind, return_complex=True)
        for kind in (False, True)
    )
    torch.testing.assert_close(plain, normalized * math.sqrt(n), rtol=1e-4, atol=1e-4)
