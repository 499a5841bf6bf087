import pytest
import torch
import torch.nn.functional as F

from snippets.losses.sequence_log_probs import completion_log_probs
from tests.awkward import Case


def tokens(x):
    """Labels for logits (B, L, C), of which each third is ignored."""
    number = torch.arange(x.shape[0] * x.shape[1], device=x.device).view(x.shape[:2])
    return (number % x.shape[2]).masked_fill(number % 3 == 1, -100)


def by_cross_entropy(x, labels=None):
    """Minus the sum of cross-entropies in float32 or more."""
    if not x.is_floating_point():
        raise TypeError("no softmax of integers")
    labels = tokens(x) if labels is None else labels
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return -F.cross_entropy(x[:, :-1].mT, labels[:, 1:], reduction="none").sum(1)


AWKWARD = [
    Case(completion_log_probs, lambda f, x: f(x, tokens(x)), like=by_cross_entropy,
         shape=(2, 5, 3)),
]


def test_value_and_gradient_are_cross_entropy_s(device):
    x = torch.randn(3, 6, 5, dtype=torch.float64, device=device, requires_grad=True)
    ours, reference = completion_log_probs(x, tokens(x)), by_cross_entropy(x)
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(
        *(torch.autograd.grad(y.square().sum(), x) for y in (ours, reference)))


def test_a_row_without_a_completion_is_0(device):
    x = torch.full((1, 4, 3), torch.nan, device=device)
    x[..., 0] = 0
    labels = torch.full((1, 4), -100, device=device)
    assert completion_log_probs(x, labels).tolist() == [0.0]


def test_the_first_label_is_not_used_and_one_token_is_0(device):
    x = torch.randn(1, 4, 3, device=device)
    labels = torch.tensor([[0, 1, 2, 0]], device=device)
    other = labels.index_fill(1, torch.tensor([0], device=device), 2)
    assert torch.equal(completion_log_probs(x, labels), completion_log_probs(x, other))
    assert completion_log_probs(x[:, :1], labels[:, :1]).tolist() == [0.0]


@pytest.mark.parametrize(("shape", "labels", "error"), [
    ((1, 2, 3), torch.zeros(1, 2), TypeError),
    ((1, 2, 3), torch.zeros(1, 2, dtype=torch.int32), TypeError),
    ((1, 2, 3), torch.zeros(1, 3, dtype=torch.int64), ValueError),
    ((2, 3), torch.zeros(2, 3, dtype=torch.int64), ValueError),
    ((1, 2, 3), torch.tensor([[0, 3]]), RuntimeError),
    ((1, 2, 3), torch.tensor([[0, -1]]), RuntimeError)])
def test_what_does_not_fit_raises(shape, labels, error):
    with pytest.raises(error):
        completion_log_probs(torch.zeros(shape), labels)
