import random
from functools import partial

import numpy as np
import pytest
import torch
from torch.utils.data import IterableDataset, Subset, TensorDataset

from snippets.data.numpy_generator_in_workers import NoisyImages
from snippets.data.wrong_numpy_generator_in_workers import (
    GlobalGenerator,
    OneGenerator,
    seed_from_state,
)
from snippets.guards.judge import Undecided
from snippets.guards.workers_differ import workers_and_epochs_differ
from snippets.guards.wrong_workers_differ import FollowsEpoch, KeepsItems, seed_by_worker
from tests.awkward import LeftOut

AWKWARD = [LeftOut(workers_and_epochs_differ, "it takes a dataset, and starts workers")]

IMAGES = np.random.default_rng(0).normal(size=(64, 2, 3))
SAMPLES = torch.from_numpy(IMAGES)


class Items(torch.utils.data.Dataset):
    """What a function makes of a sample."""

    def __init__(self, make, samples=SAMPLES):
        self.make, self.samples = make, samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.make(self.samples[index], index)


class OwnSeed(Items):
    """Seed each item by the seed of torch without the worker, and the index."""

    def __init__(self):
        super().__init__(None)

    def __getitem__(self, index):
        info = torch.utils.data.get_worker_info()
        seed = (torch.initial_seed() - info.id) % 2**32 + index
        return self.samples[index] + np.random.default_rng(seed).normal()


class Picture:
    """Bytes, as an image of PIL has them."""

    def __init__(self, x):
        self.x = x

    def tobytes(self):
        return self.x.numpy().tobytes()


def crop(x, index):
    start = torch.randint(0, 2, ()).item()
    return x[:, start:start + 2]


def flip(x, index):
    return x.flip(0) if random.random() < 0.5 else x


def mix(x, index):
    return x + SAMPLES[torch.randint(0, 64, ())]


def rejected(x, index):
    """Draw until a number is positive: items need different numbers of draws."""
    while (noise := torch.randn(())) < 0:
        pass
    return x + noise


def noisy(x, index):
    return x + torch.randn(())


