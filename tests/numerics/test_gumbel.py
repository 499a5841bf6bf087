import math
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided
from snippets.numerics.gumbel import assert_finite_at_0, gumbel_like
from snippets.numerics.wrong_gumbel import gumbel_from_uniform
from tests.awkward import Case, Guard


def is_finite_noise(x, noise):
    assert (noise.shape, noise.dtype) == (x.shape, x.dtype)
    assert noise.isfinite().all()


AWKWARD = [
    Case(gumbel_like, lambda f, x: f(x), holds=is_finite_noise, compiled=False),
    Guard(assert_finite_at_0, lambda guard, x: guard(gumbel_like, x),
          lambda guard, x: guard(gumbel_from_uniform, x)),
]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_uniform_draw_is_0_in_half_precision(device, dtype):
    logits = torch.zeros(1 << 18, dtype=dtype, device=device)
    assert gumbel_from_uniform(logits).isneginf().any()
    noise = gumbel_like(logits)
    assert noise.isfinite().all()
    assert (noise.dtype, noise.device) == (logits.dtype, logits.device)


@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_the_noise_has_the_shape_of_the_logits(device, shape):
    assert gumbel_like(torch.zeros(shape, device=device)).shape == shape


def test_both_have_the_same_quantiles(device):
    logits = torch.zeros(1 << 18, dtype=torch.float64, device=device)
    q = torch.tensor([0.01, 0.5, 0.99], dtype=torch.float64, device=device)
    expected = -torch.log(-torch.log(q))
    for noise in (gumbel_like, gumbel_from_uniform):
        torch.testing.assert_close(noise(logits).quantile(q), expected, atol=0.1, rtol=0)


def test_the_guard_gives_rand_back():
    assert_finite_at_0(gumbel_like, torch.zeros(2))
    with pytest.raises(AssertionError, match="where rand is 0"):
        assert_finite_at_0(lambda x: torch.rand(x.shape).log(), torch.zeros(2))
    assert torch.rand(8).any()


@pytest.mark.parametrize("noise", [
    lambda x: torch.rand(x.shape, generator=torch.Generator().manual_seed(0)).log(),
    lambda x: torch.rand_like(x).log(), lambda x: torch.empty_like(x).uniform_().log(),
    lambda x: torch.empty_like(x).uniform_(0, 1).log(),
    lambda x: 1 / torch.rand(*x.shape, dtype=x.dtype)])
def test_the_guard_sees_every_way_to_draw_uniformly(noise):
    with pytest.raises(AssertionError, match="where rand is 0"):
        assert_finite_at_0(noise, torch.zeros(2, 3))


@pytest.mark.parametrize("noise", [
    lambda x: torch.empty_like(x).uniform_(1e-6, 1).log(), lambda x: (1 - torch.rand_like(x)).log(),
    lambda x: torch.distributions.Gumbel(x, torch.ones_like(x)).sample(),
    lambda x: F.gumbel_softmax(x, dim=-1)])
def test_the_guard_passes_draws_that_leave_0_out(noise):
    assert_finite_at_0(noise, torch.zeros(2, 3))


@pytest.mark.parametrize(("noise", "logits"), [
    (torch.zeros_like, torch.zeros(2)), (torch.randn_like, torch.zeros(2)),
    (torch.rand_like, torch.zeros(0)), (torch.rand_like, torch.zeros(2, device="meta"))])
def test_the_guard_is_undecided_where_it_replaced_nothing(noise, logits):
    with pytest.raises(Undecided):
        assert_finite_at_0(noise, logits)


@pytest.mark.parametrize("other", [torch.randn_like, torch.bernoulli])
def test_the_guard_is_undecided_where_it_replaced_a_part(other):
    with pytest.raises(Undecided, match="from another function, too"):
        assert_finite_at_0(lambda x: other(x) + gumbel_like(x), torch.zeros(2))


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_noise_of_integer_logits_raises(device, dtype):
    with pytest.raises(TypeError, match="floats first"):
        gumbel_like(torch.ones(5, dtype=dtype, device=device))


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_the_guard_refuses_logits_that_are_no_floats(dtype):
    with pytest.raises(TypeError, match="give floats"):
        assert_finite_at_0(gumbel_like, torch.ones(2, dtype=dtype))


def test_rand_in_float32_has_24_bits():
    draws = torch.rand(1 << 16) * 2**24
    assert torch.equal(draws, draws.round())


def test_rand_in_bfloat16_is_0_once_in_a_few_hundred_draws(device):
    zeros = (torch.rand(1 << 20, dtype=torch.bfloat16, device=device) == 0).float().mean()
    assert 1 / 1000 < zeros < 1 / 100


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_exponential_leaves_0_out(device, dtype):
    assert (torch.empty(1 << 22, dtype=dtype, device=device).exponential_() > 0).all()


def test_exponential_in_float16_can_round_to_0_on_a_cpu():
    def draws():
        return torch.empty(1 << 23, dtype=torch.float16, device="cpu").exponential_()

    assert any((draws() == 0).any() for _ in range(40))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_clamped_uniform_draw_gives_finite_noise(device, dtype):
    u = torch.rand(1 << 18, dtype=dtype, device=device)
    u[0] = 0
    assert (-(-u.clamp(min=torch.finfo(dtype).tiny).log()).log()).isfinite().all()


def test_float8_logits_raise():
    with pytest.raises(RuntimeError, match="Float8"):
        gumbel_like(torch.zeros(2).to(torch.float8_e4m3fn))


def test_the_guard_fails_an_exponential_draw_in_float16_on_a_cpu():
    def in_its_dtype(x):
        return -torch.empty_like(x).exponential_().log()

    with pytest.raises(AssertionError, match="infinite"):
        assert_finite_at_0(in_its_dtype, torch.zeros(4, dtype=torch.float16))
    assert_finite_at_0(gumbel_like, torch.zeros(4, dtype=torch.float16))
    assert_finite_at_0(in_its_dtype, torch.zeros(4, dtype=torch.bfloat16))


@pytest.mark.parametrize("other", [
    lambda x: torch.randn(x.shape, generator=torch.Generator()),
    lambda x: torch.from_numpy(np.random.rand(len(x))), lambda x: random.random()])
def test_the_guard_does_not_see_what_the_page_says_it_does_not(other):
    assert_finite_at_0(lambda x: other(x) + gumbel_like(x), torch.zeros(2))


def test_about_every_sixth_batch_of_the_page_contains_a_0():
    share = -math.expm1(64 * 50_000 * math.log1p(-(2**-24)))
    assert round(1 / share) == 6
