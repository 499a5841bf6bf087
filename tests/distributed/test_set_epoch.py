import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, DistributedSampler

from snippets.distributed.set_epoch import assert_epochs_differ, epochs_of_two_ranks
from snippets.guards.judge import Undecided
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(epochs_of_two_ranks, "it starts processes and takes numbers of samples"),
    LeftOut(assert_epochs_differ, "it takes indices; the tests below try its edges"),
]


def sampler_of(rank, samples, ranks=2, **options):
    return DistributedSampler(range(samples), num_replicas=ranks, rank=rank, **options)


@settings(deadline=None, max_examples=20)
@given(samples=st.integers(1, 30), ranks=st.integers(1, 4), seed=st.integers(0, 9),
       epoch=st.integers(0, 9))
def test_rank_r_takes_every_rth_place_of_one_permutation(samples, ranks, seed, epoch):
    order = torch.randperm(samples, generator=torch.Generator().manual_seed(seed + epoch)).tolist()
    padded = (order * ranks)[:-(-samples // ranks) * ranks]
    for rank in range(ranks):
        sampler = sampler_of(rank, samples, ranks, seed=seed)
        sampler.set_epoch(epoch)
        assert list(sampler) == padded[rank::ranks]


def test_two_processes_cover_what_does_not_divide_with_one_sample_twice():
    rank0, rank1 = epochs_of_two_ranks(samples=21, epochs=2, call_set_epoch=True)
    for first, second in zip(rank0, rank1, strict=True):
        assert len(first) == len(second) == 11
        assert set(first) | set(second) == set(range(21))
    assert_epochs_differ(rank0)
    assert_epochs_differ(rank1)


def test_a_resumed_run_goes_on_where_the_first_would_have():
    whole, resumed = [], []
    for epochs, seen in ((range(4), whole), (range(2, 4), resumed)):
        sampler = sampler_of(1, 20)
        for epoch in epochs:
            sampler.set_epoch(epoch)
            seen.append(list(sampler))
    assert resumed == whole[2:]


def test_the_call_reaches_workers_that_persist():
    sampler = sampler_of(0, 20)
    with torch.device("cpu"):
        loader = DataLoader(range(20), sampler=sampler, num_workers=1, collate_fn=list,
                            persistent_workers=True, multiprocessing_context="fork")
        epochs = []
        for epoch in range(2):
            sampler.set_epoch(epoch)
            epochs.append([i for batch in loader for i in batch])
    assert_epochs_differ(epochs)


def test_seed_and_epoch_are_added_so_neighbouring_seeds_share_orders():
    first, second = sampler_of(0, 20, seed=0), sampler_of(0, 20, seed=1)
    first.set_epoch(1)
    assert list(first) == list(second)


def test_the_guard_names_two_epochs_that_are_not_neighbours():
    with pytest.raises(AssertionError, match="epoch 2 has the order of epoch 0"):
        assert_epochs_differ([[0, 1, 2], [2, 1, 0], [0, 1, 2]])


def test_the_guard_compares_indices_that_are_tensors():
    order = torch.randperm(20)
    with pytest.raises(AssertionError, match="epoch 1 has the order of epoch 0"):
        assert_epochs_differ([list(order), list(order)])


@pytest.mark.parametrize("epochs", [[], [[0, 1, 2]], [[0], [0]], [[], []]])
def test_what_has_one_order_alone_is_undecided(epochs):
    with pytest.raises(Undecided, match="two epochs"):
        assert_epochs_differ(epochs)


def test_the_epoch_is_0_until_the_sampler_is_told_another():
    untold, told = sampler_of(0, 20), sampler_of(0, 20)
    told.set_epoch(0)
    assert list(untold) == list(told)
    told.set_epoch(1)
    assert list(untold) != list(told)