RIGHT = {
    "numpy, by the seed of torch": (NoisyImages(IMAGES), {}),
    "numpy's global generator": (GlobalGenerator(IMAGES), {}),
    "torch": (Items(noisy), {}),
    "epoch and index": (FollowsEpoch(SAMPLES), {}),
    "epoch's seed and index": (OwnSeed(), {}),
    "kept by workers that end": (KeepsItems(SAMPLES), {}),
    "flips": (Items(flip), {}),
    "crops": (Items(crop), {}),
    "mixed with others": (Items(mix), {}),
    "rejected draws": (Items(rejected), {}),
    "pairs": (Items(lambda x, i: (noisy(x, i), i)), {}),
    "numbers of Python": (Items(lambda x, i: torch.rand(()).item()), {}),
    "dicts": (Items(lambda x, i: {"image": noisy(x, i), "label": float(i)}), {}),
    "images": (Items(lambda x, i: Picture(noisy(x, i))), {}),
    "bfloat16": (Items(lambda x, i: noisy(x, i).bfloat16()), {}),
    "one of two is random": (Items(lambda x, i: noisy(x, i) if i % 2 else x), {}),
    "a subset": (Subset(Items(noisy), range(8, 20)), {}),
    "four items": (Items(noisy, SAMPLES[:4]), {}),
    "workers that live on": (NoisyImages(IMAGES), {"persistent_workers": True}),
    "flips in workers that live on": (Items(flip), {"persistent_workers": True}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_augmentations_pass(name):
    dataset, options = RIGHT[name]
    workers_and_epochs_differ(dataset, **options)


class Shared(FollowsEpoch):
    """Tell the workers the epoch in memory that they share."""

    def __init__(self, samples):
        super().__init__(samples)
        self.shared = torch.zeros((), dtype=torch.long).share_memory_()

    def set_epoch(self, epoch):
        self.shared.fill_(epoch)

    def __getitem__(self, index):
        self.epoch = self.shared.item()
        return super().__getitem__(index)


def test_an_epoch_that_all_processes_share_passes():
    workers_and_epochs_differ(Shared(SAMPLES), persistent_workers=True)


WORKERS, EPOCHS = "workers repeat each other", "an epoch repeats the one before"
WRONG = {
    "one generator": (OneGenerator(IMAGES), {}, WORKERS),
    "one generator, workers live on": (
        OneGenerator(IMAGES), {"persistent_workers": True}, WORKERS),
    "one seed": (GlobalGenerator(IMAGES),
                 {"worker_init_fn": lambda worker: np.random.seed(0)}, WORKERS),
    "the seed of the epoch": (
        GlobalGenerator(IMAGES), {"worker_init_fn": lambda worker: np.random.seed(
            (torch.initial_seed() - worker) % 2**32)}, WORKERS),
    "a seed from the state": (
        GlobalGenerator(IMAGES), {"worker_init_fn": seed_from_state}, EPOCHS),
    "the worker's number": (Items(noisy), {"worker_init_fn": seed_by_worker}, EPOCHS),
    "the worker's number, flips": (Items(flip), {"worker_init_fn": seed_by_worker}, EPOCHS),
    "a generator of torch": (Items(partial(
        lambda generator, x, index: x + torch.randn((), generator=generator),
        torch.Generator().manual_seed(0))), {}, WORKERS),
    "a generator of random": (Items(partial(
        lambda rng, x, index: x + rng.random(), random.Random(0))), {}, WORKERS),
    "flips of one generator": (Items(partial(
        lambda rng, x, index: x.flip(0) if rng.random() < 0.5 else x, random.Random(0))), {},
        WORKERS),
    "kept items": (KeepsItems(SAMPLES), {"persistent_workers": True}, EPOCHS),
    "an epoch that workers miss": (FollowsEpoch(SAMPLES), {"persistent_workers": True}, EPOCHS),
}


@pytest.mark.parametrize("name", WRONG)
def test_augmentations_that_repeat_fail(name):
    dataset, options, says = WRONG[name]
    with pytest.raises(AssertionError, match=says):
        workers_and_epochs_differ(dataset, **options)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(SAMPLES)


@pytest.mark.parametrize(("dataset", "says"), [
    (Items(lambda x, index: x), "nothing is random"),
    (Items(lambda x, index: x + index), "follows the index alone"),
    (TensorDataset(SAMPLES), "nothing is random"),
    ([1.0, 2.0, 3.0, 4.0], "nothing is random"),
    ("abcd", "tensors, arrays or numbers"),
    (Items(lambda x, index: str(x)), "tensors, arrays or numbers"),
    (Items(lambda x, index: None), "tensors, arrays or numbers"),
    (Items(lambda x, index: noisy(x, index).to("meta")), "tensors, arrays or numbers"),
    (Items(noisy, SAMPLES[:3]), "four items"),
    ([], "four items"),
    (Items(flip, SAMPLES[:8]), "by chance"),
    (Items(lambda x, index: x + (random.random() < 0.02)), "by chance"),
    (Stream(), "__getitem__"),
])
def test_what_cannot_be_told_is_undecided(dataset, says):
    with pytest.raises(Undecided, match=says):
        workers_and_epochs_differ(dataset)


def test_a_part_of_an_item_is_looked_at():
    pairs = Items(lambda x, index: (noisy(x, index), index))
    workers_and_epochs_differ(pairs, part=lambda item: item[0])
    with pytest.raises(Undecided, match="nothing is random"):
        workers_and_epochs_differ(pairs, part=lambda item: item[1])


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_changed(fails):
    dataset, random_state = FollowsEpoch(SAMPLES), torch.get_rng_state()
    dataset.set_epoch(7)

    def part(item):
        if fails:
            raise KeyError("mine")
        return item
    if fails:
        with pytest.raises(KeyError, match="mine"):
            workers_and_epochs_differ(dataset, part=part)
    else:
        workers_and_epochs_differ(dataset, part=part)
    assert dataset.epoch == 7
    assert torch.equal(torch.get_rng_state(), random_state)
