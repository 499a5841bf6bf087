from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import Subset

from snippets.data.dataloader_memory import Packed, assert_few_objects, megabytes_copied
from snippets.data.wrong_dataloader_memory import ListOfRecords
from snippets.guards.judge import Undecided
from tests.awkward import Case, LeftOut

AWKWARD = [
    Case(Packed, lambda packed, x: packed([None, x])[1], like=lambda x: x, compiled=False),
    LeftOut(megabytes_copied, "counts memory pages of a worker; the items are the reader's"),
    LeftOut(assert_few_objects, "counts Python objects; a tensor is one"),
]

ITEM = st.recursive(st.none() | st.integers() | st.text() | st.binary(), st.lists,
                    max_leaves=5)


@settings(deadline=None, max_examples=20)
@given(items=st.lists(ITEM, max_size=5))
def test_packed_items_are_the_items(items):
    packed = Packed(items)
    assert list(packed) == items
    assert [packed[i] for i in range(-len(items), 0)] == items
    for part in (slice(0, 2), slice(None, None, -1), slice(-3, None, 2), slice(9, 12)):
        assert packed[part] == items[part]
    for beyond in (len(items), -len(items) - 1):
        with pytest.raises(IndexError):
            packed[beyond]


def test_a_worker_copies_small_arrays_as_it_copies_other_objects():
    arrays = [np.zeros(2, dtype=np.float32) for _ in range(60_000)]
    first, second = megabytes_copied(arrays, passes=2)
    assert first > 4 * megabytes_copied(np.array(arrays[:5000]))[0]
    assert first > 4 * second


def test_a_spawned_worker_is_sent_a_handle_and_not_the_buffer():
    packed = Packed([bytes(1000)] * 1000)
    before = torch.multiprocessing.get_sharing_strategy()
    torch.multiprocessing.set_sharing_strategy("file_system")
    try:
        sent = ForkingPickler.dumps(packed)
    finally:
        torch.multiprocessing.set_sharing_strategy(before)
    assert len(sent) < 10_000 < packed.buffer.nbytes
    assert packed.buffer.is_shared()
    assert len(ForkingPickler.dumps([bytes([i % 256] * 1000) for i in range(1000)])) > 1e6


def test_the_buffer_stays_off_the_default_device(device):
    assert Packed([device]).buffer.device.type == "cpu"


def test_the_guard_looks_into_the_dataset_of_a_subset():
    numbers = [i / 2 for i in range(200)]
    subset = Subset(ListOfRecords(numbers), range(200))
    with pytest.raises(AssertionError, match=r"^dataset holds more than 100 Python objects"):
        assert_few_objects(subset, limit=100)
    assert_few_objects(Subset(ListOfRecords(np.array(numbers)), range(200)), limit=100)


@pytest.mark.parametrize("held", [
    np.arange(200), torch.arange(200), [1000] * 200, np.array(["text"] * 200)])
def test_the_guard_counts_one_object_once(held):
    assert_few_objects(ListOfRecords(held), limit=50)


def test_the_guard_does_not_walk_through_code():
    class WithTransform(ListOfRecords):
        def __init__(self):
            super().__init__(range(100))
            self.transform, self.kind = lambda x: torch.tensor(x), ListOfRecords

    assert_few_objects(WithTransform(), limit=50)


def test_the_guard_finds_records_that_a_function_closes_over():
    records = [i / 2 for i in range(200)]

    class Closed(ListOfRecords):
        def __init__(self, read):
            super().__init__(range(200))
            self.read = read

    def with_attribute(i):
        return with_attribute.records[i]

    with_attribute.records = records
    for read in (lambda i: records[i], lambda i, held=tuple(records): held[i],
                 lambda i, *, held=tuple(records): held[i], with_attribute):
        with pytest.raises(AssertionError, match=r"^read holds more than 100 Python objects"):
            assert_few_objects(Closed(read), limit=100)


def test_the_guard_needs_attributes():
    with pytest.raises(TypeError):
        assert_few_objects([i / 2 for i in range(200)], limit=100)


def test_a_view_is_packed_with_all_that_it_views_and_a_clone_alone():
    rows = torch.zeros(50, 1000)
    assert Packed(list(rows)).buffer.nbytes > 50 * rows.nbytes
    assert Packed([row.clone() for row in rows]).buffer.nbytes < 2 * rows.nbytes


def test_the_guard_cannot_tell_where_a_list_would_pass_too():
    with pytest.raises(Undecided, match="a list of 200 items is below the limit of 10000"):
        assert_few_objects(ListOfRecords([i / 2 for i in range(200)]))
