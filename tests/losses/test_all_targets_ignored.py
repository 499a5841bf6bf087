import pytest
import torch
import torch.nn.functional as F

from snippets.losses.all_targets_ignored import assert_finite_without_targets, mean_loss


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("ignore_index", [-100, -1, 2])
def test_the_mean_is_torchs_and_0_without_targets(device, dtype, ignore_index):
    z = torch.randn(3, 4, device=device).to(dtype)
    target = torch.tensor([1, ignore_index, 3], device=device)
    torch.testing.assert_close(
        mean_loss(z, target, ignore_index), F.cross_entropy(z, target, ignore_index=ignore_index))
    assert mean_loss(z, torch.full_like(target, ignore_index), ignore_index) == 0


def test_the_guard_fails_on_the_mean_over_nothing(device):
    with torch.device(device), pytest.raises(AssertionError, match="0/0"):
        assert_finite_without_targets(F.cross_entropy)
    with torch.device(device):
        assert_finite_without_targets(mean_loss)
