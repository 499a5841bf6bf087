import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.autograd.detached_by_constructor import total_loss
from snippets.guards.every_parameter_used import every_parameter_used
from tests.awkward import Case


def added(total, x):
    floating = x.dtype if x.is_floating_point() or x.is_complex() else torch.float32
    one = torch.ones((), dtype=floating, device=x.device, requires_grad=True)
    return total(a=(one * x.detach()).sum(), b=one * 2)


def by_hand(x):
    floating = x.dtype if x.is_floating_point() or x.is_complex() else torch.float32
    return (x.detach().to(floating)).sum() + torch.full((), 2, dtype=floating, device=x.device)


AWKWARD = [Case(total_loss, added, like=by_hand, compiled=False)]

CUT = [lambda w: torch.tensor([w, w]), lambda w: torch.as_tensor([w]), lambda w: w.new_tensor([w]),
       lambda w: torch.linspace(0, w, 3), lambda w: torch.tensor(float(w)),
       lambda w: torch.full((2,), w.item()), lambda w: torch.tensor(w),
       lambda w: torch.tensor(math.fsum([w, w])), lambda w: torch.tensor([[w, w], [w, 0.0]])]
KEPT = [lambda w: torch.stack([w, w]), lambda w: torch.as_tensor(w), lambda w: w.expand(2),
        lambda w: np.float64(2) * w, lambda w: max([w, 2 * w]), lambda w: sum([w, w]),
        lambda w: torch.zeros(2, device=w.device).fill_(w), lambda w: math.prod([w, w]),
        lambda w: w.clone()]
REFUSED = [lambda w: np.sqrt(w), lambda w: np.array([2.0]) * w, lambda w: torch.full((2,), w),
           lambda w: round(w)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", CUT)
def test_what_cuts_the_graph(device, way):
    assert not way(torch.tensor(3.0, requires_grad=True, device=device)).requires_grad


@pytest.mark.parametrize("way", KEPT)
def test_what_keeps_the_graph(device, way):
    w = torch.tensor(3.0, requires_grad=True, device=device)
    way(w).sum().backward()
    assert w.grad > 0


@pytest.mark.parametrize("way", REFUSED)
def test_what_raises(device, way):
    with pytest.raises((TypeError, RuntimeError)):
        way(torch.tensor(3.0, requires_grad=True, device=device))


def test_losses_of_one_element_are_added_with_their_gradients(device):
    w = torch.tensor([3.0], requires_grad=True, device=device)
    total = total_loss(a=w ** 2, b=(2 * w).sum(), c=(3 * w).view(1, 1))
    total.backward()
    assert total.shape == ()
    assert (total.item(), w.grad.item()) == (24, 11)


def test_what_total_loss_refuses(device):
    w = torch.ones(2, requires_grad=True, device=device)
    with pytest.raises(ValueError, match="no loss"):
        total_loss()
    with pytest.raises(ValueError, match=r"^b is of shape \(2,\)"):
        total_loss(a=w.sum(), b=w * 2)
    for cut in [w.sum().detach(), torch.ones((), requires_grad=True, device=device)]:
        with pytest.raises(ValueError, match=r"^b has no graph"):
            total_loss(a=w.sum(), b=cut)
    with torch.no_grad():
        assert total_loss(a=w.sum(), b=w.sum()).item() == 4


@pytest.mark.filterwarnings("ignore")
def test_the_guard_finds_a_layer_that_only_the_cut_loss_would_train(device):
    model = nn.ModuleDict({"main": nn.Linear(1, 1), "router": nn.Linear(1, 1)}).to(device)
    x = torch.ones(2, 1, device=device)
    losses = [lambda: model["main"](x).mean(), lambda: model["router"](x).mean()]
    every_parameter_used(lambda: total_loss(a=losses[0](), b=losses[1]()), model)
    with pytest.raises(AssertionError, match="router"):
        every_parameter_used(
            lambda: losses[0]() + torch.tensor([losses[1]()], device=device).sum(), model)


@pytest.mark.parametrize("number", [3.0, 0, None, np.float64(3)])
def test_a_loss_that_is_no_tensor_is_refused_by_name(number, device):
    w = torch.ones((), requires_grad=True, device=device)
    with pytest.raises(ValueError, match=r"^balance is .* not a tensor"):
        total_loss(main=w ** 2, balance=number)


def test_the_guard_cannot_see_a_leaf_that_the_loss_made(device):
    w = torch.ones((), requires_grad=True, device=device)
    cut = torch.tensor([w.item(), w.item()], requires_grad=True, device=device).sum()
    total_loss(main=w ** 2, cut=cut).backward()
    assert w.grad == 2
