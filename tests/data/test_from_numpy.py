import numpy as np
import pytest
import torch

from snippets.data.from_numpy import assert_array_unchanged, centred
from snippets.data.wrong_from_numpy import centred_in_the_array


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_centred_leaves_any_array_alone(dtype):
    assert_array_unchanged(centred, np.array([[1, 3], [5, 9]], dtype=dtype))


def test_centring_through_from_numpy_changes_the_array():
    image = np.array([[1.0, 3.0]])
    centred_in_the_array(image)
    np.testing.assert_array_equal(image, [[-1.0, 1.0]])


def test_a_numpy_scalar_keeps_its_dtype(device):
    assert torch.tensor(np.float64(1), device=device).dtype == torch.float64


def test_centred_takes_the_mean_off_before_it_rounds():
    image = np.array([[1e8 + 1, 1e8 + 3], [1e8 + 5, 1e8 + 7]])
    assert centred(image).tolist() == [[-3, -1], [1, 3]]
    assert centred(image.astype(np.int64)).tolist() == [[-3, -1], [1, 3]]


@pytest.mark.parametrize("dtype", [">f8", object, complex])
def test_centred_refuses_what_is_no_real_number(dtype):
    with pytest.raises(TypeError, match="no real number"):
        centred(np.ones((2, 2)).astype(dtype))
