import pytest
import torch
from torch import nn

from snippets.autograd.where_nan_gradient import apply_where, gradient
from snippets.autograd.wrong_where_nan_gradient import sqrt_by_where
from tests.awkward import Case


def safe_sqrt(x):
    return apply_where(x > 0, torch.sqrt, x, 1.0, 0.0)


AWKWARD = [
    # autograd's own sums and grads are not for vmap; torch.func has a gradient for it
    Case(gradient, lambda f, x: f(torch.square, x), like=lambda x: 2 * x, compiled=False),
    Case(apply_where, lambda f, x: f(x > 0, torch.sqrt, x, 1.0, 0.0),
         like=lambda x: torch.where(x > 0, x.sqrt(), 0.0)),
]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_branch_not_taken_makes_the_gradient_nan(device, dtype):
    x = torch.tensor([0.0, -1.0, 4.0], dtype=dtype, device=device)
    assert sqrt_by_where(x).tolist() == [0, 0, 2]
    assert gradient(sqrt_by_where, x).isnan().tolist() == [True, True, False]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_second_where_inside_keeps_it_finite(device, dtype):
    x = torch.tensor([0.0, -1.0, 4.0], dtype=dtype, device=device)
    assert safe_sqrt(x).tolist() == [0, 0, 2]
    assert gradient(safe_sqrt, x).tolist() == [0, 0, 0.25]


def test_apply_where_agrees_with_the_gradient_by_differences(device):
    x = torch.tensor([0.3, 2.0, -0.7], dtype=torch.float64, device=device, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: apply_where(x > 0, torch.log, x, 1.0, -5.0), (x,))


@pytest.mark.parametrize("order", [0.5, 1, 1.5, 2, 3, torch.inf, -torch.inf])
def test_vector_norm_has_gradient_0_at_0_in_each_order(device, order):
    found = gradient(lambda x: torch.linalg.vector_norm(x, order), torch.zeros(3, device=device))
    assert found.tolist() == [0, 0, 0]


def test_a_shared_parameter_is_lost_by_one_element_in_a_whole_model(device):
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)).to(device)
    y = model(torch.ones(1, 2, device=device))
    sqrt_by_where(y - y.detach()).sum().backward()
    assert all(p.grad.isnan().all() for p in model.parameters())


def test_a_function_that_writes_in_place_leaves_x(device):
    x = torch.tensor([0.0, 4.0], device=device)
    assert gradient(lambda t: nn.functional.relu(t, inplace=True), x).tolist() == [0, 1]
    assert x.tolist() == [0, 4]
