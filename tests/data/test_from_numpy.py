import numpy as np
import pytest
import torch

from snippets.data.from_numpy import assert_array_unchanged, centred
from snippets.data.wrong_from_numpy import centred_in_the_array
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard


def minus_mean(x):
    wide = torch.tensor(x.numpy(), dtype=torch.float64)
    return (wide - wide.mean()).float()


def array(x):
    return (x if x.is_meta else x.detach()).numpy()


AWKWARD = [
    Case(centred, lambda centred, x: centred(x.numpy()), like=minus_mean, compiled=False),
    Guard(assert_array_unchanged,
          right=lambda guard, x: guard(lambda a: torch.tensor(a).float(), array(x)),
          wrong=lambda guard, x: guard(torch.from_numpy, array(x)),
          outside=dict.fromkeys(("bfloat16", "bfloat16, ones are lost beside 300", "on meta"),
                                "NumPy array of numbers")),
]


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


def test_centred_refuses_a_flipped_image_and_takes_its_copy():
    image = np.array([[1.0, 3.0], [5.0, 7.0]])[:, ::-1]
    with pytest.raises(ValueError, match="negative"):
        centred(image)
    assert centred(image.copy()).tolist() == [[-1, -3], [3, 1]]
    long = np.ones((2, 2), dtype=np.longdouble)
    if long.dtype != np.float64:
        with pytest.raises(TypeError):
            centred(long)


def test_the_guard_finds_memory_that_a_small_write_would_not_show():
    for numbers in ([1e30, 2e30], [np.nan, 1.0]):
        array = np.array(numbers, dtype=np.float32)
        with pytest.raises(AssertionError, match="shares the array's memory"):
            assert_array_unchanged(torch.from_numpy, array)
        assert_array_unchanged(torch.tensor, array)


def test_the_guard_puts_the_array_back():
    array = np.array([[1.0, 3.0]])

    def fails(image):
        image += 1
        raise ZeroDivisionError

    for load, error in [(centred_in_the_array, AssertionError), (fails, ZeroDivisionError)]:
        with pytest.raises(error):
            assert_array_unchanged(load, array)
        assert array.tolist() == [[1, 3]]
    with pytest.raises(Undecided, match="no elements"):
        assert_array_unchanged(torch.from_numpy, np.zeros((0, 2)))


def test_a_copy_by_clone_keeps_the_graph_and_a_detached_one_does_not(device):
    x = torch.ones(2, device=device, requires_grad=True)
    assert x.clone().grad_fn is not None
    copy = x.detach().clone()
    assert copy.grad_fn is None
    assert not copy.requires_grad
    assert copy.data_ptr() != x.data_ptr()


@pytest.mark.parametrize("load", [
    lambda array: torch.tensor(array).float().to_sparse(),
    lambda array: torch.empty(array.shape, dtype=torch.float32, device="meta")])
def test_the_guard_takes_a_result_without_numbers_in_cpu_memory(load):
    assert_array_unchanged(load, np.array([[1.0, 3.0]]))
    with pytest.raises(AssertionError, match=r"not torch\.float32"):
        assert_array_unchanged(lambda array: load(array).double(), np.array([[1.0, 3.0]]))


def test_torch_tensor_takes_a_list_an_array_or_a_tensor_each_in_its_way():
    for data in [[1, 2], np.array([1, 2]), np.array([1.0, 2.0])]:
        assert torch.Tensor(data).dtype == torch.float32
    x = torch.zeros(2, dtype=torch.int64, device="cpu")
    torch.Tensor(x)[0] = 9
    assert x.tolist() == [9, 0]


@pytest.mark.parametrize("kind", [np.uint64, np.longdouble])
def test_numpy_numbers_without_a_dtype_of_torch_are_refused(kind):
    if np.dtype(kind) != np.float64:
        with pytest.raises(TypeError):
            torch.tensor(kind(1))


def test_centred_refuses_a_field_of_a_packed_array_and_takes_its_copy():
    packed = np.zeros((2, 2), dtype=[("a", "u1"), ("b", "f8")])["b"]
    with pytest.raises(ValueError, match="strides"):
        centred(packed)
    assert not centred(packed.copy()).any()
