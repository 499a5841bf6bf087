"""What the page says and its sessions do not print."""

import pytest
import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class ReturnsSigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        s = x.sigmoid()
        ctx.save_for_backward(x, s)
        ctx.mark_non_differentiable(s)
        return x * s, s

    @staticmethod
    def backward(ctx, grad, grad_s):
        x, s = ctx.saved_tensors
        slope = s * (1 - s)
        return grad * (s + x * slope) + grad_s * slope


class Once(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        x, = ctx.saved_tensors
        return 2 * x * grad


class Mapped(Function):
    @staticmethod
    def forward(x):
        return x.square()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        x, = ctx.saved_tensors
        return 2 * x * grad


class MappedByRule(Mapped):
    generate_vmap_rule = True


def test_an_output_without_a_derivative_is_a_constant(device):
    x = torch.zeros((), device=device, requires_grad=True)
    first, = torch.autograd.grad(ReturnsSigmoid.apply(x)[0], x, create_graph=True)
    second, = torch.autograd.grad(first, x)
    assert second == 0.25


@pytest.mark.parametrize("loss", [Once.apply, lambda x: Once.apply(x).square()])
def test_where_the_rest_gives_nothing_grad_raises_and_hessian_is_0(device, loss):
    x = torch.ones((), device=device, requires_grad=True)
    first, = torch.autograd.grad(loss(x), x, create_graph=True)
    with pytest.raises(RuntimeError):
        torch.autograd.grad(first, x)
    assert torch.autograd.functional.hessian(loss, x.detach()) == 0


def test_vmap_needs_a_rule(device):
    x = torch.arange(3.0, device=device)
    with pytest.raises(RuntimeError, match="generate_vmap_rule"):
        torch.func.vmap(Mapped.apply)(x)
    assert torch.equal(torch.func.vmap(MappedByRule.apply)(x), x * x)
