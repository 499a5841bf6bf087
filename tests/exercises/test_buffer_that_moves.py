import pytest
import torch
from torch import nn

from snippets.exercises.buffer_that_moves import Standardize, check_standardize
from tests.awkward import LeftOut

AWKWARD = [LeftOut(Standardize, "it subtracts and divides; its numbers are those of torch"),
           LeftOut(check_standardize, "it makes its own tensors")]


class Stacked(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("both", torch.stack([mean, std]))

    def forward(self, x):
        return (x - self.both[0]) / self.both[1]


class OfBuffers(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.shift, self.scale = nn.Buffer(-mean / std), nn.Buffer(1 / std)

    def forward(self, x):
        return torch.einsum("...d,d->...d", x, self.scale) + self.shift


class InAChild(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.child = nn.BatchNorm1d(len(mean), affine=False, eps=1e-12).eval()
        self.child.running_mean.copy_(mean)
        self.child.running_var.copy_(std ** 2)

    def forward(self, x):
        return self.child(x)


@pytest.mark.parametrize("right", [Standardize, Stacked, OfBuffers, InAChild])
def test_right_answers_written_in_another_way_pass(right):
    check_standardize(right)


class Listed(Standardize):
    def __init__(self, mean, std):
        nn.Module.__init__(self)
        self.held = [mean, std]

    def forward(self, x):
        return (x - self.held[0]) / self.held[1]


class Unsaved(Standardize):
    def __init__(self, mean, std):
        nn.Module.__init__(self)
        self.register_buffer("mean", mean.clone(), persistent=False)
        self.register_buffer("std", std.clone(), persistent=False)


class KeepsItsDevice(Listed):
    def forward(self, x):
        return (torch.zeros(x.shape) - self.held[0]) / self.held[1] if x.is_meta else (
            super().forward(x))


class Float32(Standardize):
    def forward(self, x):
        return super().forward(x.float())


class NotCloned(Standardize):
    def __init__(self, mean, std):
        nn.Module.__init__(self)
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)


class Swapped(Standardize):
    def __init__(self, mean, std):
        super().__init__(std, mean)


class Frozen(Standardize):
    def __init__(self, mean, std):
        nn.Module.__init__(self)
        self.mean = nn.Parameter(mean.clone(), requires_grad=False)
        self.std = nn.Parameter(std.clone(), requires_grad=False)


@pytest.mark.parametrize(("wrong", "message"), [
    (Listed, "or in a list"),
    (Unsaved, "the state dict is empty"),
    (KeepsItsDevice, "on the old device"),
    (Float32, "after half.. the output is torch.float32"),
    (NotCloned, "clone it before"),
    (Swapped, "subtract, then divide"),
    (Frozen, "whose step or weight decay"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_standardize(wrong)
