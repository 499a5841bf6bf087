import pytest
import torch
from torch import nn

from snippets.autograd.where_nan_gradient import apply_where, assert_finite_gradient, gradient
from snippets.autograd.wrong_where_nan_gradient import sqrt_by_where
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard


def safe_sqrt(x):
    return apply_where(x > 0, torch.sqrt, x, 1.0, 0.0)


AWKWARD = [
    # autograd's own sums and grads are not for vmap; torch.func has a gradient for it
    Case(gradient, lambda f, x: f(torch.square, x), like=lambda x: 2 * x, compiled=False),
    Case(apply_where, lambda f, x: f(x > 0, torch.sqrt, x, 1.0, 0.0),
         like=lambda x: torch.where(x > 0, x.sqrt(), 0.0)),
    Guard(assert_finite_gradient, right=lambda check, x: check(safe_sqrt, x),
          wrong=lambda check, x: check(lambda t: sqrt_by_where(t - t.detach()), x)),
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


def test_the_guard_refuses_an_output_that_is_not_finite(device):
    with pytest.raises(AssertionError, match="output"):
        assert_finite_gradient(torch.log, torch.zeros(1, device=device))


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_the_guard_does_not_blame_f_for_what_is_not_finite_in_the_data(device, value):
    with pytest.raises(Undecided, match="x holds"):
        assert_finite_gradient(torch.square, torch.tensor([1.0, value], device=device))


@pytest.mark.parametrize("f", [
    torch.Tensor.detach, torch.ones_like, lambda x: x.new_ones(2, requires_grad=True)])
def test_the_guard_is_undecided_where_no_gradient_reaches_x(device, f):
    with pytest.raises(Undecided, match="no gradient"):
        assert_finite_gradient(f, torch.ones(2, device=device))


@pytest.mark.parametrize("fails", [False, True])
def test_the_guard_leaves_a_model_the_random_state_and_the_grad_mode_as_they_were(device, fails):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout()).to(device)
    x = torch.randn(4, 2, device=device)
    before, state = model[1].running_mean.clone(), torch.get_rng_state()
    with torch.no_grad():
        if fails:
            with pytest.raises(AssertionError, match="gradient is nan"):
                assert_finite_gradient(lambda x: sqrt_by_where(model(x) * 0), x)
        else:
            assert_finite_gradient(model, x)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(model[1].running_mean, before)
    assert model[0].weight.grad is None


def test_the_guard_of_a_gradient_works_under_inference_mode():
    with torch.inference_mode():
        assert_finite_gradient(torch.square, torch.ones(1))


def test_a_function_that_writes_in_place_is_judged_and_leaves_x(device):
    x = torch.tensor([0.0, 4.0], device=device)
    assert gradient(lambda t: nn.functional.relu(t, inplace=True), x).tolist() == [0, 1]
    assert_finite_gradient(lambda t: nn.functional.relu(t, inplace=True), x - 1)
    with pytest.raises(AssertionError, match="gradient is nan or inf at 1 of 2"):
        assert_finite_gradient(torch.Tensor.sqrt_, x)
    assert x.tolist() == [0, 4]


def test_an_output_without_elements_is_undecided_and_a_gradient_of_zero_passes(device):
    x = torch.tensor([1.0, 0.0], device=device)
    with pytest.raises(Undecided, match="output holds no element"):
        assert_finite_gradient(lambda x: x[x > 9].sqrt(), x)
    assert_finite_gradient(safe_sqrt, x[1:])
