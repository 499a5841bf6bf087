import pytest
import torch
from torch.distributions import Categorical

from snippets.numerics.entropy_of_masked_probabilities import entropy
from tests.awkward import Case

AWKWARD = [
    Case(entropy, lambda f, x: f(x), like=lambda x: torch.special.entr(x.softmax(-1)).sum(-1)),
    Case(entropy, lambda f, x: f(x, 1), like=lambda x: torch.special.entr(x.softmax(1)).sum(1),
         shape=(3, 4, 2, 2)),
]


@pytest.mark.parametrize("hidden", [0, 1, 3])
@pytest.mark.parametrize("dim", [0, -1])
def test_value_and_gradient_are_those_without_the_hidden(device, hidden, dim):
    full = torch.randn(4, 4, dtype=torch.float64, device=device)
    masked = full.index_fill(dim, torch.arange(hidden, device=device), -torch.inf).requires_grad_()
    kept = full.narrow(dim, hidden, 4 - hidden).requires_grad_()
    weight = torch.randn(4, dtype=torch.float64, device=device)
    ours = entropy(masked, dim)
    torch.testing.assert_close(ours, Categorical(logits=kept.movedim(dim, -1)).entropy())
    of_masked, = torch.autograd.grad(ours @ weight, masked)
    of_kept, = torch.autograd.grad(entropy(kept, dim) @ weight, kept)
    torch.testing.assert_close(of_masked.narrow(dim, hidden, 4 - hidden), of_kept)
    assert not of_masked.narrow(dim, 0, hidden).any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_finite_extremes_are_finite(device, dtype):
    x = torch.tensor([[torch.finfo(dtype).min, 0.0, 1.0], [200.0, 0.0, -200.0]], dtype=dtype,
                     device=device, requires_grad=True)
    value = entropy(x)
    grad, = torch.autograd.grad(value.sum(), x)
    assert value.isfinite().all()
    assert grad.isfinite().all()


def test_one_class_costs_nothing_and_no_class_is_nan(device):
    x = torch.tensor([[-torch.inf, 5.0], [-torch.inf, -torch.inf]], device=device)
    value = entropy(x)
    assert value[0] == 0
    assert value[1].isnan()
    with pytest.raises(NotImplementedError):
        entropy(torch.zeros(2, 2, dtype=torch.int64, device=device))
