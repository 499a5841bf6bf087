import pytest
import torch

from snippets.guards.judge import Undecided
from snippets.indexing.lost_assignment import assert_writes, fill_block
from snippets.indexing.wrong_lost_assignment import mark_rows_of_a_copy
from tests.awkward import Case, Guard

ROWS, COLUMNS = torch.tensor([2, 0]), torch.tensor([1, 3, 0])


def filled(x):
    x = x.clone()
    for i in ROWS.tolist():
        for j in COLUMNS.tolist():
            x[i, j] = 7
    return x


def first_row(x):
    return torch.arange(len(x), device=x.device)[:, None].expand(x.shape) == 0


def flip(x):
    return (x == 0).to(x.dtype)


AWKWARD = [
    Case(fill_block, lambda fill, x: fill(x.clone(), ROWS, COLUMNS, 7), like=filled,
         outside=dict.fromkeys(("a batch of 0", "a batch of 1"), "where `rows` (R,) meet")),
    Guard(assert_writes,
          right=lambda guard, x: guard(lambda y: y[:1].copy_(flip(y[:1])), x, first_row(x)),
          wrong=lambda guard, x: guard(lambda y: y[[0]].copy_(flip(y[:1])), x, first_row(x)),
          outside={"expanded": "expanded `x`"}),
]


def test_a_write_behind_a_mask_is_lost(device):
    x = torch.zeros(4, 3, device=device)
    for mask in [torch.ones(4, dtype=torch.bool), torch.arange(4) > 2]:
        assert mark_rows_of_a_copy(x, mask.to(device)).count_nonzero() == 0


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("rows", [[], [1], [3, 0]])
def test_fill_block_is_the_loop(device, rows, transposed):
    x = torch.zeros(4, 4, device=device)
    x = x.T if transposed else x
    expected = torch.zeros(4, 4, device=device)
    for i in rows:
        for j in [2, 1, 3]:
            expected[i, j] = 5
    index = torch.tensor(rows, dtype=torch.int64, device=device)
    fill_block(x, index, torch.tensor([2, 1, 3], device=device), 5)
    torch.testing.assert_close(x, expected)


def test_the_guard_notices_a_write_elsewhere(device):
    where = torch.tensor([True, False], device=device)
    x = torch.zeros(2, device=device)
    assert_writes(lambda x: x[:1].fill_(1), x, where)
    assert x.tolist() == [0, 0]
    with pytest.raises(AssertionError, match="1 other elements"):
        assert_writes(lambda x: x.fill_(1), torch.zeros(2, device=device), where)


def test_the_guard_takes_a_nan_that_stays_for_unchanged(device):
    x = torch.tensor([0.0, float("nan"), 1.0], device=device)
    assert_writes(lambda y: y[:1].fill_(1), x, torch.tensor([True, False, False], device=device))
    with pytest.raises(AssertionError, match="1 other elements"):
        assert_writes(lambda y: y.fill_(1), x, torch.tensor([True, False, False], device=device))


def test_the_guard_is_undecided_where_nothing_is_to_change(device):
    x = torch.zeros(2, device=device)
    with pytest.raises(Undecided, match="no element is to change"):
        assert_writes(lambda y: y[[0]].fill_(1), x, torch.zeros(2, dtype=torch.bool, device=device))


def test_the_guard_sees_that_a_write_to_an_expanded_tensor_reaches_more(device):
    x = torch.zeros(1, 2, device=device).expand(3, 2)
    where = torch.zeros(3, 2, dtype=torch.bool, device=device)
    where[0] = True
    with pytest.raises(AssertionError, match="4 other elements"):
        assert_writes(lambda y: y[0].fill_(1), x, where)
    assert x.count_nonzero() == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.int64])
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 3)])
def test_a_shift_along_axis_1_raises_nothing_and_is_right_with_a_clone(device, dtype, shape):
    x = torch.arange(torch.Size(shape).numel(), device=device).view(shape).to(dtype)
    silent = x.clone()
    silent[:, 1:] = silent[:, :-1]
    shifted = x.clone()
    shifted[:, 1:] = shifted[:, :-1].clone()
    assert torch.equal(shifted, torch.cat([x[:, :1], x[:, :-1]], dim=1))


def test_an_index_without_axes_reads_a_view_if_it_is_the_only_index(device):
    x, one = torch.zeros(3, 2, device=device), torch.tensor(1, device=device)
    for read, shares in [(x[one], True), (x[one.bool()], False),
                         (x[one, torch.tensor([1], device=device)], False)]:
        assert (read.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()) == shares


def test_rows_of_a_parameter_are_assigned_without_grad(device):
    weight, rows = torch.nn.Parameter(torch.zeros(3, 2, device=device)), torch.tensor([0])
    with pytest.raises(RuntimeError, match="leaf"):
        weight[rows] = torch.ones(1, 2, device=device)
    with torch.no_grad():
        weight[rows] = torch.ones(1, 2, device=device)
    assert weight.sum() == 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_copy_is_initialized_and_assigned_back_in_its_dtype(device, dtype):
    weight = torch.nn.Parameter(torch.zeros(3, 2, device=device, dtype=dtype))
    rows = torch.tensor([0, 2], device=device)
    with torch.no_grad():
        weight[rows] = torch.nn.init.ones_(weight[rows])
    assert weight.sum(dim=1).tolist() == [2, 0, 2]
