import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.attention.attention_by_hand import attention
from snippets.attention.padding_masks import attend_to_kept, open_empty_rows
from snippets.attention.wrong_padding_masks import hide_queries
from tests.awkward import Case

LENGTHS = [3, 1, 2]


def kept(x):
    lengths = torch.tensor(LENGTHS[:len(x)], device=x.device)
    return torch.arange(3, device=x.device) < lengths[:, None]


def each_sample_alone(x):
    alone = [F.scaled_dot_product_attention(*(t[None] for t in (q, q[:, :n], q[:, :n])))
             for q, n in zip(x, LENGTHS, strict=False)]
    return torch.cat(alone) if alone else x.clone()


def opened(hide):
    rows = [row if not row.all() else torch.arange(4, device=row.device) > 0 for row in hide]
    return torch.stack(rows) if rows else hide.clone()


AWKWARD = [
    Case(attend_to_kept, lambda f, x: f(x, x, x, kept(x)), like=each_sample_alone,
         shape=(3, 2, 3, 4), outside=dict.fromkeys(
             ["huge", "one nan"], "the scores of kept keys are finite")),
    Case(open_empty_rows, lambda f, hide: f(hide), like=opened),
]

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


def test_masks_of_numbers_are_refused_and_no_places_are_fine(device):
    q = torch.zeros(2, 1, 3, 4, device=device)
    with pytest.raises(TypeError, match="keep is"):
        attend_to_kept(q, q, q, torch.ones(2, 3, dtype=torch.int64, device=device))
    with pytest.raises(TypeError, match="hide is"):
        open_empty_rows(torch.ones(2, 3, device=device))
    assert open_empty_rows(torch.ones(2, 0, dtype=torch.bool, device=device)).shape == (2, 0)


@pytest.mark.parametrize("fast_path", [True, False])
@pytest.mark.parametrize("recording", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("need_weights", [True, False])
def test_where_an_empty_sample_is_nan(device, need_weights, training, recording, fast_path):
    layer = nn.MultiheadAttention(4, 2, batch_first=True, device=device).train(training)
    x = torch.randn(2, 3, 4, device=device)
    hide = torch.tensor([[False, False, True], [True, True, True]], device=device)
    torch.backends.mha.set_fastpath_enabled(fast_path)
    try:
        with torch.set_grad_enabled(recording):
            out = layer(x, x, x, key_padding_mask=hide, need_weights=need_weights)[0]
            mended = layer(x, x, x, key_padding_mask=open_empty_rows(hide),
                           need_weights=need_weights)[0]
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert out[0].isfinite().all()
    assert mended.isfinite().all()
    fast = fast_path and not training and not recording
    assert out[1].isnan().all() == (need_weights or fast)
    assert out[1].isnan().any() == (need_weights or fast)


def test_nan_in_a_padded_key_or_value_by_how_the_mask_is_applied(device):
    keep = torch.tensor([True, True, False], device=device)
    added = torch.zeros(3, device=device).masked_fill(~keep, -torch.inf)
    for name in ["key", "value"]:
        q, k, v = torch.randn(3, 1, 1, 3, 4, device=device).unbind()
        (k if name == "key" else v)[0, 0, 2] = torch.nan
        outs = {"sdpa, boolean": F.scaled_dot_product_attention(q, k, v, keep.expand(3, 3)),
                "sdpa, added": F.scaled_dot_product_attention(q, k, v, added.expand(3, 3)),
                "filled": attention(q, k, v, keep)[0],
                "zeros": attend_to_kept(q, k, v, keep[None])}
        assert [kind for kind, out in outs.items() if out.isnan().any()] == [
            "sdpa, boolean", "sdpa, added", *(["filled"] if name == "value" else [])]


@pytest.mark.parametrize(("B", "outcome"), [(1, "right"), (2, "raises"), (3, "wrong")])
def test_a_mask_of_samples_taken_for_one_of_queries(device, B, outcome):
    q, k, v = torch.randn(3, B, 1, 3, 4, device=device).unbind()
    keep = torch.ones(B, 3, device=device).tril(1).bool()
    right = F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None, None, :])
    if outcome == "raises":
        with pytest.raises(RuntimeError):
            F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
    else:
        other = F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
        assert torch.allclose(other, right, atol=1e-5) == (outcome == "right")


@pytest.mark.parametrize(("heads", "batch_first"), [(1, True), (2, False)])
def test_layers_that_do_not_take_the_faster_path_give_no_nan(heads, batch_first):
    layer = nn.MultiheadAttention(4, heads, batch_first=batch_first).eval()
    x, hide = torch.randn(2, 2, 4), torch.tensor([[False, False], [True, True]])
    with torch.no_grad():
        out, _ = layer(x, x, x, key_padding_mask=hide, need_weights=False)
    assert out.isfinite().all()


def test_nan_in_a_query_stays_in_its_row_and_reaches_the_gradients(device):
    q, k, v = torch.randn(3, 1, 1, 3, 4, device=device).unbind()
    q[0, 0, 2] = torch.nan
    k, v = k.requires_grad_(), v.requires_grad_()
    out = F.scaled_dot_product_attention(q, k, v)
    assert out[:, :, :2].isfinite().all()
    for gradient in torch.autograd.grad(out[:, :, :2].sum(), [k, v]):
        assert gradient.isnan().all()


def test_a_filled_score_leaves_nan_in_the_gradient_of_the_queries(device):
    q, k, v = torch.randn(3, 1, 1, 3, 4, device=device).unbind()
    k[0, 0, 2] = torch.nan
    keep = torch.tensor([True, True, False], device=device)
    out = attention(q.requires_grad_(), k, v, keep)[0]
    assert out.isfinite().all()
    assert torch.autograd.grad(out.sum(), q)[0].isnan().all()


def test_cross_attention_does_not_take_the_faster_path():
    layer = nn.MultiheadAttention(4, 2, batch_first=True).eval()
    x, hide = torch.randn(2, 2, 4), torch.tensor([[False, False], [True, True]])
    with torch.no_grad():
        assert layer(x, x, x, key_padding_mask=hide, need_weights=False)[0].isnan().any()
        out, _ = layer(x[:, :1], x, x, key_padding_mask=hide, need_weights=False)
    assert out.isfinite().all()
