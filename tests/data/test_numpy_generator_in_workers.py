import numpy as np
import pytest
import torch

from snippets.data.numpy_generator_in_workers import NoisyImages, assert_draws_differ, two_epochs
from snippets.data.wrong_numpy_generator_in_workers import (
    GlobalGenerator,
    OneGenerator,
    seed_from_state,
)
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard, LeftOut

IMAGES = np.zeros((4, 2, 3))


def array(x):
    return (x if x.is_meta else x.detach()).numpy()


def near(x, y):
    wide = torch.as_tensor(array(x)[0])
    wide = wide.to(torch.promote_types(wide.dtype, torch.float64))
    assert (y.shape, y.dtype) == (wide.shape, wide.dtype)
    gap = (y - wide).abs()[wide.isfinite()]
    assert (gap < 10 + 1e-6 * wide.abs().nan_to_num(0, 0, 0).max()).all()


def four_reads(dataset):
    return [[dataset[i] for i in range(4)] for _ in range(2)]


AWKWARD = [
    Case(NoisyImages, lambda kind, x: torch.as_tensor(kind(array(x))[0]), holds=near,
         compiled=False, outside={
             **dict.fromkeys(("bfloat16", "bfloat16, ones are lost beside 300", "on meta"),
                             "an array of NumPy"),
             "a batch of 0": "Images (N, ...)"}),
    LeftOut(two_epochs, "loads what it is given"),
    Guard(assert_draws_differ,
          right=lambda guard, x: guard(NoisyImages(array(x)), four_reads),
          wrong=lambda guard, x: guard(
              NoisyImages(array(x)), lambda dataset: four_reads(dataset)[:1] * 2),
          outside={"a batch of 0": "Item 0 is loaded four times"}),
]


def test_one_generator_repeats_in_workers_and_epochs():
    first, second = two_epochs(OneGenerator(IMAGES))
    np.testing.assert_array_equal(first[0], first[1])
    np.testing.assert_array_equal(first, second)


def test_the_global_generator_differs_but_for_a_seed_from_its_state():
    first, second = two_epochs(GlobalGenerator(IMAGES))
    assert len({item.tobytes() for item in [*first, *second]}) == 8
    first, second = two_epochs(GlobalGenerator(IMAGES), worker_init_fn=seed_from_state)
    assert len({item.tobytes() for item in [*first, *second]}) == 4


def test_noise_is_added_to_the_image():
    first, _ = two_epochs(NoisyImages(IMAGES + 1e4))
    assert np.shape(first) == (4, 2, 3)
    assert np.abs(np.array(first) - 1e4).max() < 10


def test_a_generator_of_torch_that_the_dataset_holds_repeats_and_the_default_one_does_not():
    class Torch(NoisyImages):
        def __init__(self, generator):
            super().__init__(IMAGES)
            self.generator = generator

        def __getitem__(self, index):
            return torch.randn(2, 3, generator=self.generator)

    assert_draws_differ(Torch(None), two_epochs)
    with pytest.raises(AssertionError, match="workers repeat each other"):
        assert_draws_differ(Torch(torch.Generator().manual_seed(0)), two_epochs)


def test_the_seed_of_the_process_that_it_has_already_goes_on_with_the_generator():
    with torch.random.fork_rng([]):
        dataset = NoisyImages(IMAGES)
        torch.manual_seed(0)
        first = dataset[0]
        torch.manual_seed(0)
        assert not np.array_equal(dataset[0], first)
        torch.manual_seed(1)
        _ = dataset[0]
        torch.manual_seed(0)
        np.testing.assert_array_equal(dataset[0], first)


def test_the_guard_sees_only_the_part_that_it_is_given():
    class Pairs(NoisyImages):
        def __getitem__(self, index):
            return super().__getitem__(index), index

    assert_draws_differ(Pairs(IMAGES), two_epochs, image=lambda item: item[0])
    with pytest.raises(Undecided, match="the same at each read"):
        assert_draws_differ(Pairs(IMAGES), two_epochs, image=lambda item: item[1])
    with pytest.raises(TypeError, match="an array of numbers"):
        assert_draws_differ(Pairs(IMAGES), two_epochs, image=lambda item: {"image": item[0]})


@pytest.mark.parametrize("item", [
    lambda image: (image, 5), str, lambda image: [str(pixel) for pixel in image.flat]],
    ids=["pair", "str", "list"])
def test_the_guard_takes_numbers_alone(item):
    class Items(NoisyImages):
        def __getitem__(self, index):
            return item(super().__getitem__(index))

    with pytest.raises(TypeError, match="let image return an array of numbers"):
        assert_draws_differ(Items(IMAGES), four_reads)


@pytest.mark.parametrize("item", [
    lambda x: x.requires_grad_(), torch.Tensor.bfloat16, lambda x: (1j * x).conj(),
    lambda x: x[0, 0], lambda x: (1e3 * x).int(), lambda x: (1e3 * x).int().tolist(),
    lambda x: x[0, :1].expand(4), lambda x: (1j * x).conj().imag])
def test_the_guard_takes_every_dense_tensor(item):
    class Items(NoisyImages):
        def __getitem__(self, index):
            return item(torch.as_tensor(super().__getitem__(index)))

    assert_draws_differ(Items(IMAGES), four_reads)
    with pytest.raises(AssertionError, match="an epoch repeats"):
        assert_draws_differ(Items(IMAGES), lambda dataset: four_reads(dataset)[:1] * 2)


@pytest.mark.parametrize("item", [
    torch.Tensor.to_sparse, lambda x: x.to("meta"), lambda x: [x.bfloat16(), x]])
def test_the_guard_refuses_tensors_that_hold_no_dense_numbers(item):
    class Items(NoisyImages):
        def __getitem__(self, index):
            return item(torch.as_tensor(super().__getitem__(index)))

    with pytest.raises(TypeError, match="let image return an array of numbers"):
        assert_draws_differ(Items(IMAGES), four_reads)


def test_the_seed_of_a_worker_comes_from_the_generator_of_the_loader():
    def draws(seed, generator):
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            return two_epochs(NoisyImages(np.zeros(4)), generator=generator)

    def seeded(seed):
        return torch.Generator().manual_seed(seed)

    assert draws(0, seeded(0)) == draws(1, seeded(0))
    assert draws(0, seeded(0)) != draws(0, seeded(1))
    assert draws(0, None) == draws(0, None) != draws(1, None)


def test_the_guard_is_undecided_on_noise_that_follows_epoch_and_index():
    class ByIndex(NoisyImages):
        def __getitem__(self, index):
            rng = np.random.default_rng((torch.initial_seed() // 10, index))  # of the epoch
            return self.images[index] + rng.normal(size=np.shape(self.images[index]))

    with pytest.raises(Undecided, match="noise that follows the index"):
        assert_draws_differ(ByIndex(IMAGES), four_reads)


def test_the_guard_leaves_the_generator_of_the_main_process():
    before = torch.get_rng_state()
    assert_draws_differ(NoisyImages(IMAGES), two_epochs)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_guard_looks_for_repeats_in_the_second_epoch_too():
    def load(draws):
        return lambda dataset: [np.arange(4.0), draws]

    assert_draws_differ(NoisyImages(IMAGES), load([4.0, 5.0, 6.0, 7.0]))
    with pytest.raises(AssertionError, match="workers repeat each other"):
        assert_draws_differ(NoisyImages(IMAGES), load([4.0, 4.0, 5.0, 6.0]))
    with pytest.raises(Undecided, match="the same at each read"):
        assert_draws_differ(NoisyImages(IMAGES), load([4.0] * 4))
