"""What the buffer yields, and from where; its errors."""

import collections

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from snippets.data.shuffle_buffer import shuffled
from tests.awkward import Case

AWKWARD = [
    Case(shuffled, lambda shuffled, x: torch.stack([*shuffled(x, 1)]) if len(x) else x,
         like=lambda x: x, compiled=False),
]


@settings(deadline=None)
@given(n=st.integers(0, 30), size=st.integers(1, 40), seed=st.integers(0, 99))
def test_an_output_is_one_of_the_first_samples(n, size, seed):
    generator = torch.Generator("cpu").manual_seed(seed)
    found = list(shuffled(range(n), size, generator))
    assert sorted(found) == list(range(n))
    assert all(sample < place + size for place, sample in enumerate(found))


def test_a_buffer_as_long_as_the_stream_gives_all_orders():
    generator = torch.Generator("cpu").manual_seed(0)
    counts = collections.Counter(
        tuple(shuffled("abc", 3, generator)) for _ in range(1200))
    assert len(counts) == 6
    assert min(counts.values()) > 140


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_an_error(size):
    with pytest.raises(ValueError, match="below 1"):
        list(shuffled([], size))


class Stream(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        yield from shuffled(range(info.id, 40, info.num_workers), 20)


def test_workers_shuffle_in_another_order_each_epoch():
    torch.manual_seed(0)
    loader = DataLoader(Stream(), batch_size=None, num_workers=2,
                        multiprocessing_context="fork")
    first, second = list(loader), list(loader)
    assert sorted(first) == sorted(second) == list(range(40))
    assert first != second
    assert [i // 2 for i in first[::2]] != [i // 2 for i in first[1::2]]
