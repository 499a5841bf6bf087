import numpy as np
import pytest

from snippets.data.numpy_generator_in_workers import NoisyImages, assert_draws_differ, two_epochs
from snippets.data.wrong_numpy_generator_in_workers import (
    GlobalGenerator,
    OneGenerator,
    seed_from_state,
)

IMAGES = np.zeros((4, 2, 3))


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


def test_the_guard_sees_only_the_part_that_it_is_given():
    class Pairs(NoisyImages):
        def __getitem__(self, index):
            return super().__getitem__(index), index

    assert_draws_differ(Pairs(IMAGES), two_epochs, image=lambda item: item[0])
    with pytest.raises(AssertionError, match="workers repeat"):
        assert_draws_differ(Pairs(IMAGES), two_epochs, image=lambda item: item[1])
