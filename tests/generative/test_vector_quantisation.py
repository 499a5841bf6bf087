import pytest
import torch
import torch.nn.functional as F

from snippets.generative.vector_quantisation import quantize
from tests.awkward import Case


def to_zero(x):
    if not x.is_floating_point():
        raise ValueError("as the docstring says")
    zero = torch.zeros_like(x)
    return F.mse_loss(zero, x) + 0.25 * F.mse_loss(x, zero)


AWKWARD = [
    Case(quantize, lambda f, x: f(x, torch.zeros(2, 4, device=x.device).to(x.dtype))[1],
         like=to_zero),
    Case(quantize, lambda f, x: f(x, torch.zeros(2, 4, device=x.device).to(x.dtype))[1],
         like=to_zero, shape=(3, 4, 2, 4)),
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("shape", [(4,), (9, 4), (2, 3, 5, 4)])
def test_codes_and_gradients_are_those_by_hand(device, dtype, shape):
    z = torch.randn(shape, dtype=dtype, device=device, requires_grad=True)
    codebook = torch.randn(6, 4, dtype=dtype, device=device, requires_grad=True)
    output, loss, index = quantize(z, codebook, beta=0.5)
    rows = z.detach().reshape(-1, 4)
    nearest = torch.stack([(codebook - row).square().sum(1).argmin() for row in rows])
    assert torch.equal(index, nearest.view(shape[:-1]))
    code = codebook[nearest].detach().view(shape)
    assert torch.equal(output, code)
    of_z, of_codes = torch.autograd.grad(loss, (z, codebook))
    torch.testing.assert_close(of_z, 0.5 * 2 * (z - code).detach() / z.numel())
    wanted = torch.zeros_like(codebook).index_add(0, nearest, 2 * (code - z).detach().view(-1, 4))
    torch.testing.assert_close(of_codes, wanted / z.numel())


def test_the_two_orders_cost_the_same_by_value(device):
    z, code = torch.randn(2, 5, dtype=torch.float64, device=device)
    right = (z.detach() - code) ** 2 + 0.25 * (z - code.detach()) ** 2
    torch.testing.assert_close(right, 0.25 * (z.detach() - code) ** 2 + (z - code.detach()) ** 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_output_is_the_code_exactly(device, dtype):
    z = torch.randn(20, 4, device=device).to(dtype) + 100
    codebook = torch.randn(6, 4, device=device)
    output, _, index = quantize(z, codebook.to(dtype))
    assert torch.equal(output, codebook.to(dtype)[index])


def test_what_does_not_fit_is_refused(device):
    z, codebook = torch.zeros(3, 4, device=device), torch.zeros(2, 4, device=device)
    for wrong in [z[:, :3], z[0, 0]]:
        with pytest.raises(ValueError, match="does not end in"):
            quantize(wrong, codebook)
    with pytest.raises(ValueError, match="does not end in"):
        quantize(z, codebook[0])
    for wrong in [z.double(), z.long()]:
        with pytest.raises(ValueError, match="the codes torch"):
            quantize(wrong, codebook)


def test_the_loss_of_float16_is_computed_in_float32(device):
    z = torch.zeros(4, 64, device=device)
    z[0, 0] = 300
    z, codebook = z.half(), torch.zeros(2, 64, device=device).half()
    z.requires_grad_()
    _, loss, _ = quantize(z, codebook)
    exact = quantize(z.double(), codebook.double())[1]
    torch.testing.assert_close(loss, exact.half())
    assert torch.autograd.grad(loss, z)[0].isfinite().all()
