import math

import pytest
import torch
import torch.nn.functional as F

from snippets.numerics.acos_and_norm_gradients import angle
from tests.awkward import Case


def other(x):
    """A vector far from `x` for each, so that rounding is small beside the angle."""
    signs = torch.tensor([1, -1, 1, -1], device=x.device)
    return x.flip(-1) * signs.to(x.dtype) if x.is_floating_point() else x


def by_lengths(x):
    """Kahan's angle, whose vectors get the same length without a division."""
    if not x.is_floating_point():
        raise TypeError("real floats")
    y, norm = other(x), x.norm(dim=-1, keepdim=True)
    a, b = x * norm, y * norm
    return 2 * torch.atan2((a - b).norm(dim=-1), (a + b).norm(dim=-1))


AWKWARD = [
    Case(angle, lambda f, x: f(x, other(x)), like=by_lengths, outside={
        "huge": "their squares must fit the dtype",
        "float16, its sum overflows": "their squares must fit the dtype",
        "tiny": "The norms must be above 1e-12",
        "zeros": "The norms must be above 1e-12"}),
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_gradient_is_0_at_0_and_pi(device, dtype, sign):
    a = torch.eye(3, dtype=dtype, device=device).requires_grad_()
    found = angle(a, sign * a.detach())
    gradient, = torch.autograd.grad(found.sum(), a)
    torch.testing.assert_close(found, torch.full_like(found, 0 if sign > 0 else math.pi))
    assert not gradient.any()


@pytest.mark.parametrize("size", [1e-1, 1e-3, 1e-5, math.pi - 1e-3])
def test_small_angles_keep_their_digits(device, size):
    a = torch.tensor([1.0, 0.0], device=device)
    b = torch.tensor([math.cos(size), math.sin(size)], device=device)
    assert angle(a, b).item() == pytest.approx(size, rel=1e-5)


def test_the_gradient_agrees_with_acos(device):
    torch.manual_seed(0)
    a, b = torch.randn(2, 5, 3, dtype=torch.float64, device=device).unbind()
    a.requires_grad_()
    ours, = torch.autograd.grad(angle(a, b).sum(), a)
    theirs, = torch.autograd.grad(F.cosine_similarity(a, b, dim=-1).acos().sum(), a)
    torch.testing.assert_close(ours, theirs)
    assert torch.autograd.gradcheck(lambda a: angle(a, b), a)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_the_axis_is_dim(device, dim):
    a, b = torch.randn(2, 2, 3, 4, device=device).unbind()
    torch.testing.assert_close(angle(a, b, dim=dim), angle(a.movedim(dim, -1), b.movedim(dim, -1)))


def test_other_shapes_and_dtypes_are_refused(device):
    a = torch.ones(2, 3, device=device)
    with pytest.raises(ValueError, match="one shape"):
        angle(a, a[:1])
    with pytest.raises(ValueError, match="one dtype"):
        angle(a, a.double())
    with pytest.raises(TypeError, match="real floats"):
        angle(a.long(), a.long())
