import pytest
import torch

from snippets.optimization.bce_under_autocast import assert_mistakes_are_pushed, loss_of_logits
from snippets.optimization.wrong_bce_under_autocast import loss_of_probabilities


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_only_the_fused_loss_pushes_a_confident_mistake(dtype):
    assert_mistakes_are_pushed(loss_of_logits, dtype)
    with pytest.raises(AssertionError, match="a wrong logit"):
        assert_mistakes_are_pushed(loss_of_probabilities, dtype)


def test_the_two_losses_agree_in_float64(device):
    logits = torch.randn(8, 1, device=device, dtype=torch.float64)
    target = torch.rand(8, 1, device=device, dtype=torch.float64)
    torch.testing.assert_close(loss_of_logits(logits, target),
                               loss_of_probabilities(logits, target))
