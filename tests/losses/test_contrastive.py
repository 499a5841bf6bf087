import math

import pytest
import torch
import torch.nn.functional as F

from snippets.losses.contrastive import nt_xent
from tests.awkward import Case


def by_loop(a, b, temperature=0.5):
    """The formula of SimCLR, view by view, without a mask."""
    if not a.is_floating_point():
        raise TypeError("no cosine of integers")
    if len(a) < 2:
        raise ValueError("no negatives")
    z = torch.cat([a, b])
    z = z.to(torch.promote_types(z.dtype, torch.float32))
    z = F.normalize(z, dim=1)
    losses = []
    for i in range(len(z)):
        others = [j for j in range(len(z)) if j != i]
        logits = z[others] @ z[i] / temperature
        losses.append(logits.logsumexp(0) - logits[others.index((i + len(a)) % len(z))])
    return torch.stack(losses).mean()


AWKWARD = [
    Case(nt_xent, lambda f, x: f(x, x.flip(1)), like=lambda x: by_loop(x, x.flip(1))),
]


@pytest.mark.parametrize("temperature", [0.07, 0.5, 3.0])
def test_the_loss_and_its_gradient_are_the_loop_s(device, temperature):
    a, b = torch.randn(2, 5, 3, dtype=torch.float64, device=device).requires_grad_()
    ours, reference = nt_xent(a, b, temperature), by_loop(a, b, temperature)
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(*(torch.autograd.grad(y, (a, b)) for y in (ours, reference)))


@pytest.mark.parametrize("n", [2, 4, 33])
def test_equal_embeddings_cost_the_log_of_the_candidates(device, n):
    x = torch.ones(n, 3, device=device, requires_grad=True)
    loss = nt_xent(x, x)
    assert loss.item() == pytest.approx(math.log(2 * n - 1), rel=1e-5)
    loss.backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_smallest_temperature_has_a_finite_gradient(device, dtype):
    a = torch.eye(4, dtype=dtype, device=device).requires_grad_()
    for pairs in [a, a.roll(1, 0)]:
        loss = nt_xent(a, pairs, torch.finfo(dtype).eps)
        assert loss.isfinite()
        assert torch.autograd.grad(loss, a)[0].isfinite().all()


def test_the_order_of_the_pairs_does_not_matter(device):
    a, b = torch.randn(2, 5, 3, dtype=torch.float64, device=device)
    order = torch.tensor([3, 0, 4, 2, 1], device=device)
    torch.testing.assert_close(nt_xent(a[order], b[order]), nt_xent(a, b))
    torch.testing.assert_close(nt_xent(b, a), nt_xent(a, b))


@pytest.mark.parametrize(("a", "b", "temperature", "error"), [
    (torch.ones(3, 2, dtype=torch.int64), torch.ones(3, 2), 0.5, TypeError),
    (torch.ones(3, 2), torch.ones(2, 2), 0.5, ValueError),
    (torch.ones(3), torch.ones(3), 0.5, ValueError),
    (torch.ones(1, 2), torch.ones(1, 2), 0.5, ValueError),
    (torch.ones(3, 2), torch.ones(3, 2), 0.0, ValueError),
    (torch.eye(3), torch.eye(3), 1e-39, ValueError),
    (torch.ones(3, 2), torch.ones(3, 2), math.nan, ValueError)])
def test_what_does_not_fit_raises(a, b, temperature, error):
    with pytest.raises(error):
        nt_xent(a, b, temperature)
