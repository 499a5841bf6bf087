import pytest
import torch

from tests.shown import shown

PAGE = "docs/generative/terminal-snr.md"


@pytest.mark.parametrize(("steps", "expected"), [(10, "0.27"), (100, "0.88"), (1000, "1.00")])
def test_few_steps_of_the_rescaled_schedule_lose_contrast(steps, expected):
    torch.manual_seed(0)
    root = torch.linspace(0.00085**0.5, 0.012**0.5, 1000)
    alpha_bar = shown(PAGE, "end_at_zero", torch=torch)((1 - root**2).cumprod(0))
    trailing = torch.arange(0, 1000, 1000 // steps) + 1000 // steps - 1
    found = shown(PAGE, "brightness", torch=torch)(alpha_bar[trailing])
    assert float(found) == pytest.approx(float(expected), abs=0.02)
