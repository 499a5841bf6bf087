"""What the page says of limits and its sessions do not print."""

import pytest
import torch


@pytest.mark.parametrize(("dtype", "digits"), [
    (torch.bfloat16, 8), (torch.float16, 11), (torch.float32, 24)])
def test_less_than_half_a_step_is_lost(device, dtype, digits):
    for total in (1.0, 3.0, 250.0, 256.0):
        x = torch.tensor(total, dtype=dtype, device=device)
        assert x + total / 2 ** (digits + 1) * 0.99 == x
        assert x + total / 2 ** (digits - 1) * 1.01 > x


def test_accuracies_near_one_are_0_004_apart():
    values = torch.linspace(0.9, 0.99, 1000).bfloat16().unique().double()
    steps = values.diff().unique()
    assert steps.tolist() == [2 ** -8]
    assert values[values < 1][-1] - values[0] > 0.08
    assert torch.tensor(0.973).bfloat16() == torch.tensor(0.974).bfloat16()
