import math

import pytest
import torch

from snippets.generation.top_p import top_p_filter
from snippets.generation.wrong_top_p import in_sorted_order, without_the_first
from tests.awkward import Case


def token_by_token(x, top_p=0.6):
    """What is kept, by a loop over each row."""
    if not x.is_floating_point():
        raise TypeError("no softmax of integers")
    probs = x.to(torch.promote_types(x.dtype, torch.float32)).softmax(-1)
    if x.is_meta or not x.numel():
        return x.clone()
    rows = []
    for row, p in zip(x.flatten(0, -2).unbind(), probs.flatten(0, -2).unbind(), strict=True):
        total, keep = torch.zeros_like(p[0]), torch.zeros_like(p, dtype=torch.bool)
        for place in p.sort(descending=True).indices.tolist():
            if total >= top_p:
                break
            keep[place] = True
            total = total + p[place]
        rows.append(row.masked_fill(~keep, -math.inf))
    return torch.stack(rows).view(x.shape)


AWKWARD = [
    Case(top_p_filter, lambda f, x: f(x, 0.6), like=token_by_token, shape=(3, 5)),
    Case(top_p_filter, lambda f, x: f(x, 1.0), shape=(2, 3, 4),
         like=lambda x: token_by_token(x, 2.0)),
]


@pytest.mark.parametrize("top_p", [0.01, 0.5, 0.9, 0.999, 1.0])
@pytest.mark.parametrize("shape", [(7,), (4, 7), (2, 3, 50), (4, 1)])
def test_the_filter_keeps_what_the_loop_keeps(device, shape, top_p):
    x = 3 * torch.randn(shape, dtype=torch.float64, device=device)
    kept = top_p_filter(x, top_p)
    torch.testing.assert_close(kept, token_by_token(x.view(-1, shape[-1]), top_p).view(shape))
    assert kept.isfinite().any(-1).all()


def test_what_is_kept_is_the_smallest_set_that_reaches_p(device):
    x = torch.randn(50, 20, dtype=torch.float64, device=device)
    kept = top_p_filter(x, 0.7).isfinite()
    mass = torch.where(kept, x.softmax(-1), 0)
    smallest = torch.where(kept, x.softmax(-1), 1).amin(-1)
    assert (mass.sum(-1) >= 0.7).all()
    assert (mass.sum(-1) - smallest < 0.7).all()


def test_the_sum_that_is_exactly_p_is_enough(device):
    probs = torch.tensor([0.25, 0.5, 0.125, 0.125], device=device)
    assert top_p_filter(probs.log(), 0.75).isfinite().tolist() == [True, True, False, False]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_keeps_what_float32_keeps(device, dtype):
    x = torch.linspace(0, -10, 50_000, device=device).to(dtype)
    kept = top_p_filter(x, 0.9)
    assert kept.dtype == dtype
    assert torch.equal(kept.isfinite(), top_p_filter(x.float(), 0.9).isfinite())


def test_the_gradient_is_that_of_the_logits_that_are_kept(device):
    x = torch.tensor([3.0, 1.0, 0.0], device=device, requires_grad=True)
    grad, = torch.autograd.grad(top_p_filter(x, 0.9).softmax(-1)[0], x)
    assert grad[2] == 0
    assert grad[0] > 0


@pytest.mark.parametrize("top_p", [0, -0.1, 1.1, math.nan])
def test_another_p_raises(device, top_p):
    with pytest.raises(ValueError, match="top_p"):
        top_p_filter(torch.zeros(3, device=device), top_p)


def test_the_wrong_filters_keep_other_tokens(device):
    x = torch.tensor([0.0, 3.0, 1.0, -1.0], device=device)
    assert top_p_filter(x, 0.9).isfinite().tolist() == [False, True, True, False]
    assert without_the_first(x, 0.9).isfinite().tolist() == [False, True, False, False]
    assert in_sorted_order(x, 0.9).isfinite().tolist() == [True, True, False, False]


def test_integers_raise(device):
    with pytest.raises(TypeError, match="not floating"):
        top_p_filter(torch.arange(3, device=device), 0.5)


def test_the_first_token_stays_for_a_top_p_that_float32_rounds_to_0(device):
    logits = torch.tensor([1.0, 3.0, 0.0], device=device)
    assert top_p_filter(logits, 1e-46).isfinite().tolist() == [False, True, False]
