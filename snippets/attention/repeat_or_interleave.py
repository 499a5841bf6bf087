"""Copies of keys or masks, one for each head that needs one."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:repeat_kv]
def repeat_kv(kv: torch.Tensor, groups: int) -> torch.Tensor:
    """Give each of (B, h, S, d) to `groups` heads:
    (B, h*groups, S, d).

    Head n of the result is head n // groups of `kv`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html

    >>> repeat_kv(torch.tensor([7, 8]).view(1, 2, 1, 1), 2).flatten()
    tensor([7, 7, 8, 8])
    """
    return kv.repeat_interleave(groups, dim=1)
# --8<-- [end:repeat_kv]


# --8<-- [start:mask_for_folded_heads]
def mask_for_folded_heads(
        mask: torch.Tensor, num_heads: int) -> torch.Tensor:
    """Repeat `mask` (B, L, S) for samples folded with heads:
    (B*h, L, S).

    Row b * h + n is the mask of sample b, as
    `nn.MultiheadAttention` and `x.view(B * h, L, d)` from
    (B, h, L, d) want it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
    """
    return mask.repeat_interleave(num_heads, dim=0)
# --8<-- [end:mask_for_folded_heads]


# --8<-- [start:assert_head_sees]
def assert_head_sees(
        expand: Callable[[torch.Tensor], torch.Tensor],
        kv_heads: int, heads: int) -> None:
    """Fail unless head n gets the keys of head n * kv_heads //
    heads.

    `expand` takes (1, kv_heads, 1, 1) to (1, heads, 1, 1),
    where heads is a multiple of kv_heads.

    Raises:
        AssertionError: names the heads that were given.
        Undecided: one head of keys, or one for each head, has
            no order.
        ValueError: heads is no multiple of kv_heads.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    if kv_heads < 1 or heads < 1 or heads % kv_heads:
        raise ValueError(
            f"{heads} heads cannot share {kv_heads}")
    numbered = torch.arange(kv_heads).view(1, kv_heads, 1, 1)
    given = expand(numbered).flatten().tolist()
    wanted = [n * kv_heads // heads for n in range(heads)]
    if kv_heads == 1 and given == wanted:
        raise Undecided(
            f"with 1 head of keys for {heads} heads, "
            "any order is right")
    if kv_heads == heads and given == wanted:
        raise Undecided("each head has keys of its own")
    assert given == wanted, (
        f"the {heads} heads get the keys of {given}, not of {wanted}: "
        f"repeat in the place of repeat_interleave?")
# --8<-- [end:assert_head_sees]
