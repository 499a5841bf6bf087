"""What the exercise starts from."""

import torch


# --8<-- [start:causal_with_cache]
def causal_with_cache(
        q: torch.Tensor, k: torch.Tensor,
        v: torch.Tensor) -> torch.Tensor:
    """Attend causally, the last query standing at the last
    key.

    `q` (..., L, d), `k` (..., S, d), `v` (..., S, e) with L <=
    S; the result is (..., L, e).
    """
    raise NotImplementedError("a mask of L rows and S columns")
# --8<-- [end:causal_with_cache]
