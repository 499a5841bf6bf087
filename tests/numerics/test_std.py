import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.judge import Undecided
from snippets.numerics.std import assert_biased, standardize
from snippets.numerics.wrong_std import standardize_by_default
from tests.awkward import Case, Guard

AWKWARD = [
    Case(standardize, lambda f, x: f(x, -1), like=lambda x: F.layer_norm(x, x.shape[-1:]),
         outside={"around 1e8": "A large offset costs digits",
                  "huge": "a variance that is inf gives 0"}),
    Guard(assert_biased, lambda guard, x: guard(lambda x: x.std(0, correction=0), x),
          lambda guard, x: guard(lambda x: x.std(0), x)),
]


@pytest.mark.parametrize("shape", [(1, 4), (3, 1), (2, 3, 5)])
@pytest.mark.parametrize("mean", [0.0, 1e4])
def test_standardize_agrees_with_layer_norm(device, shape, mean):
    x = torch.arange(float(np.prod(shape)), device=device).view(shape) + mean
    torch.testing.assert_close(standardize(x, dim=-1), F.layer_norm(x, shape[-1:]))
    y = x.transpose(0, -1)
    torch.testing.assert_close(standardize(y, dim=0), F.layer_norm(x, shape[-1:]).transpose(0, -1))


@pytest.mark.filterwarnings("ignore:std")
def test_the_default_gives_nan_for_one_element_and_too_little_for_two(device):
    assert standardize_by_default(torch.ones(1, 1, device=device)).isnan().all()
    two = standardize_by_default(torch.tensor([[0.0, 2.0]], device=device))
    torch.testing.assert_close(two, torch.tensor([[-1.0, 1.0]], device=device) / 2**0.5)


def test_the_guard_tells_them_apart_up_to_a_thousand_samples(device):
    x = torch.arange(1000.0, device=device).view(-1, 1)
    assert_biased(lambda x: x.var(dim=0, correction=0), x)
    with pytest.raises(AssertionError, match="1000 samples"):
        assert_biased(lambda x: x.var(dim=0), x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_standardize_of_half_precision_does_not_overflow(device, dtype):
    x = torch.tensor([[0.0, 600.0], [300.0, 400.0]], dtype=dtype, device=device)
    found = standardize(x, dim=1)
    assert found.dtype == dtype
    torch.testing.assert_close(found, F.layer_norm(x, (2,)))


def test_a_variance_of_inf_gives_0_or_nan_as_the_docstring_says(device):
    assert standardize(torch.tensor([1e30, -1e30], device=device), 0).tolist() == [0, 0]
    found = standardize(torch.tensor([3e38, 3e38, -3e38], device=device), 0)
    assert found[:2].tolist() == [0, 0]
    assert found[2].isnan()


def test_float8_raises_as_the_docstring_says():
    with pytest.raises(RuntimeError, match="Float8"):
        standardize(torch.ones(3).to(torch.float8_e4m3fn), 0)


def test_integers_raise(device):
    with pytest.raises(TypeError, match="floats first"):
        standardize(torch.ones(2, 2, dtype=torch.int64, device=device), dim=0)


@pytest.mark.filterwarnings("ignore:std")
@pytest.mark.parametrize("x", [
    torch.ones(1), torch.ones(4),
    torch.zeros(4, 2), torch.tensor([1.0, torch.nan]), torch.zeros(3, 0)])
def test_the_guard_is_undecided_where_the_data_have_no_spread(x):
    for correction in (0, 1):
        with pytest.raises(Undecided):
            assert_biased(lambda x: x.std(dim=0, correction=correction), x)  # noqa: B023


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_guard_judges_by_the_size_of_the_spread(device, scale):
    x = scale * torch.arange(4.0, device=device)
    assert_biased(lambda x: x.std(dim=0, correction=0), x)
    with pytest.raises(AssertionError, match="4 samples"):
        assert_biased(lambda x: x.std(dim=0), x)


def test_the_guard_judges_where_one_column_is_constant(device):
    x = torch.tensor([[1.0, 2.0], [1.0, 3.0]], device=device)
    assert_biased(lambda x: x.std(dim=0, correction=0), x)
    with pytest.raises(AssertionError, match=r"1\.225 times"):
        assert_biased(lambda x: x.std(dim=0), x)


def test_the_guard_takes_a_number_and_no_boolean(device):
    x = torch.tensor([2.0, 4.0], device=device)
    assert_biased(lambda x: np.std(x.tolist()), x)
    with pytest.raises(AssertionError, match="2 samples"):
        assert_biased(lambda x: x.std().item(), x)
    with pytest.raises(Undecided):
        assert_biased(lambda x: True, x)


def test_the_guard_leaves_the_data_alone(device):
    x = torch.tensor([[2.0], [4.0]], device=device)
    assert_biased(lambda x: x.sub_(x.mean(0)).std(0, correction=0), x)
    assert x.tolist() == [[2], [4]]


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool])
def test_the_guard_refuses_integers(dtype):
    with pytest.raises(TypeError, match="floats first"):
        assert_biased(lambda x: x.std(0, correction=0), torch.ones(4, dtype=dtype))


def test_the_guard_is_undecided_on_meta():
    with pytest.raises(Undecided):
        assert_biased(lambda x: x.std(0, correction=0), torch.ones(4, device="meta"))


@pytest.mark.parametrize("layer", [
    nn.BatchNorm1d(4, affine=False, eps=1e-12), nn.LayerNorm(3, 1e-12, elementwise_affine=False),
    nn.GroupNorm(1, 4, eps=1e-12, affine=False), nn.InstanceNorm1d(4, eps=1e-12)], ids=repr)
def test_layers_that_divide_by_a_deviation_use_correction_0(device, layer):
    x = torch.randn(2, 4, 3, device=device, dtype=torch.float64)
    axes = {"BatchNorm1d": (0, 2), "GroupNorm": (1, 2)}.get(type(layer).__name__, (2,))
    y = layer.to(device, x.dtype)(x)
    spread = y.std(axes, correction=0)
    torch.testing.assert_close(spread, torch.ones_like(spread))
    assert (y.std(axes) > 1.01).all()


@pytest.mark.parametrize(("ours", "theirs"), [("std", "std"), ("var", "var")])
@pytest.mark.parametrize("shape", [(5,), (3, 4)])
def test_torch_divides_by_one_less_than_numpy(ours, theirs, shape):
    x = torch.randn(shape, dtype=torch.float64)
    found, numbers = getattr(torch, ours), x.numpy()
    assert found(x).item() == pytest.approx(getattr(np, theirs)(numbers, ddof=1))
    assert found(x, correction=0).item() == pytest.approx(getattr(np, theirs)(numbers))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.complex64])
def test_one_element_has_the_deviation_0_with_correction_0(device, dtype):
    assert torch.ones(1, dtype=dtype, device=device).std(correction=0) == 0


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int32, torch.int64, torch.bool])
def test_integers_have_no_deviation(device, dtype):
    for name in ("std", "var", "std_mean", "var_mean"):
        with pytest.raises(RuntimeError, match="only support floating point"):
            getattr(torch, name)(torch.ones(3, dtype=dtype, device=device))
