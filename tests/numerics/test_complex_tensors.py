"""What the page says of other functions."""

import warnings

import pytest
import torch
import torch.nn.functional as F

from tests.shown import shown

COMPLEX = torch.complex64


@pytest.mark.parametrize(("product", "value"), [
    (torch.dot, -1), (torch.inner, -1), (torch.matmul, -1),
    (lambda a, b: torch.einsum("i,i", a, b), -1), (torch.vdot, 1), (torch.linalg.vecdot, 1)])
def test_which_products_conjugate(device, product, value):
    v = torch.tensor([1j], device=device)
    assert product(v, v).item() == value


@pytest.mark.parametrize("function", [
    lambda z: F.mse_loss(z, z), torch.relu, lambda z: z.softmax(0),
    lambda z: F.layer_norm(z, (2,))])
def test_these_are_not_implemented(function):
    with pytest.raises(RuntimeError):
        function(torch.tensor([1 + 2j, 1j], device="cpu"))


def test_l1_takes_the_absolute_value(device):
    z = torch.tensor([3 + 4j], device=device)
    assert F.l1_loss(z, 0 * z).item() == 5


def test_the_mean_squared_error_of_the_table(device):
    z = torch.tensor([3 + 4j, 1j], device=device)
    assert (z - 0).abs().square().mean().item() == pytest.approx(13)


def test_gradients_of_the_length_at_zero(device):
    z = torch.zeros(1, dtype=COMPLEX, device=device, requires_grad=True)
    assert torch.autograd.grad(z.abs().sum(), z)[0].item() == 0
    by_hand, = torch.autograd.grad((z.real ** 2 + z.imag ** 2).sqrt().sum(), z)
    assert by_hand.isnan().all()


def test_random_numbers_have_the_variance_one_in_total():
    torch.manual_seed(0)
    z = torch.randn(100_000, dtype=COMPLEX)
    assert z.real.var().item() == pytest.approx(0.5, rel=0.05)
    assert z.var().item() == pytest.approx(1, rel=0.05)


def test_a_step_against_the_gradient_makes_the_loss_smaller(device):
    z = torch.tensor([1 + 2j], device=device, requires_grad=True)
    for loss in (lambda z: z.abs().square(), lambda z: (z * z).real):
        gradient, = torch.autograd.grad(loss(z).sum(), z)
        assert loss(z - 0.01 * gradient) < loss(z)
        assert loss(z - 0.01 * gradient).item() == pytest.approx(
            loss(z).item() - 0.01 * gradient.abs().square().item(), rel=0.1)


def test_assignments_and_copies_drop_the_imaginary_part(device):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.zeros(2, device=device)
        z = torch.tensor([1 + 2j], device=device)
        x[0] = z[0]
        x[1:].copy_(z)
    assert x.tolist() == [1, 1]


def test_the_length_and_the_squared_length_of_the_table(device):
    v = torch.tensor([3j, 4], device=device)
    assert v.norm().item() == pytest.approx(5)
    assert torch.vdot(v, v).real.item() == pytest.approx(25)


def test_the_guard_leaves_the_generator():
    check = shown("docs/numerics/complex-tensors.md", "transform_comes_back", torch=torch)
    before = torch.get_rng_state()
    check(torch.fft.rfft, lambda s, n: torch.fft.irfft(s, n=n))
    check(torch.fft.fft, lambda s, n: torch.fft.ifft(s).real)
    assert torch.equal(before, torch.get_rng_state())
