import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.indexing.one_hot import assert_one_hot, one_hot
from snippets.indexing.wrong_one_hot import one_hot_along_batch

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


def test_one_hot_of_one_class_and_under_vmap(device):
    target = torch.tensor([2, 0, 1], device=device)
    assert torch.equal(one_hot(target[0], 3), F.one_hot(target[0], 3).float())
    mapped = torch.vmap(lambda one: one_hot(one, 3))(target)
    assert torch.equal(mapped, F.one_hot(target, 3).float())
    rows = target.expand(2, 3)
    assert torch.equal(torch.vmap(lambda row: one_hot(row, 3))(rows), F.one_hot(rows, 3).float())
