"""What the page says of other operations and optimizers."""

import warnings

import pytest
import torch
from torch import nn

from tests import populations

TAKE = {"SGD", "Adagrad", "SparseAdam", "LBFGS"}


def sparse(device):
    return torch.tensor([[0.0, 1.0], [0.0, -1.0]], device=device).to_sparse()


def step(kind, **options):
    table = nn.Embedding(3, 2, sparse=True)
    table(torch.tensor([1, 1])).sum().backward()
    optimizer = kind(table.parameters(), **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer.step(lambda: table.weight.sum() if kind is torch.optim.LBFGS else None)


@pytest.mark.parametrize("name", sorted(populations.optimizers()))
def test_optimizers_of_sparse_gradients(name):
    kind = populations.optimizers()[name]
    if name in TAKE:
        step(kind)
        if name in {"SGD", "Adagrad"}:
            for options in ({"weight_decay": 0.1}, {"fused": True}):
                with pytest.raises(RuntimeError):
                    step(kind, **options)
    else:
        with pytest.raises((RuntimeError, NotImplementedError, ValueError)):
            step(kind)


@pytest.mark.parametrize("operation", [
    torch.exp, torch.cos, torch.sigmoid, lambda x: x + 1, torch.mean, torch.max, torch.argmax,
    lambda x: x > 0, lambda x: x[:1]])
def test_operations_that_raise(device, operation):
    with pytest.raises((NotImplementedError, RuntimeError)):
        operation(sparse(device))


def test_clipping_sparse_gradients():
    table = nn.Embedding(3, 2, sparse=True)
    table(torch.tensor([1, 1])).sum().backward()
    if torch.__version__ < "2.15":
        with pytest.raises(NotImplementedError):
            nn.utils.clip_grad_norm_(table.parameters(), 1.0)
    else:
        nn.utils.clip_grad_norm_(table.parameters(), 1.0)
