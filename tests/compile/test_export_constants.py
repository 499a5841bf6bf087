import copy
import random
import time
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from tests.shown import shown


class Noise(nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def forward(self, x):
        return x + self.draw()


seen = []


def count():
    seen.append(1)
    return len(seen)


@pytest.mark.parametrize("draw", [lambda: np.random.rand(), time.time, count])
def test_what_python_computes_stays(draw):
    seen.clear()
    x = torch.zeros((), dtype=torch.float64)
    exported = torch.export.export(Noise(draw), (x,)).module()
    assert len({exported(x).item() for _ in range(3)}) == 1


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.number = 0
        self.register_buffer("buffer", torch.zeros(()))

    def forward(self, x):
        self.number += 1
        self.buffer += 1
        return x + self.number, x + self.buffer


@pytest.mark.parametrize("strict", [False, True])
def test_strict_gives_the_same_constants(strict):
    x = torch.zeros(())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(Counts(), (x,), strict=strict).module()
    assert [[y.item() for y in exported(x)] for _ in range(3)] == [[1, 1], [1, 2], [1, 3]]


def test_int_of_a_size_makes_it_a_constant():
    class Flat(nn.Module):
        def forward(self, x):
            return x.view(int(x.shape[0]), -1)

    with pytest.raises(torch._dynamo.exc.UserError, match=r"a constant \(4\)"):
        torch.export.export(Flat(), (torch.ones(4, 2, 2),),
                            dynamic_shapes=({0: torch.export.Dim("b")},))


def test_the_mode_of_the_export_stays():
    model = nn.Sequential(nn.Dropout())
    trained = torch.export.export(model, (torch.ones(99),)).module()
    assert trained(torch.ones(99)).unique().tolist() == [0, 2]
    evaluated = torch.export.export(model.eval(), (torch.ones(99),)).module()
    assert evaluated(torch.ones(99)).unique().tolist() == [1]


@pytest.mark.filterwarnings("ignore:Dynamo does not know")
def test_strict_refuses_a_random_number_of_python():
    with pytest.raises(torch._dynamo.exc.Unsupported):
        torch.export.export(Noise(random.random), (torch.zeros(()),), strict=True)


class Applies(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


@pytest.mark.parametrize("function", [
    lambda x: x * torch.nan, lambda x: x.add_(1) * 2, lambda x: x[:0]])
def test_the_guard_passes_for_nan_and_leaves_the_inputs(function):
    check = shown("docs/compile/export-constants.md", "assert_exports", torch=torch, copy=copy)
    x, example = torch.ones(3), torch.ones(3)
    check(Applies(function), (example,), [(x,)] * 2)
    assert x.tolist() == example.tolist() == [1, 1, 1]


@pytest.mark.parametrize("number", [2, 2.0, True])
def test_each_number_as_an_argument_is_fixed(number):
    class Scale(nn.Module):
        def forward(self, x, k):
            return x * k

    exported = torch.export.export(Scale(), (torch.ones(2), number)).module()
    with pytest.raises(AssertionError, match="Guard failed: k =="):
        exported(torch.ones(2), type(number)(0))
