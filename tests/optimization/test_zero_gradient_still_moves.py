import inspect

import pytest
import torch
from torch import nn

from snippets.optimization.wrong_zero_gradient_still_moves import mask_gradient_rows
from snippets.optimization.zero_gradient_still_moves import freeze, step_except_rows
from tests import populations
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(freeze, "it takes parameters, and sets two attributes of each"),
    LeftOut(step_except_rows, "it takes an optimizer; the test below tries several of them"),
]

KINDS = [lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
         lambda p: torch.optim.Adam(p, lr=0.1, amsgrad=True),
         lambda p: torch.optim.AdamW(p, lr=0.1), lambda p: torch.optim.RMSprop(p, momentum=0.9)]


@pytest.mark.parametrize("make", KINDS)
def test_frozen_rows_and_parameters_do_not_move(device, make):
    table = nn.Embedding(4, 3, device=device)
    other = nn.Linear(3, 1, device=device)
    optimizer = make([*table.parameters(), *other.parameters()])
    for step in range(4):
        if step == 1:
            freeze(other.parameters())
            before = [p.detach().clone() for p in (table.weight, *other.parameters())]
        other(table.weight).sum().backward()
        if step:
            step_except_rows(optimizer, table.weight, [1, 3])
        else:
            optimizer.step()
    assert (table.weight == before[0]).all(1).tolist() == [False, True, False, True]
    assert table.weight.requires_grad
    assert torch.equal(other.weight, before[1])
    assert torch.equal(other.bias, before[2])


def test_lbfgs_moves_a_parameter_without_a_gradient():
    a, b = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = torch.optim.LBFGS([a, b], lr=0.1, max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = ((3 * a - b) ** 4 + a * b + (b - 2) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    freeze([a])
    before = a.detach().clone()
    optimizer.step(closure)
    assert not torch.equal(a, before)


def test_rows_given_by_a_slice_are_put_back_too(device):
    weight = nn.Parameter(torch.ones(3, 2, device=device))
    weight.sum().backward()
    step_except_rows(torch.optim.SGD([weight], lr=0.5), weight, slice(0, 1))
    assert weight[:, 0].tolist() == [1, 0.5, 0.5]


def test_masked_rows_do_move(device):
    weight = nn.Parameter(torch.ones(2, 2, device=device))
    mask_gradient_rows(weight, [0])
    weight.sum().backward()
    assert not weight.grad[0].any()
    assert weight.grad[1].all()
    torch.optim.AdamW([weight]).step()
    assert (weight[0] < 1).all()


MOVED_BY_ZERO = {"Adam", "AdamW", "Adamax", "NAdam", "RAdam", "ASGD", "Muon"}


def moves(kind, gradients, dtype=torch.float32, **options):
    """Whether the last of these gradients moves a matrix, with default settings."""
    p = nn.Parameter(torch.ones(2, 2, dtype=dtype))
    optimizer = kind([p], **options)
    for gradient in gradients:
        before = p.detach().clone()
        p.grad = None if gradient is None else torch.full_like(p, gradient)
        if isinstance(optimizer, torch.optim.LBFGS):
            optimizer.step(lambda: torch.tensor(1.0))
        else:
            optimizer.step()
    return not torch.equal(p, before)


@pytest.mark.parametrize("name", sorted({*populations.optimizers()} - {"SparseAdam"}))
def test_what_a_zero_gradient_does_in_each_optimizer(name):
    kind = populations.optimizers()[name]
    assert moves(kind, [1.0])
    assert moves(kind, [1.0, 0.0]) == (name in MOVED_BY_ZERO)
    assert not moves(kind, [1.0, None])
    if "weight_decay" in inspect.signature(kind).parameters:
        assert moves(kind, [1.0, 0.0], weight_decay=0.1)


@pytest.mark.parametrize("name", sorted(MOVED_BY_ZERO))
def test_in_bfloat16_a_zero_gradient_moves_no_matrix_of_ones_at_default_settings(name):
    assert not moves(populations.optimizers()[name], [1.0, 0.0], dtype=torch.bfloat16)


def test_lbfgs_moves_a_parameter_of_zero_gradient_beside_others():
    p, other = (nn.Parameter(torch.ones(1)) for _ in range(2))
    optimizer = torch.optim.LBFGS([p, other], lr=0.1, max_iter=3)

    def losses(use):
        optimizer.zero_grad()
        loss = ((use * p + 2 * other) ** 2 + other ** 4).sum()
        loss.backward()
        return loss

    optimizer.step(lambda: losses(1))
    before = p.item()
    optimizer.step(lambda: losses(0))
    assert p.grad == 0
    assert p.item() != before


def test_sparse_adam_refuses_a_dense_gradient():
    with pytest.raises(RuntimeError, match="dense gradients"):
        moves(torch.optim.SparseAdam, [1.0])
