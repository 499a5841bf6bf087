import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.guards.judge import Undecided
from snippets.normalization.layer_norm import assert_standardizes, layer_norm
from snippets.normalization.wrong_layer_norm import (
    layer_norm_by_difference_of_squares,
    layer_norm_by_sample_deviation,
)
from tests.awkward import Case, Guard


def moved(x):
    """The same numbers with the first feature at 0, so that no digit of a large mean is lost."""
    return x - x.detach()[..., :1]


AWKWARD = [
    Case(layer_norm, lambda f, x: f(x, x.new_ones(4), x.new_zeros(4)),
         like=lambda x: F.layer_norm(moved(x), (4,)), outside={"huge": "squares must fit"}),
    Guard(assert_standardizes, lambda guard, x: guard(lambda x: F.layer_norm(x, (4,)), x),
          lambda guard, x: guard(layer_norm_by_sample_deviation, x)),
]

FIXED_DEVICE = settings(
    deadline=None, max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.lists(st.integers(1, 4), max_size=3), st.lists(st.integers(1, 4), min_size=1, max_size=3),
       st.sampled_from([(0.0, 1.0), (1e4, 1.0), (0.0, 1e-3)]))
def test_by_hand_equals_the_layer_in_value_and_gradient(device, outer, shape, scale):
    mean, deviation = scale
    x = mean + deviation * torch.randn(*outer, *shape, device=device, dtype=torch.float64)
    norm = nn.LayerNorm(shape, device=device, dtype=torch.float64)
    weight, bias = nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    x.requires_grad_()
    by_hand, by_torch = layer_norm(x, weight, bias), norm(x)
    torch.testing.assert_close(by_hand, by_torch, rtol=1e-6, atol=1e-8)

    out = torch.randn_like(x)
    ours = torch.autograd.grad(by_hand, (x, weight, bias), out)
    theirs = torch.autograd.grad(by_torch, (x, weight, bias), out)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_by_hand_on_a_tensor_that_is_not_contiguous(device):
    x = torch.randn(4, 5, 3, device=device, dtype=torch.float64).transpose(0, 2)
    one, zero = torch.ones(4).to(x), torch.zeros(4).to(x)
    torch.testing.assert_close(layer_norm(x, one, zero), F.layer_norm(x, (4,)))


def test_by_hand_is_as_near_as_the_fused_form_at_a_mean_of_1e4(device):
    x = 1e4 + torch.randn(64, 256, device=device)
    exact = F.layer_norm(x.double(), (256,)).float()
    one, zero = torch.ones(256, device=device), torch.zeros(256, device=device)
    torch.testing.assert_close(layer_norm(x, one, zero), exact, rtol=0, atol=1e-2)
    torch.testing.assert_close(F.layer_norm(x, (256,)), exact, rtol=0, atol=1e-2)


def test_the_difference_of_squares_fails_at_a_mean_of_1e4(device):
    x = 1e4 + torch.randn(64, 256, device=device)
    wrong = layer_norm_by_difference_of_squares(x)
    exact = F.layer_norm(x.double(), (256,)).float()
    assert wrong.isnan().any() or (wrong - exact).abs().max() > 1
    near_zero = x.double() - 1e4
    torch.testing.assert_close(
        layer_norm_by_difference_of_squares(near_zero), F.layer_norm(near_zero, (256,)))


@pytest.mark.parametrize("D", [2, 5])
def test_the_sample_deviation_is_too_large(device, D):
    x = 100 * torch.randn(7, D, device=device, dtype=torch.float64)
    ratio = F.layer_norm(x, (D,), eps=0) / layer_norm_by_sample_deviation(x, eps=0)
    torch.testing.assert_close(ratio, torch.full_like(x, (D / (D - 1)) ** 0.5))


@pytest.mark.parametrize("D", [2, 4, 64, 1024])
def test_the_guard_passes_what_standardizes(device, D):
    x = torch.randn(3, 2, D, device=device)
    x = x / x.std(-1, keepdim=True)
    if D == 2:
        x = torch.tensor([[-1.0, 1.0], [2.0, 0.5]], device=device)
    one, zero = torch.ones(D, device=device), torch.zeros(D, device=device)
    assert_standardizes(lambda x: layer_norm(x, one, zero), x)
    assert_standardizes(nn.LayerNorm(D, device=device), x)


@pytest.mark.parametrize("D", [4, 64, 1024])
@pytest.mark.parametrize("wrong", [
    layer_norm_by_sample_deviation, layer_norm_by_difference_of_squares,
    lambda x: x, lambda x: x / x.std(-1, correction=0, keepdim=True), torch.zeros_like])
def test_the_guard_fails_what_does_not(device, wrong, D):
    x = torch.randn(3, D, device=device)
    with pytest.raises(AssertionError, match=r"mean .*, deviation .* of x \+"):
        assert_standardizes(wrong, 1.5 * x / x.std(-1, keepdim=True))


@pytest.mark.parametrize("x", [
    torch.ones(2, 4), torch.ones(2, 4, dtype=torch.int64), torch.ones(0, 4),
    1e8 + torch.arange(4.0)])
def test_the_guard_is_undecided_on_features_that_are_not_spread(x):
    with pytest.raises(Undecided, match="spread"):
        assert_standardizes(nn.LayerNorm(4), x)


def test_by_hand_does_not_overflow_in_float16_or_take_integers(device):
    x = torch.tensor([0.0, 400.0], dtype=torch.float16, device=device)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    assert layer_norm(x, one, zero).tolist() == [-1, 1]
    assert layer_norm_by_difference_of_squares(x).tolist() == [0, 0]
    with pytest.raises(TypeError, match="not floating"):
        layer_norm(x.long(), one, zero)


@pytest.mark.parametrize("weight", [torch.tensor(1.0), torch.ones(1), torch.ones(2, 3)])
def test_a_weight_of_another_shape_raises(weight):
    with pytest.raises(ValueError, match="does not end in"):
        layer_norm(torch.zeros(3), weight, torch.zeros_like(weight))


def test_the_guard_decides_only_where_epsilon_is_small_beside_the_variance():
    x = torch.tensor([-1.0, 1.0])
    assert_standardizes(torch.nn.LayerNorm(2), 0.6 * x)
    with pytest.raises(Undecided, match="spread"):
        assert_standardizes(torch.nn.LayerNorm(2), 0.2 * x)
