import pytest
import torch


@pytest.mark.parametrize("dtype", [torch.int8, torch.int64, torch.float32])
def test_three_arguments_need_a_boolean_condition(dtype):
    with pytest.raises(RuntimeError, match="expected condition to be a boolean tensor"):
        torch.where(torch.tensor([1, 0], dtype=dtype), 1, 0)


def test_one_argument_takes_integers():
    (index,) = torch.where(torch.tensor([2, 0, 3]))
    assert index.tolist() == [0, 2]


def test_uint8_is_a_mask_with_a_warning():
    with pytest.warns(UserWarning, match="uint8 condition tensor"):
        found = torch.where(torch.tensor([1, 0], dtype=torch.uint8), 1, 0)
    assert found.tolist() == [1, 0]
