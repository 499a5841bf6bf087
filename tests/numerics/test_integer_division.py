import pytest
import torch


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_floor_division_of_the_smallest_integer_stays(dtype):
    smallest = torch.tensor([torch.iinfo(getattr(torch, dtype)).min], dtype=getattr(torch, dtype))
    assert torch.equal(smallest // -1, smallest)
    assert torch.equal(smallest % -1, torch.zeros_like(smallest))
