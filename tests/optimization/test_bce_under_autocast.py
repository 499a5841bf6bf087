import pytest
import torch

from snippets.optimization.bce_under_autocast import assert_mistakes_are_pushed, loss_of_logits
from snippets.optimization.wrong_bce_under_autocast import loss_of_probabilities
from tests.awkward import Case, LeftOut

AWKWARD = [
    Case(loss_of_logits, lambda f, x: f(x, (x > 0).to(x.dtype)),
         like=lambda x: torch.nn.functional.binary_cross_entropy_with_logits(
             x, (x > 0).to(x.dtype))),
    LeftOut(assert_mistakes_are_pushed, "it makes the one mistake that it needs, in each dtype"),
]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_only_the_fused_loss_pushes_a_confident_mistake(dtype):
    assert_mistakes_are_pushed(loss_of_logits, dtype)
    with pytest.raises(AssertionError, match="a wrong logit"):
        assert_mistakes_are_pushed(loss_of_probabilities, dtype)


def test_the_guard_runs_in_evaluation_code():
    with torch.no_grad():
        assert_mistakes_are_pushed(loss_of_logits, torch.float32)


def test_the_two_losses_agree_in_float64(device):
    logits = torch.randn(8, 1, device=device, dtype=torch.float64)
    target = torch.rand(8, 1, device=device, dtype=torch.float64)
    torch.testing.assert_close(loss_of_logits(logits, target),
                               loss_of_probabilities(logits, target))


def test_the_dtypes_agree_after_a_cast_and_logits_are_right_in_both(device):
    half = torch.full((1, 1), 0.5, dtype=torch.bfloat16, device=device)
    target = torch.zeros(1, 1, device=device)
    with pytest.raises(RuntimeError, match="Found dtype"):
        torch.nn.functional.binary_cross_entropy(half, target)
    torch.testing.assert_close(
        torch.nn.functional.binary_cross_entropy(half.float(), target.float()),
        loss_of_logits(0 * half.float(), target))
