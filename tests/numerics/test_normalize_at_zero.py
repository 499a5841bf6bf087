import pytest
import torch
import torch.nn.functional as F

from snippets.numerics.normalize_at_zero import unit_or_zero
from tests.awkward import Case


def unit(x):
    length = x.norm(dim=-1, keepdim=True)
    least = max(1e-6, torch.finfo(length.dtype).tiny)
    return torch.where(length < least, 0, F.normalize(x, dim=-1))


AWKWARD = [Case(unit_or_zero, lambda f, x: f(x), like=unit)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_zero_vector_is_zero_with_a_gradient_of_zero(device, dtype):
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0]], device=device, dtype=dtype, requires_grad=True)
    y = unit_or_zero(x)
    torch.testing.assert_close(
        y, torch.tensor([[0.6, 0.8], [0.0, 0.0]], device=device, dtype=dtype))
    y.sum().backward()
    assert x.grad[1].tolist() == [0.0, 0.0]
    assert x.grad[0].isfinite().all()


def test_gradients_are_those_of_normalize(device):
    torch.manual_seed(0)
    x = torch.randn(4, 3, device=device, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(unit_or_zero, x)
    assert torch.autograd.gradgradcheck(unit_or_zero, x)


@pytest.mark.parametrize("least", [0.0, -1.0, float("nan")])
def test_least_must_be_above_0(device, least):
    with pytest.raises(ValueError, match="least is not above 0"):
        unit_or_zero(torch.ones(2, device=device), least=least)


@pytest.mark.parametrize("size", [0, 1e-7, 1e-6, 1e-5, 1e-4])
@pytest.mark.parametrize("least", [1e-12, 1e-6])
def test_gradients_of_short_vectors_are_finite_in_float16(device, size, least):
    x = torch.tensor([size, 0.0], device=device).half().requires_grad_()
    y = unit_or_zero(x, least=least)
    gradient, = torch.autograd.grad(y, x, torch.ones_like(y))
    assert gradient.isfinite().all()
    assert y.tolist() == [float(size >= 1e-4), 0]


def test_vectors_without_numbers(device):
    assert unit_or_zero(torch.ones(2, 0, device=device)).shape == (2, 0)


def test_another_axis(device):
    x = torch.randn(3, 4, 2, device=device)
    torch.testing.assert_close(unit_or_zero(x, dim=1), F.normalize(x))


def test_rows_masked_after_normalizing_do_no_harm(device):
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0]], device=device, requires_grad=True)
    kept = torch.tensor([[1.0], [0.0]], device=device)
    (F.normalize(x, dim=1) * kept).sum().backward()
    assert x.grad[1].tolist() == [0.0, 0.0]
    by_hand, = torch.autograd.grad((x / x.norm(dim=1, keepdim=True) * kept).sum(), x)
    assert by_hand[1].isnan().all()


@pytest.mark.parametrize(("function", "least", "most"), [
    (lambda x: (x - x.mean()) / (x.std() + 1e-8), 1e7, 1e8),
    (lambda x: F.layer_norm(x, (3,)), 1e2, 1e3)])
def test_gradients_at_equal_values(device, function, least, most):
    x = torch.ones(3, device=device, requires_grad=True)
    gradient, = torch.autograd.grad(function(x)[0], x)
    assert least < gradient.abs().max() < most
