import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.attention.padding_masks import attend_to_kept, open_empty_rows
from snippets.attention.wrong_padding_masks import hide_queries

FIXED_DEVICE = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=3))
def test_padding_leaves_no_trace_in_value_or_gradient(device, rows):
    keep = torch.tensor(rows, device=device)
    q, k, v = torch.randn(3, len(rows), 2, 4, 5, dtype=torch.float64, device=device).unbind()
    k.transpose(1, 2)[~keep] = float("nan")
    v.transpose(1, 2)[~keep] = float("inf")
    k.requires_grad_()
    out = attend_to_kept(q, k, v, keep)
    for b, row in enumerate(keep):
        alone = F.scaled_dot_product_attention(q[b], k[b, :, row], v[b, :, row])
        torch.testing.assert_close(out[b], alone)
    gradient, = torch.autograd.grad(out.square().sum(), k)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("need_weights", [True, False])
def test_open_rows_are_finite_and_change_no_other_sample(device, need_weights):
    layer = nn.MultiheadAttention(4, 2, batch_first=True, device=device)
    x = torch.randn(2, 3, 4, device=device)
    hide = torch.tensor([[False, False, True], [True, True, True]], device=device)
    out, _ = layer(x, x, x, key_padding_mask=open_empty_rows(hide), need_weights=need_weights)
    assert out.isfinite().all()
    alone, _ = layer(x[:1], x[:1], x[:1], key_padding_mask=hide[:1], need_weights=need_weights)
    torch.testing.assert_close(out[:1], alone)
    assert hide[1].all()


def test_a_mask_of_queries_lets_padding_through(device):
    layer = nn.MultiheadAttention(4, 2, batch_first=True, device=device)
    x, keep = torch.randn(1, 3, 4, device=device), torch.tensor([[True, True, False]]).to(device)
    changed = torch.cat([x[:, :2], x[:, 2:] + 1], dim=1)
    first, other = hide_queries(layer, x, keep), hide_queries(layer, changed, keep)
    assert not torch.allclose(first[:, :2], other[:, :2])
