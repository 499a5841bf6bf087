import pytest
import torch

from snippets.rl.advantage_normalisation import (
    assert_equal_rewards_teach_nothing,
    group_advantages,
)
from tests.awkward import Case, LeftOut


def written_out(x):
    if not x.is_floating_point():
        raise TypeError
    wide = x.double()
    gap = wide - wide.sum(-1, keepdim=True) / x.shape[-1]
    deviation = gap.square().mean(-1, keepdim=True).sqrt()
    return (gap / (deviation + 1e-4)).to(x.dtype)


AWKWARD = [
    Case(group_advantages, lambda advantages, x: advantages(x), like=written_out,
         outside={"around 1e8": "a large offset costs digits"}),
    LeftOut(assert_equal_rewards_teach_nothing, "it makes the groups that it needs"),
]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 100, 1000])
def test_equal_rewards_have_the_advantage_0_exactly(device, dtype, size):
    rewards = torch.tensor([0.1, 0.3, 0.7, 1.1, 1e4], device=device).to(dtype)
    assert not group_advantages(rewards[:, None].expand(-1, size)).any()


def test_each_group_is_normalized_alone(device):
    rewards = torch.randn(3, 2, 8, device=device)
    together = group_advantages(rewards)
    for i in range(3):
        for j in range(2):
            torch.testing.assert_close(together[i, j], group_advantages(rewards[i, j]))


def test_the_guard_fails_on_nan(device):
    with torch.device(device), pytest.raises(AssertionError, match=r"1 rewards of 0.0 .* nan"):
        assert_equal_rewards_teach_nothing(lambda x: (x - x.mean()) / (x.std() + 1e-4))


def test_the_guard_passes_on_a_mean_alone(device):
    with torch.device(device):
        assert_equal_rewards_teach_nothing(lambda x: x - x.mean())


def test_integers_are_refused(device):
    with pytest.raises(TypeError, match="rewards are floats"):
        group_advantages(torch.tensor([1, 2], device=device))
