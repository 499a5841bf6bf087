import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.indexing.one_hot import assert_one_hot, one_hot
from snippets.indexing.wrong_one_hot import one_hot_along_batch
from tests.awkward import Case, Guard


def as_classes(x):
    x = x.real if x.is_complex() else x
    return x.detach().nan_to_num(0, 0, 0).long() % 7


def by_torch(x):
    return F.one_hot(x, 7).movedim(-1, 1).float()


AWKWARD = [
    Case(one_hot, lambda one_hot, x: one_hot(as_classes(x), 7), like=lambda x:
         by_torch(as_classes(x)), shape=(3, 2, 2, 3)),
    Guard(assert_one_hot,
          right=lambda guard, x: guard(one_hot(as_classes(x), 7), as_classes(x)),
          wrong=lambda guard, x: guard(one_hot(as_classes(x), 7).roll(1, 1), as_classes(x))),
    Guard(assert_one_hot,
          right=lambda guard, x: guard(one_hot(as_classes(x), 7).to(x.dtype), as_classes(x)),
          wrong=lambda guard, x: guard(one_hot(as_classes(x), 7) * 2, as_classes(x))),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=3), classes=st.integers(1, 5))
def test_one_hot_agrees_with_torch(device, shape, classes):
    target = torch.randint(0, classes, shape, device=device)
    expected = F.one_hot(target, classes).movedim(-1, 1).float()
    assert torch.equal(one_hot(target, classes), expected)
    assert_one_hot(expected, target)
    assert_one_hot(expected.bool(), target)


def test_the_wrong_axis_raises_nothing():
    target = torch.tensor([2, 0, 0])
    encoded = one_hot_along_batch(target, 3)
    assert encoded.shape == (3, 3)
    assert not torch.equal(encoded, F.one_hot(target, 3).float())


def test_the_guard_refuses_a_permuted_one_hot(device):
    target = torch.tensor([1, 2, 0], device=device)
    for wrong in [one_hot(target, 3).T, one_hot(target, 3) * 2, one_hot(target, 4).roll(1, 1)]:
        with pytest.raises(AssertionError, match="not one class"):
            assert_one_hot(wrong, target)


@pytest.mark.parametrize("outside", [3, 255, -1])
def test_the_guard_refuses_a_class_that_has_no_place(device, outside):
    target = torch.tensor([0, outside], device=device)
    encoded = torch.zeros(2, 3, device=device)
    encoded[0, 0] = 1
    with pytest.raises(AssertionError, match="not one class"):
        assert_one_hot(encoded, target)


def test_a_class_that_is_no_row_raises_along_the_batch():
    with pytest.raises(RuntimeError, match="out of bounds"):
        one_hot_along_batch(torch.tensor([4, 0]), 5)


def test_one_hot_of_one_class_and_under_vmap(device):
    target = torch.tensor([2, 0, 1], device=device)
    assert torch.equal(one_hot(target[0], 3), F.one_hot(target[0], 3).float())
    mapped = torch.vmap(lambda one: one_hot(one, 3))(target)
    assert torch.equal(mapped, F.one_hot(target, 3).float())
    rows = target.expand(2, 3)
    assert torch.equal(torch.vmap(lambda row: one_hot(row, 3))(rows), F.one_hot(rows, 3).float())


def test_the_guard_is_undecided_without_samples(device):
    with pytest.raises(Undecided, match="no sample"):
        assert_one_hot(torch.zeros(0, 3, device=device),
                       torch.zeros(0, dtype=torch.int64, device=device))


def test_one_hot_takes_int32_and_refuses_other_integers(device):
    target = torch.tensor([1, 0], device=device)
    assert torch.equal(one_hot(target.int(), 3), one_hot(target, 3))
    for dtype in (torch.uint8, torch.int16):
        with pytest.raises(RuntimeError, match="int32/int64"):
            one_hot(target.to(dtype), 3)


@pytest.mark.parametrize("target", [[1.0], [True], [3], [-1]])
def test_one_hot_refuses_what_is_no_class(target):
    with pytest.raises(RuntimeError):
        one_hot(torch.tensor(target), 3)
