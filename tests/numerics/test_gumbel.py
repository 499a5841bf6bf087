import pytest
import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided
from snippets.numerics.gumbel import assert_finite_at_0, gumbel_like
from snippets.numerics.wrong_gumbel import gumbel_from_uniform


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
    (torch.rand_like, torch.zeros(0))])
def test_the_guard_is_undecided_where_it_replaced_nothing(noise, logits):
    with pytest.raises(Undecided):
        assert_finite_at_0(noise, logits)


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_noise_of_integer_logits_raises(device, dtype):
    with pytest.raises(TypeError, match="floats first"):
        gumbel_like(torch.ones(5, dtype=dtype, device=device))
