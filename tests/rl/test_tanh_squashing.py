import math

import pytest
import torch
from torch.distributions import AffineTransform, Normal, TanhTransform, TransformedDistribution

from snippets.rl.tanh_squashing import squashed_log_prob
from tests.awkward import Case


def by_cosh(u, scale=1.0):
    """For mean 0 and deviation 1, by log cosh: one over the slope of tanh is cosh squared."""
    if not u.is_floating_point():
        raise TypeError("no tanh of integers")
    u = u.to(torch.promote_types(u.dtype, torch.float32))
    log_cosh = torch.logaddexp(u, -u) - math.log(2)
    return (-0.5 * u**2 - 0.5 * math.log(2 * math.pi) + 2 * log_cosh - math.log(scale)).sum(-1)


AWKWARD = [
    Case(squashed_log_prob, lambda f, x: f(x, torch.zeros_like(x), torch.ones_like(x)),
         like=by_cosh, outside={"huge": "so small that its square fits"}),
    Case(squashed_log_prob, lambda f, x: f(x, torch.zeros_like(x), torch.ones_like(x), 2.0),
         like=lambda x: by_cosh(x, 2.0), shape=(2, 3, 4),
         outside={"huge": "so small that its square fits"}),
]


def test_tanh_of_10_is_1_and_its_inverse_is_inf(device):
    assert torch.tensor(10.0, device=device).tanh() == 1
    assert torch.tensor(1.0, device=device).atanh() == math.inf


@pytest.mark.parametrize("shape", [(1,), (3,), (4, 3), (2, 4, 3)])
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_value_and_gradients_are_those_of_torch_in_float64(device, shape, scale):
    mean, raw, noise = torch.randn(3, *shape, dtype=torch.float64, device=device)
    mean.requires_grad_()
    raw.requires_grad_()
    u = mean + raw.exp() * noise
    policy = TransformedDistribution(
        Normal(mean, raw.exp()), [TanhTransform(), AffineTransform(0, scale)])
    ours = squashed_log_prob(u, mean, raw.exp(), scale)
    reference = policy.log_prob(scale * u.tanh()).sum(-1)
    torch.testing.assert_close(ours, reference, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        *(torch.autograd.grad(y.sum(), (mean, raw), retain_graph=True) for y in (ours, reference)),
        rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("value", [-1000.0, -20.0, 20.0, 1000.0])
def test_value_and_gradient_are_finite_far_out(device, value):
    u = torch.full((2, 3), value, device=device, requires_grad=True)
    out = squashed_log_prob(u, torch.zeros_like(u), torch.ones_like(u))
    assert out.isfinite().all()
    gradient, = torch.autograd.grad(out.sum(), u)
    assert gradient.isfinite().all()


@pytest.mark.parametrize(("shapes", "scale"), [
    (((2, 3), (3,), (2, 3)), 1.0), (((2, 3), (2, 3), (1, 3)), 1.0), (((), (), ()), 1.0),
    (((2, 3),) * 3, 0.0), (((2, 3),) * 3, -1.0), (((2, 3),) * 3, math.nan),
    (((2, 3),) * 3, math.inf)])
def test_other_shapes_and_scales_raise(device, shapes, scale):
    with pytest.raises(ValueError, match=r"shapes|scale"):
        squashed_log_prob(*(torch.ones(shape, device=device) for shape in shapes), scale)


def test_integers_raise(device):
    u = torch.ones(2, 3, device=device)
    with pytest.raises(TypeError, match="floating"):
        squashed_log_prob(u.long(), u, u)
