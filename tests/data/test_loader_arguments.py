import pytest
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    Subset,
)

from tests.shown import shown


def covers(*given, **options):
    check = shown("docs/data/loader-arguments.md", "assert_epoch_covers", torch=torch)
    return check(*given, **options)


@pytest.mark.parametrize("dataset", [
    ["a", "bcd"], [{"x": {"y": 1}}, {"x": {"y": 2}}], [("a", 1), ("b", 2)], [[], [1]],
    torch.zeros(2, 0), torch.zeros(0), []])
@pytest.mark.parametrize("size", [None, 1, 2, 5])
def test_the_guard_passes_for_each_kind_of_sample(dataset, size):
    covers(DataLoader(dataset, batch_size=size, collate_fn=lambda batch: batch))


def test_the_guard_counts_samples_not_calls():
    rows = torch.zeros(4, 5)
    pairs = BatchSampler(SequentialSampler(rows), 2, drop_last=False)
    covers(DataLoader(rows, sampler=pairs, batch_size=None))
    covers(DataLoader(rows, batch_sampler=pairs))
    with pytest.raises(AssertionError, match="2 of 4"):
        covers(DataLoader(rows, sampler=pairs))


@pytest.mark.parametrize("generator", [None, torch.Generator()])
def test_the_guard_leaves_the_generators(generator):
    loader = DataLoader(range(9), shuffle=True, generator=generator)
    before = torch.get_rng_state(), loader.generator and loader.generator.get_state()
    covers(loader)
    assert torch.equal(before[0], torch.get_rng_state())
    assert generator is None or torch.equal(before[1], generator.get_state())


class Stream(IterableDataset):
    def __len__(self):
        return 3

    def __iter__(self):
        return iter(range(3))


def test_the_guard_refuses_a_stream():
    with pytest.raises(AssertionError):
        covers(DataLoader(Stream()))


class Endless(Dataset):
    def __getitem__(self, index):
        return index


def test_a_dataset_without_a_length_needs_a_sampler():
    with pytest.raises(TypeError, match="has no len"):
        DataLoader(Endless(), shuffle=True)
    with pytest.raises(TypeError, match="has no len"):
        list(DataLoader(Endless()))
    assert len(list(DataLoader(Endless(), sampler=range(3)))) == 3


class Fails(Dataset):
    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise self.error


@pytest.mark.parametrize(("error", "seen"), [
    (ValueError("x"), ValueError), (UnicodeDecodeError("utf8", b"x", 0, 1, "r"), RuntimeError)])
def test_which_errors_of_a_worker_keep_their_type(error, seen):
    with pytest.raises(seen) as raised:
        list(DataLoader(Fails(error), num_workers=1))
    assert type(raised.value) is seen


def test_a_mask_of_numpy_and_a_mask_for_a_tensor():
    mask = torch.tensor([False, True])
    with pytest.raises(TypeError):
        list(Subset(["a", "b"], mask.numpy()))
    assert Subset(torch.arange(2), mask)[1].shape == (1, 2)
