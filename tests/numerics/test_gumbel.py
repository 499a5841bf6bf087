import pytest
import torch

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
