"""The sets that pages speak of are those that torch has."""

import pytest

from tests.populations import ALL, members, undecided


def test_each_member_of_a_set_was_looked_at():
    assert not (new := undecided()), (
        f"{new}: look at the pages that speak of these sets, then enter them: "
        "`python -m tests.populations --write`")


@pytest.mark.parametrize(("population", "some", "none"), [
    ("optimizers", "Muon", "Optimizer"), ("schedulers", "OneCycleLR", "LRScheduler"),
    ("losses", "CTCLoss", "Linear"), ("loss_functions", "ctc_loss", "softmax"),
    ("norms", "RMSNorm", "Dropout"), ("activations", "PReLU", "Linear"),
    ("dtypes", "float8_e4m3fn", "float"), ("views", "unfold", "clone"),
    ("in_place", "index_put_", "add"), ("reductions", "amax", "cumsum"),
    ("layers_that_read_training", "RReLU", "LayerNorm"),
    ("layers_that_read_the_grad_mode", "MultiheadAttention", "Linear"),
    ("attention", "nn.TransformerDecoderLayer", "nn.Softmax"),
    ("collectives", "all_gather", "get_rank")])
def test_a_set_holds_what_it_should(population, some, none):
    found = members()[population]
    assert some in found
    assert none not in found


def test_each_set_is_printed():
    assert set(members()) == {population.__name__ for population in ALL}
