import pytest
import torch
import torch.nn.functional as F
from hypothesis import given

from snippets.attention.qkv_layouts import qkv_rows, split_qkv
from tests.attention.layers import FIXED_DEVICE, SIZES, gradients, reference
from tests.awkward import Case, LeftOut


def by_slices(x):
    return tuple(torch.stack([part[..., :2], part[..., 2:]], dim=1) for part in (
        x[..., :4], x[..., 4:8], x[..., 8:]))


AWKWARD = [
    Case(split_qkv, lambda f, x: f(x, 2, "(3, h, d)"), like=by_slices, shape=(2, 3, 12)),
    LeftOut(qkv_rows, "it takes two numbers and a name"),
]

LAYOUTS = ["(3, h, d)", "(h, 3d)", "(3d, h)"]


@pytest.mark.parametrize("layout", LAYOUTS)
@FIXED_DEVICE
@given(SIZES)
def test_each_layout_is_the_layer_of_torch_with_permuted_rows(device, layout, sizes):
    B, L, h, d = sizes
    theirs = reference(h, d, device)
    rows = qkv_rows(h, d, layout).to(device)
    weight = theirs.in_proj_weight.detach()[rows].requires_grad_()
    bias = theirs.in_proj_bias.detach()[rows].requires_grad_()
    x = torch.randn(B, L, h * d, dtype=torch.float64, device=device, requires_grad=True)
    heads = F.scaled_dot_product_attention(*split_qkv(F.linear(x, weight, bias), h, layout))
    output = theirs.out_proj(heads.permute(0, 2, 1, 3).reshape(B, L, h * d))
    expected = theirs(x, x, x)[0]
    torch.testing.assert_close(output, expected)
    of_x, of_weight, of_bias = gradients(
        expected, x, theirs.in_proj_weight, theirs.in_proj_bias)
    torch.testing.assert_close(
        gradients(output, x, weight, bias), (of_x, of_weight[rows], of_bias[rows]))


@FIXED_DEVICE
@given(SIZES)
def test_merging_as_d_h_permutes_the_columns_of_the_last_projection(device, sizes):
    B, L, h, d = sizes
    heads = torch.randn(B, h, L, d, dtype=torch.float64, device=device)
    weight = torch.randn(3, h * d, dtype=torch.float64, device=device)
    columns = torch.arange(h * d, device=device).view(h, d).T.reshape(-1)
    torch.testing.assert_close(
        heads.permute(0, 2, 3, 1).reshape(B, L, h * d) @ weight[:, columns].T,
        heads.permute(0, 2, 1, 3).reshape(B, L, h * d) @ weight.T)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_qkv_rows_is_a_permutation(layout):
    assert sorted(qkv_rows(3, 5, layout).tolist()) == list(range(45))


def test_an_unknown_layout_is_refused(device):
    with pytest.raises(ValueError, match="no layout"):
        split_qkv(torch.zeros(1, 1, 6, device=device), 2, "(d, 3, h)")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("size", "heads"), [(13, 2), (12, 0), (12, -2)])
def test_features_that_do_not_split_are_refused(device, layout, size, heads):
    for B in [0, 1]:
        with pytest.raises(ValueError, match=f"{size} features, {heads} heads"):
            split_qkv(torch.zeros(B, 1, size, device=device), heads, layout)
