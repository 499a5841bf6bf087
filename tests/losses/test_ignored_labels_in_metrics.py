"""The table of the page beside a count of pairs, and what it refuses."""

import pytest
import torch

from tests.shown import shown


@pytest.fixture
def table():
    return shown("docs/losses/ignored-labels-in-metrics.md", "table", torch=torch)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64])
def test_the_table_counts_pairs_in_each_integer_type(table, device, dtype):
    target = torch.randint(0, 19, (2, 500), dtype=dtype, device=device)
    prediction = torch.randint(0, 19, (2, 500), device=device)
    target[0, :100] = 100
    counts = table(prediction, target, 19)
    for t in range(19):
        for p in range(19):
            assert counts[t, p] == ((target == t) & (prediction == p)).sum()
    assert not table(prediction[:, :0], target[:, :0], 19).any()


def test_a_prediction_out_of_range_is_no_other_pair(table):
    with pytest.raises(IndexError):
        table(torch.tensor([2]), torch.tensor([0]), 2)


def test_one_number_for_a_pair_hides_it():
    target, prediction = torch.tensor([0]), torch.tensor([2])
    assert (target * 2 + prediction).item() == torch.tensor(1 * 2 + 0)
