from collections import namedtuple

import pytest
import torch
from torch.autograd import Function

from snippets.guards.every_parameter_used import every_parameter_used


class Weighted(Function):
    @staticmethod
    def forward(ctx, x, more):
        Weighted.needed = ctx.needs_input_grad
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2, *Weighted.extra


@pytest.mark.parametrize(("extra", "raises"), [
    ([None], False), ([None, None, None], False), ([], True)])
def test_more_gradients_are_accepted_if_they_are_none(device, extra, raises):
    x = torch.ones(2, requires_grad=True, device=device)
    Weighted.extra = extra
    y = Weighted.apply(x, 3).sum()
    assert Weighted.needed == (True, False)
    if raises:
        with pytest.raises(RuntimeError, match="incorrect number of gradients"):
            y.backward()
    else:
        y.backward()
        assert x.grad.tolist() == [2, 2]


def test_more_gradients_that_are_tensors_raise(device):
    x = torch.ones(2, requires_grad=True, device=device)
    Weighted.extra = [None, torch.ones(2, device=device)]
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        Weighted.apply(x, 3).sum().backward()


@pytest.mark.parametrize("wrap", [
    lambda x: [x], lambda x: (x,), lambda x: {"x": x}, lambda x: {x}])
def test_a_tensor_in_a_container_is_not_tracked(device, wrap):
    class First(Function):
        @staticmethod
        def forward(ctx, box):
            return 2 * next(iter(box.values() if isinstance(box, dict) else box))

    x = torch.ones(2, requires_grad=True, device=device)
    assert not First.apply(wrap(x)).requires_grad


@pytest.mark.parametrize("wrap", [list, lambda both: {"a": both[0]}, lambda both: (both,)])
def test_a_container_of_outputs_requires_no_gradient(device, wrap):
    class Both(Function):
        @staticmethod
        def forward(ctx, x):
            return wrap([x * 2, x * 3])

    found = Both.apply(torch.ones(2, requires_grad=True, device=device))
    tensors = found.values() if isinstance(found, dict) else found
    tensors = tensors[0] if isinstance(found, tuple) else tensors
    assert not any(y.requires_grad for y in tensors)


def test_a_named_tuple_comes_back_as_a_tuple_and_a_float_mask_requires_a_gradient(device):
    pair = namedtuple("Pair", "y mask index")

    class Masked(Function):
        @staticmethod
        def forward(ctx, x, mark):
            mask = (x > 0).float()
            if mark:
                ctx.mark_non_differentiable(mask)
            return pair(x * mask, mask, x.argmax())

        @staticmethod
        def backward(ctx, *grads):
            return grads[0], None

    x = torch.ones(2, requires_grad=True, device=device)
    for mark in [False, True]:
        found = Masked.apply(x, mark)
        assert type(found) is tuple
        assert [y.requires_grad for y in found] == [True, not mark, False]


def test_every_parameter_used_finds_what_gets_none_and_misses_what_gets_a_part(device):
    class SumOfList(Function):
        @staticmethod
        def forward(ctx, scale, tensors):
            return scale * sum(tensors)

    model = torch.nn.Bilinear(1, 1, 1, device=device)
    with pytest.raises(AssertionError, match="bias"):
        every_parameter_used(lambda: model.weight.sum() + SumOfList.apply(
            3.0, [model.weight.sum(), model.bias.sum()]), model)
    every_parameter_used(lambda: model.weight.sum() + SumOfList.apply(
        3.0, [model.weight.sum()]), model, allow=["bias"])
