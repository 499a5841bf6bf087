import inspect

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.attention.dropout_in_eval import SelfAttention
from tests.awkward import Case


def pair(x):
    """The module in eval mode and torch's own with its weights, of the dtype of `x`."""
    torch.manual_seed(0)
    ours, theirs = SelfAttention(8, 2, p=0.5), nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.load_state_dict({
        "in_proj_weight": ours.in_proj.weight, "in_proj_bias": ours.in_proj.bias,
        "out_proj.weight": ours.out_proj.weight, "out_proj.bias": ours.out_proj.bias})
    dtype = x.dtype if x.is_floating_point() else torch.float32
    return ours.to(x.device, dtype).eval(), theirs.to(x.device, dtype).eval()


def by_torch(x):
    hide = torch.ones(5, 5, dtype=torch.bool, device=x.device).triu(1)
    return pair(x)[1](x, x, x, attn_mask=hide)[0]


def is_near_torch(x, result):
    expected = by_torch(x)
    near = 1e-4 if x.dtype in (torch.float32, torch.float64) else 0.05
    size = expected.nan_to_num().abs().max().item() if x.numel() else 0.0
    torch.testing.assert_close(result, expected, rtol=0, atol=near * size, equal_nan=True)


FINITE = "in which the scores of attention are finite"
AWKWARD = [
    Case(SelfAttention, lambda kind, x: pair(x)[0](x), shape=(2, 5, 8), holds=is_near_torch,
         compiled=False, outside={"huge": FINITE, "float16, its sum overflows": FINITE}),
]


def test_it_is_torchs_attention_in_eval(device):
    x = torch.randn(2, 5, 8, dtype=torch.float64, device=device, requires_grad=True)
    out, expected = pair(x)[0](x), by_torch(x)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(
        torch.autograd.grad(out.square().sum(), x), torch.autograd.grad(expected.square().sum(), x))


@pytest.mark.parametrize("shape", [(0, 5, 8), (2, 0, 8)])
@pytest.mark.parametrize("training", [True, False])
def test_no_samples_and_no_tokens_keep_their_shape(device, shape, training):
    model = SelfAttention(8, 2, p=0.5).to(device).train(training)
    assert model(torch.zeros(shape, device=device)).shape == shape


def test_heads_that_do_not_divide_the_features_are_refused():
    with pytest.raises(ValueError, match="3 heads of 8 features"):
        SelfAttention(8, 3, p=0.0)
    for heads in [0, -2]:
        with pytest.raises(ValueError, match=f"{heads} heads of 8 features"):
            SelfAttention(8, heads, p=0.0)


DROPS_BY_DEFAULT = {"dropout": True, "dropout1d": True, "dropout2d": True, "dropout3d": True,
                    "alpha_dropout": False, "feature_alpha_dropout": False}


def test_the_functions_with_dropout_in_their_name_and_what_each_does_by_default(device):
    names = [name for name in dir(F) if "dropout" in name and name[0] != "_"]
    assert set(names) == set(DROPS_BY_DEFAULT)
    x = torch.randn(64, 4, 2, 2, 2, device=device)
    for name in names:
        function = getattr(F, name)
        given = x[..., 0, 0] if name == "dropout1d" else x[..., 0] if name == "dropout2d" else x
        assert torch.equal(function(given, 0.5), given) != DROPS_BY_DEFAULT[name], name
        assert torch.equal(function(given, 0.5, training=False), given), name
    assert "training" not in (inspect.getdoc(F.scaled_dot_product_attention) or "").split("\n")[0]
