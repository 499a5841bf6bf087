import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.losses.masks_and_scales import bce_of_mask
from tests.awkward import Case


def some(x):
    """Every other target 1, in the shape of `x`."""
    return (torch.arange(x.numel(), device=x.device) % 2 == 0).view(x.shape)


AWKWARD = [
    Case(bce_of_mask, lambda f, x: f(x, some(x)), compiled=False,
         like=lambda x: F.binary_cross_entropy_with_logits(x, some(x).to(x.dtype))),
]


@settings(deadline=None, max_examples=100, suppress_health_check=[
    HealthCheck.function_scoped_fixture])
@given(st.floats(-1e4, 1e4), st.floats(0, 1))
def test_the_loss_is_0_or_more_for_targets_from_0_to_1(device, logit, target):
    for dtype in (torch.float64, torch.float32):
        x, t = (torch.tensor([number], dtype=dtype, device=device) for number in (logit, target))
        assert F.binary_cross_entropy_with_logits(x, t) >= -1e-6 * abs(logit)
        assert torch.equal(bce_of_mask(x, t), F.binary_cross_entropy_with_logits(x, t))


@pytest.mark.parametrize("target", [1.01, 2.0, 255.0])
def test_above_1_a_higher_logit_costs_less(device, target):
    x = torch.linspace(-100, 100, 41, dtype=torch.float64, device=device)
    loss = F.binary_cross_entropy_with_logits(x, torch.full_like(x, target), reduction="none")
    assert (loss.diff() < 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_booleans_count_as_0_and_1(device, dtype):
    x = torch.randn(2, 1, 3, 3, device=device, dtype=dtype, requires_grad=True)
    mask = torch.rand(2, 1, 3, 3, device=device) > 0.5
    loss = bce_of_mask(x, mask)
    torch.testing.assert_close(loss, F.binary_cross_entropy_with_logits(x, mask.to(dtype)))
    loss.backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("bad", [255.0, -1.0, 1.01, float("nan")])
def test_what_does_not_fit_is_refused(device, bad):
    x = torch.zeros(2, 2, device=device)
    target = x.clone()
    target[1, 1] = bad
    with pytest.raises(ValueError, match="not from 0 to 1"):
        bce_of_mask(x, target)
    with pytest.raises(ValueError, match="but targets"):
        bce_of_mask(x, target[:1])
    assert bce_of_mask(x[:0], x[:0]).isnan()


@pytest.mark.parametrize("bad", [1.0019, -1e-45])
def test_the_targets_are_checked_before_they_are_rounded(device, bad):
    target = torch.tensor([bad], dtype=torch.float64, device=device)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        with pytest.raises(ValueError, match="not from 0 to 1"):
            bce_of_mask(torch.ones(1, dtype=dtype, device=device), target)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_logits_that_are_not_floating_raise(device, dtype):
    for place in (device, "meta"):
        x = torch.ones(3, device=place).to(dtype)
        with pytest.raises(TypeError, match="logits"):
            bce_of_mask(x, torch.ones(3, dtype=torch.bool, device=place))
