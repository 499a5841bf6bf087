import pytest
import torch


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, copied):
        return x.clone() if copied else x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -gradient, None


def test_an_in_place_operation_next_needs_a_copy():
    x = torch.tensor([3.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        Reverse.apply(x, False).relu_()
    assert torch.autograd.grad(Reverse.apply(x, True).relu_(), x)[0] == -1


def test_an_input_that_needs_no_gradient_takes_no_hook():
    x = torch.tensor([3.0])
    assert torch.equal(Reverse.apply(x, False), x)
    with pytest.raises(RuntimeError, match="cannot register a hook"):
        x.view_as(x).register_hook(lambda g: -g)
