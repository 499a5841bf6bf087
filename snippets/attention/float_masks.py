"""Causal masks, one for each function that takes them."""

import torch


# --8<-- [start:causal_keep]
def causal_keep(L: int) -> torch.Tensor:
    """Return (L, L), True where key j may be seen: j <= i.

    For `F.scaled_dot_product_attention`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    >>> causal_keep(2)
    tensor([[ True, False],
            [ True,  True]])
    """
    return torch.ones(L, L, dtype=torch.bool).tril()
# --8<-- [end:causal_keep]


# --8<-- [start:causal_hide]
def causal_hide(L: int) -> torch.Tensor:
    """Return (L, L), True where key j is hidden: j > i.

    For `nn.MultiheadAttention` and the layers of `nn.Transformer`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html

    >>> causal_hide(2)
    tensor([[False,  True],
            [False, False]])
    """
    return torch.ones(L, L, dtype=torch.bool).triu(diagonal=1)
# --8<-- [end:causal_hide]


# --8<-- [start:to_additive]
def to_additive(mask: torch.Tensor, keeps: float) -> torch.Tensor:
    """Turn a mask of two numbers into 0 where `keeps`, -inf elsewhere.

    `mask` has any shape and dtype; the result is float32.

    Raises: ValueError where `mask` holds more than two numbers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    >>> to_additive(torch.tensor([1, 0]), keeps=1)
    tensor([0., -inf])
    """
    if len(mask.unique()) > 2:
        raise ValueError("not a mask of two numbers")
    zeros = torch.zeros(mask.shape, device=mask.device)
    return zeros.masked_fill(mask != keeps, float("-inf"))
# --8<-- [end:to_additive]
