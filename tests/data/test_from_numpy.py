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
