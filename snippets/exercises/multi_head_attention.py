"""The check of the exercise on heads."""

from collections.abc import Callable

import torch
from torch import nn


# --8<-- [start:check_multi_head_attention]
def check_multi_head_attention(
    make: Callable[[int, int, int], nn.Module],
) -> str:
    """Compare `make(D, h, d)` with nn.MultiheadAttention.

    Raises:
        AssertionError: with likely causes, where an output
            differs. An error of the layer itself comes
            through.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
    """
    B, L, D, h, d = 2, 5, 12, 3, 4
    x = torch.randn(B, L, D, dtype=torch.float64)
    reference = nn.MultiheadAttention(
        D, h, batch_first=True).double()
    for name, parameter in reference.named_parameters():
        # they start at 0, which would hide them
        if "bias" in name:
            nn.init.normal_(parameter)
    state = {
        name.replace("in_proj_", "in_proj."): value.clone()
        for name, value in reference.state_dict().items()}
    layer = make(D, h, d).double()
    layer.load_state_dict(state)
    got, want = layer(x), reference(x, x, x)[0]
    assert got.shape == x.shape, (
        f"(B, L, D) is {tuple(x.shape)} here, not {tuple(got.shape)}")

    one = x[:, :1]
    assert torch.allclose(
        layer(one),
        reference(one, one, one)[0]
    ), ("one token alone gets its own value: attend over tokens, not "
        "over heads, chunk q, k and v from rows that lie as (3, h, d), "
        "and add both biases")

    values = nn.functional.linear(
        x, state["in_proj.weight"][2 * D:],
        state["in_proj.bias"][2 * D:])
    mean = values.mean(dim=1, keepdim=True).expand(B, L, D)
    state["in_proj.weight"][:2 * D] = 0
    state["in_proj.bias"][:2 * D] = 0
    state["out_proj.weight"] = torch.eye(
        D, dtype=torch.float64)
    state["out_proj.bias"][:] = 0
    layer.load_state_dict(state)
    same = layer(x)
    assert torch.allclose(
        same.flatten(1).sort().values,
        mean.flatten(1).sort().values
    ), ("without queries and keys each head gives the mean of its "
        "values: reshape to (B, L, 3h, d) before you permute, and hide "
        "no token")
    assert torch.allclose(same, mean), (
        "the heads are right and their merge is not: permute to "
        "(B, L, h, d) before the last reshape")
    assert torch.allclose(got, want), (
        "the weights differ: softmax of q kᵀ / √d over the keys, with "
        "the bias of queries")
    return f"all {want.numel()} outputs agree"
# --8<-- [end:check_multi_head_attention]
