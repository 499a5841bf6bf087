"""Causal masks, one for each function that takes them."""

import torch


# --8<-- [start:causal_keep]
def causal_keep(
        L: int, device: torch.device | str | None = None
) -> torch.Tensor:
    """Return (L, L), True where key j may be seen: j <= i.

    For `F.scaled_dot_product_attention`, on the device of the
    queries.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    >>> causal_keep(2)
    tensor([[ True, False],
            [ True,  True]])
    """
    return torch.ones(L, L, dtype=torch.bool,
                      device=device).tril()
# --8<-- [end:causal_keep]


# --8<-- [start:causal_hide]
def causal_hide(
        L: int, device: torch.device | str | None = None
) -> torch.Tensor:
    """Return (L, L), True where key j is hidden: j > i.

    For `nn.MultiheadAttention` and the layers of
    `nn.Transformer`, on the device of the queries.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html

    >>> causal_hide(2)
    tensor([[False,  True],
            [False, False]])
    """
    ones = torch.ones(L, L, dtype=torch.bool, device=device)
    return ones.triu(diagonal=1)
# --8<-- [end:causal_hide]


# --8<-- [start:to_additive]
def to_additive(
        mask: torch.Tensor, keeps: float,
        dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Turn a mask of two numbers into 0 where `keeps`, -inf
    elsewhere.

    `dtype` is that of the layer or of the queries.

    Raises:
        ValueError: `mask` holds more than two numbers, or two
            of which neither is `keeps`.
        RuntimeError: `mask` is on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    >>> to_additive(torch.tensor([1, 0]), keeps=1)
    tensor([0., -inf])
    """
    numbers = mask.unique()
    is_of_two = len(numbers) < 2 or (
        len(numbers) == 2 and bool((numbers == keeps).any()))
    if not is_of_two:
        raise ValueError(
            f"not a mask of two numbers, {keeps} and another")
    zeros = torch.zeros(mask.shape, dtype=dtype,
                        device=mask.device)
    return zeros.masked_fill(mask != keeps, float("-inf"))
# --8<-- [end:to_additive]
