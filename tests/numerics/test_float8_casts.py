import pytest
import torch

from snippets.numerics.float8_casts import to_float8
from tests.awkward import Case


def is_close(x, found):
    values, scale = found
    back, wide = values.float() * scale, x.detach().float()
    largest = wide.abs().max()
    assert values.shape == x.shape
    assert scale.dtype == torch.float32
    off = (back - wide).abs()
    assert (off <= largest / 2 ** 4 + torch.finfo(torch.float32).tiny * 448).all()


AWKWARD = [Case(to_float8, lambda f, x: f(x), holds=is_close, compiled=False)]

SIGNED = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz]


@pytest.mark.parametrize("dtype", SIGNED)
@pytest.mark.parametrize("size", [1e-30, 1e-3, 1.0, 1e5, 1e37])
def test_numbers_of_each_size_come_back(dtype, size):
    torch.manual_seed(0)
    x = size * torch.randn(100, device="cpu")
    values, scale = to_float8(x, dtype)
    assert values.dtype == dtype
    back = values.float() * scale
    big = x.abs() > x.abs().max() / 50
    torch.testing.assert_close(back[big], x[big], rtol=2 ** -3, atol=0.0)
    torch.testing.assert_close(back.abs().max(), x.abs().max(), rtol=2 ** -3, atol=0.0)


def test_zeros_stay_zeros(device):
    values, scale = to_float8(torch.zeros(3, device=device))
    assert values.float().tolist() == [0, 0, 0]
    assert scale > 0


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_what_is_not_finite_is_refused(device, bad):
    with pytest.raises(ValueError, match="nan, inf"):
        to_float8(torch.tensor([1.0, bad], device=device))


@pytest.mark.parametrize("dtype", [torch.int8, torch.float16, torch.float8_e8m0fnu, torch.uint8])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="float8 with a sign"):
        to_float8(torch.ones(2), dtype)


@pytest.mark.parametrize("source", [torch.float64, torch.bfloat16, torch.float16])
def test_the_source_dtype_does_not_change_what_happens(source):
    x = torch.tensor([448.0, 480.0, torch.inf], dtype=source, device="cpu")
    for dtype in SIGNED:
        torch.testing.assert_close(x.to(dtype).float(), x.float().to(dtype).float(),
                                   equal_nan=True, rtol=0.0, atol=0.0)


def test_the_gradient_goes_through_a_number_that_was_cut_off():
    x = torch.tensor([3.3, 1e4], requires_grad=True, device="cpu")
    gradient, = torch.autograd.grad(x.to(torch.float8_e4m3fn).float().sum(), x)
    assert gradient.tolist() == [1, 1]


@pytest.mark.parametrize("x", [torch.ones(2).long(), torch.empty(0)])
def test_integers_and_nothing_are_refused(x):
    with pytest.raises(ValueError, match="at least one"):
        to_float8(x)
