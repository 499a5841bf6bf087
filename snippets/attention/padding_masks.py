"""Attention over padded keys, with nothing left of the padding."""

import torch
import torch.nn.functional as F


# --8<-- [start:attend_to_kept]
def attend_to_kept(
        q: torch.Tensor, k: torch.Tensor, v: torch.Tensor,
        keep: torch.Tensor) -> torch.Tensor:
    """Attend to the keys of each sample where `keep`.

    `q` (B, h, L, d), `k` (B, h, S, d), `v` (B, h, S, e),
    boolean `keep` (B, S); the result is (B, h, L, e). Padded
    keys and values may hold nan, and the scores of kept keys
    are finite. A sample without keys gives zeros. A nan in `q`
    reaches the gradients.

    Raises:
        TypeError: `keep` is not boolean.
        RuntimeError: torch's own, for example for integer `q`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    if keep.dtype != torch.bool:
        raise TypeError(f"keep is {keep.dtype}, not boolean")
    hide = ~keep[:, None, :, None]
    k, v = k.masked_fill(hide, 0), v.masked_fill(hide, 0)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=keep[:, None, None, :])
# --8<-- [end:attend_to_kept]


# --8<-- [start:open_empty_rows]
def open_empty_rows(hide: torch.Tensor) -> torch.Tensor:
    """Let samples without keys see the first: `hide` (B, S),
    as result.

    For `key_padding_mask` of `nn.MultiheadAttention`. The
    output of such a sample has no meaning. It is finite if its
    queries, its first key and its first value are.

    Raises: TypeError where `hide` is not boolean.
    Source: https://github.com/pytorch/pytorch/issues/27968

    >>> open_empty_rows(torch.tensor([[True, False], [True, True]]))
    tensor([[ True, False],
            [False,  True]])
    """
    if hide.dtype != torch.bool:
        raise TypeError(f"hide is {hide.dtype}, not boolean")
    is_first = torch.arange(hide.shape[-1],
                            device=hide.device) == 0
    return hide & ~(is_first & hide.all(dim=-1, keepdim=True))
# --8<-- [end:open_empty_rows]
