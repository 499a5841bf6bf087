import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.indexing.duplicate_indices import assert_unique, mean_by_group
from snippets.indexing.wrong_duplicate_indices import count_by_assignment
from tests.awkward import Case, Guard

GROUP = torch.tensor([2, 0, 2])


def slowly(x):
    if not (x.is_floating_point() or x.is_complex()):
        raise TypeError
    if x.is_meta:
        return x.new_zeros(4, x.shape[1])
    rows = [x[GROUP[:len(x)] == group] for group in range(4)]
    return torch.stack([row.mean(0) if len(row) else x.new_zeros(x.shape[1]) for row in rows])


AWKWARD = [
    Case(mean_by_group, lambda mean, x: mean(x, GROUP[:len(x)].to(x.device), 4), like=slowly),
    Guard(assert_unique, right=lambda guard, x: guard(torch.arange(x.numel(), device=x.device)),
          wrong=lambda guard, x: guard(torch.arange(x.numel() + 2, device=x.device) // 2)),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GROUPS = st.lists(st.integers(0, 4), max_size=12)


@FIXED_DEVICE
@given(GROUPS)
def test_an_assignment_counts_each_class_once(classes):
    classes = torch.tensor(classes, dtype=torch.int64)
    counts = count_by_assignment(classes, 5)
    torch.testing.assert_close(counts, torch.bincount(classes, minlength=5).clamp(max=1))


@FIXED_DEVICE
@given(GROUPS)
def test_mean_by_group_is_the_loop(device, group):
    group = torch.tensor(group, dtype=torch.int64, device=device)
    values = torch.randn(2, len(group), dtype=torch.float64, device=device).T
    expected = torch.zeros(5, 2, dtype=torch.float64, device=device)
    for i in group.unique():
        expected[i] = values[group == i].mean(0)
    torch.testing.assert_close(mean_by_group(values, group, 5), expected)


@FIXED_DEVICE
@given(GROUPS)
def test_assert_unique_agrees_with_a_set(device, index):
    tensor = torch.tensor(index, dtype=torch.int64, device=device)
    if len(set(index)) == len(index):
        assert_unique(tensor)
    else:
        with pytest.raises(AssertionError, match=f"occurs {max(map(index.count, index))} times"):
            assert_unique(tensor)


def test_mean_by_group_does_not_overflow_and_refuses_integers(device):
    group = torch.zeros(3, dtype=torch.int64, device=device)
    large = torch.full((3, 1), 30000.0, dtype=torch.float16, device=device)
    assert torch.equal(mean_by_group(large, group, 1), large[:1])
    for dtype in [torch.uint8, torch.int64, torch.bool]:
        with pytest.raises(TypeError, match="a mean needs floats"):
            mean_by_group(torch.ones(3, 1, dtype=dtype, device=device), group, 1)


@pytest.mark.parametrize(("reduce", "start"), [("amax", -torch.inf), ("amin", torch.inf)])
def test_a_maximum_from_minus_infinity_has_the_gradient_of_the_loop(device, reduce, start):
    index = torch.tensor([0, 0, 2, 2, 1, 0], device=device)
    values = torch.tensor([0.0, -1, 3, 2, 0, 1], dtype=torch.float64, device=device,
                          requires_grad=True)
    groups = values.new_full((3,), start).scatter_reduce(0, index, values, reduce)
    (got,) = torch.autograd.grad(groups.sum(), values)
    slow = sum(getattr(values[index == group], reduce)() for group in range(3))
    assert torch.equal(got, torch.autograd.grad(slow, values)[0])
    groups = values.new_zeros(3).scatter_reduce(0, index, values, reduce, include_self=False)
    assert not torch.equal(got, torch.autograd.grad(groups.sum(), values)[0])


@pytest.mark.parametrize("group", [-1, 3])
def test_mean_by_group_refuses_a_group_that_is_none(group):
    with pytest.raises(RuntimeError, match="out of bounds"):
        mean_by_group(torch.ones(1, 2), torch.tensor([group]), 3)


def test_a_mask_marks_a_place_once(device):
    assert_unique(torch.tensor([True, False, True], device=device))


def test_an_index_from_both_ends_is_undecided(device):
    assert_unique(torch.tensor([-1, -2], device=device))
    with pytest.raises(Undecided, match="give index % size"):
        assert_unique(torch.tensor([0, -3], device=device))
    with pytest.raises(AssertionError, match="index 0 occurs 2 times"):
        assert_unique(torch.tensor([0, -3], device=device) % 3)


def test_two_index_tensors_are_checked_as_one(device):
    x, i, j = torch.zeros(2, 3, device=device), [0, 0, 1], [1, 2, 1]
    i, j = (torch.tensor(k, device=device) for k in (i, j))
    assert_unique(i * x.shape[1] + j)
    with pytest.raises(AssertionError, match="index 1 occurs 2 times"):
        assert_unique(i * 0 + j)


def test_an_index_on_meta_is_undecided():
    with pytest.raises(Undecided, match="holds no numbers"):
        assert_unique(torch.zeros(2, dtype=torch.int64, device="meta"))
