import pytest
import torch

from snippets.autograd.kinks_and_ties import clamp_closed
from tests.awkward import Case

AWKWARD = [Case(clamp_closed, lambda f, x: f(x, -0.5, 1.0), like=lambda x: x.clamp(-0.5, 1.0))]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_the_gradient_is_1_on_the_bounds(device, dtype):
    x = torch.tensor([-1.0, 0.0, 0.25, 1.0, 2.0], dtype=dtype, device=device, requires_grad=True)
    clamp_closed(x, 0.0, 1.0).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_off_the_bounds_it_is_clamp(device):
    x = torch.randn(100, dtype=torch.float64, device=device, requires_grad=True)
    ours, theirs = clamp_closed(x, -0.3, 0.7), x.clamp(-0.3, 0.7)
    assert torch.equal(ours, theirs)
    weights = torch.randn(100, dtype=torch.float64, device=device)
    assert torch.equal(*(torch.autograd.grad((y * weights).sum(), x)[0] for y in (ours, theirs)))


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (float("nan"), 0.0)])
def test_bounds_in_the_wrong_order_are_refused(bounds):
    with pytest.raises(ValueError, match="at most"):
        clamp_closed(torch.zeros(2), *bounds)


def test_integers_are_refused():
    with pytest.raises(TypeError, match="real floats"):
        clamp_closed(torch.arange(3), 0, 1)


def test_bounds_that_are_equal_leave_one_point(device):
    x = torch.tensor([0.0, 1.0, 2.0], device=device, requires_grad=True)
    y = clamp_closed(x, 1.0, 1.0)
    y.sum().backward()
    assert y.tolist() == [1.0, 1.0, 1.0]
    assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_hardtanh_blocks_the_gradient_on_its_bounds(device):
    x = torch.tensor([0.0, 0.5, 1.0], device=device, requires_grad=True)
    torch.nn.functional.hardtanh(x, 0.0, 1.0).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_hardtanh_in_bfloat16_lets_the_gradient_through_at_a_bound_that_is_rounded_up(device):
    x = torch.tensor([0.1, 1.0], dtype=torch.bfloat16, device=device, requires_grad=True)
    torch.nn.functional.hardtanh(x, 0.1, 1.0).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0]


def test_compiled_the_gradient_on_a_bound_is_the_same(device):
    x = torch.tensor([-1.0, 0.0, 0.5], device=device, requires_grad=True)

    def loss(x):
        return x.clamp(0, 1).sum()

    compiled = torch.compile(loss, backend="aot_eager")
    eager, = torch.autograd.grad(loss(x), x)
    assert torch.equal(torch.autograd.grad(compiled(x), x)[0], eager)
    _, forward = torch.func.jvp(lambda x: x.clamp(0, 1), (x.detach(),), (torch.ones_like(x),))
    assert torch.equal(forward, eager)
