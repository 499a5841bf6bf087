import pytest
import torch

from snippets.autograd.where_nan_gradient import apply_where, assert_finite_gradient, gradient
from snippets.autograd.wrong_where_nan_gradient import sqrt_by_where


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_branch_not_taken_makes_the_gradient_nan(device, dtype):
    x = torch.tensor([0.0, -1.0, 4.0], dtype=dtype, device=device)
    assert sqrt_by_where(x).tolist() == [0, 0, 2]
    assert gradient(sqrt_by_where, x).isnan().tolist() == [True, True, False]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_second_where_inside_keeps_it_finite(device, dtype):
    x = torch.tensor([0.0, -1.0, 4.0], dtype=dtype, device=device)
    def root(x):
        return apply_where(x > 0, torch.sqrt, x, 1.0, 0.0)
    assert root(x).tolist() == [0, 0, 2]
    assert gradient(root, x).tolist() == [0, 0, 0.25]


def test_apply_where_agrees_with_the_gradient_by_differences(device):
    x = torch.tensor([0.3, 2.0, -0.7], dtype=torch.float64, device=device, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: apply_where(x > 0, torch.log, x, 1.0, -5.0), (x,))


def test_the_guard_refuses_an_output_that_is_not_finite(device):
    with pytest.raises(AssertionError, match="output"):
        assert_finite_gradient(torch.log, torch.zeros(1, device=device))
