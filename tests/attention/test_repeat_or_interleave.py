import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.attention.repeat_or_interleave import (
    assert_head_sees,
    mask_for_folded_heads,
    repeat_kv,
)
from snippets.attention.wrong_repeat_or_interleave import (
    masks_of_other_samples,
    repeat_kv_in_turn,
)
from snippets.guards.judge import Undecided
from tests.awkward import Case, LeftOut

AWKWARD = [
    Case(repeat_kv, lambda f, x: f(x, 2), shape=(2, 3, 4, 5),
         like=lambda x: x[:, :, None].expand(-1, -1, 2, -1, -1).flatten(1, 2)),
    Case(mask_for_folded_heads, lambda f, x: f(x, 2), shape=(2, 4, 4),
         like=lambda x: x[:, None].expand(-1, 2, -1, -1).flatten(0, 1)),
    LeftOut(assert_head_sees, "it takes a function and two numbers"),
]

FIXED_DEVICE = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.integers(1, 3), st.integers(1, 4))
def test_the_grouping_is_torchs(device, heads, groups):
    q = torch.randn(2, heads * groups, 3, 4, dtype=torch.float64, device=device)
    k, v = torch.randn(2, 2, heads, 5, 4, dtype=torch.float64, device=device).unbind()
    torch.testing.assert_close(
        F.scaled_dot_product_attention(q, repeat_kv(k, groups), repeat_kv(v, groups)),
        F.scaled_dot_product_attention(q, k, v, enable_gqa=True))
    with torch.device(device):
        if heads == 1 or groups == 1:
            with pytest.raises(Undecided):
                assert_head_sees(lambda kv: repeat_kv(kv, groups), heads, heads * groups)
        else:
            assert_head_sees(lambda kv: repeat_kv(kv, groups), heads, heads * groups)
            with pytest.raises(AssertionError, match="repeat_interleave"):
                assert_head_sees(lambda kv: repeat_kv_in_turn(kv, groups), heads, heads * groups)


def test_each_sample_has_its_own_mask(device):
    layer = nn.MultiheadAttention(6, 3, batch_first=True, device=device)
    x = torch.randn(2, 4, 6, device=device)
    hide = torch.rand(2, 4, 4, device=device) < 0.5
    hide[:, :, 0] = False
    hide[0, :, 1:], hide[1, :, 1:] = False, True
    out = layer(x, x, x, attn_mask=mask_for_folded_heads(hide, 3))[0]
    alone = [layer(a, a, a, attn_mask=m)[0] for a, m in zip(x, hide, strict=True)]
    torch.testing.assert_close(out, torch.stack(alone))
    wrong = layer(x, x, x, attn_mask=masks_of_other_samples(hide, 3))[0]
    assert not torch.allclose(wrong, torch.stack(alone), atol=1e-4)


@pytest.mark.parametrize(("kv_heads", "heads"), [(2, 3), (4, 2), (0, 2), (2, 0)])
def test_heads_that_are_no_multiple_are_refused(kv_heads, heads):
    with pytest.raises(ValueError, match="cannot share"):
        assert_head_sees(lambda kv: kv[:, :heads], kv_heads, heads)
