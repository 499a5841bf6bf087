"""A causal mask and a padding mask in one."""

import torch


# --8<-- [start:causal_padding_mask]
def causal_padding_mask(keep: torch.Tensor) -> torch.Tensor:
    """Return where a query sees a key: earlier, and no
    padding.

    `keep` (B, L) is boolean, True at real tokens. The result
    (B, 1, L, L) is boolean, for scores (B, heads, L, L).

    Raises: ValueError where `keep` is not boolean, or not
    (B, L).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    if keep.dtype != torch.bool or keep.dim() != 2:
        raise ValueError(f"keep must be booleans (B, L), not "
                         f"{keep.dtype} {tuple(keep.shape)}")
    L = keep.shape[1]
    causal = torch.ones(L, L, dtype=torch.bool,
                        device=keep.device)
    return keep[:, None, None, :] & causal.tril()
# --8<-- [end:causal_padding_mask]
