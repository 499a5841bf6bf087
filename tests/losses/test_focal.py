import pytest
import torch
import torch.nn.functional as F

from snippets.losses.focal import focal_loss
from tests.awkward import Case


def classes(x):
    """A class for each position of logits (N, C, ...)."""
    shape = x.movedim(1, -1).shape[:-1]
    return (torch.arange(shape.numel(), device=x.device) % x.shape[1]).view(shape)


def by_formula(x, gamma=2.0):
    """The mean of (1 - p) ** gamma * -log(p)."""
    if not x.is_floating_point():
        raise TypeError("no softmax of integers")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    log_p = -F.cross_entropy(wide, classes(x), reduction="none")
    return ((1 - log_p.exp()) ** gamma * -log_p).mean()


AWKWARD = [
    Case(focal_loss, lambda f, x: f(x, classes(x)), like=by_formula),
    Case(focal_loss, lambda f, x: f(x, classes(x), 0.0), like=lambda x: by_formula(x, 0.0)),
    Case(focal_loss, lambda f, x: f(x, classes(x)), like=by_formula, shape=(3, 4, 2, 2)),
]


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 4, 5)])
def test_the_loss_and_its_gradient_are_the_formula_s(device, shape, gamma):
    x = torch.randn(shape, dtype=torch.float64, device=device, requires_grad=True)
    ours, reference = focal_loss(x, classes(x), gamma), by_formula(x, gamma)
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(*(torch.autograd.grad(y, x) for y in (ours, reference)))


def test_the_weight_is_the_target_s_and_comes_after_the_power(device):
    x = torch.randn(6, 3, dtype=torch.float64, device=device)
    weight = torch.tensor([1.0, 5.0, 0.0], device=device)
    alone = torch.stack([focal_loss(x[i:i + 1], classes(x)[i:i + 1]) for i in range(6)])
    torch.testing.assert_close(
        focal_loss(x, classes(x), weight=weight), (weight.double()[classes(x)] * alone).mean())


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("number", [0, 1])
def test_the_gradient_is_finite_where_p_is_0_or_1(device, gamma, number):
    x = torch.tensor([[1000.0, 0.0]], device=device, requires_grad=True)
    loss = focal_loss(x, torch.tensor([number], device=device), gamma)
    loss.backward()
    assert loss.isfinite()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize(("shape", "target", "options", "error"), [
    ((2, 3), torch.zeros(2), {}, TypeError),
    ((2, 3), torch.zeros(2, dtype=torch.int32), {}, TypeError),
    ((2, 3), torch.zeros(3, dtype=torch.int64), {}, ValueError),
    ((3,), torch.zeros(3, dtype=torch.int64), {}, ValueError),
    ((), torch.tensor(0), {}, ValueError),
    ((2, 3), torch.zeros(2, dtype=torch.int64), {"gamma": -1.0}, ValueError),
    ((2, 3), torch.zeros(2, dtype=torch.int64), {"weight": torch.ones(2)}, ValueError),
    ((2, 3), torch.tensor([0, 3]), {}, RuntimeError),
    ((2, 3), torch.tensor([0, -100]), {}, RuntimeError)])
def test_what_does_not_fit_raises(shape, target, options, error):
    with pytest.raises(error):
        focal_loss(torch.zeros(shape), target, **options)
