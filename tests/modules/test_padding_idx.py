import pytest
import torch
from torch import nn

from snippets.modules.padding_idx import assert_padding_rows_zero, init_embeddings
from snippets.modules.wrong_padding_idx import init_every_row
from tests.awkward import Case, Guard


def table_of(x, row=None):
    weight = x.detach().clone()
    if row is not None:
        weight[0] = row
    return nn.Embedding.from_pretrained(weight, padding_idx=0)


def initialized(init, x):
    table = table_of(x)
    init(table)
    return table.weight


def only_the_padding_row_is_zero(x, weight):
    assert [bool(row.any()) for row in weight] == [False, True, True]
    assert weight.dtype == x.dtype


AWKWARD = [
    Case(init_embeddings, initialized, holds=only_the_padding_row_is_zero, batch=None,
         compiled=False),
    Guard(assert_padding_rows_zero, right=lambda guard, x: guard(table_of(x, 0)),
          wrong=lambda guard, x: guard(table_of(x, 1)), batch=None),
]


def test_a_bag_has_a_padding_row_too(device):
    bag = nn.EmbeddingBag(5, 3, padding_idx=0).to(device)
    bag.apply(init_every_row)
    nn.init.ones_(bag.weight)
    with pytest.raises(AssertionError, match="row 0 of"):
        assert_padding_rows_zero(bag)
    bag.apply(init_embeddings)
    assert_padding_rows_zero(bag)


@pytest.mark.parametrize("row", [0, 2, -1])
def test_the_padding_row_and_no_other_is_zero(device, row):
    model = nn.Sequential(nn.Embedding(5, 3, padding_idx=row)).to(device)
    model.apply(init_embeddings)
    assert_padding_rows_zero(model)
    zero = [not w.any() for w in model[0].weight]
    assert zero == [i == row % 5 for i in range(5)]
    assert model[0].weight.requires_grad
    model.apply(init_every_row)
    with pytest.raises(AssertionError, match="is not zero"):
        assert_padding_rows_zero(model)


def test_without_padding_every_row_is_drawn(device):
    table, layer = nn.Embedding(5, 3).to(device), nn.Linear(3, 3).to(device)
    before = layer.weight.detach().clone()
    init_embeddings(table)
    init_embeddings(layer)
    assert_padding_rows_zero(table)
    assert all(w.any() for w in table.weight)
    assert table.weight.abs().max() < 0.2
    torch.testing.assert_close(layer.weight.detach(), before)


def test_a_computed_weight_is_refused_because_a_draw_would_be_lost(device):
    table = nn.utils.parametrizations.weight_norm(nn.Embedding(5, 3)).to(device)
    before = table.weight.detach().clone()
    with pytest.raises(TypeError, match="weight is computed"):
        init_embeddings(table)
    torch.testing.assert_close(table.weight.detach(), before)
