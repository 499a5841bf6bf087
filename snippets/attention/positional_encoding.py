"""Sinusoidal positions for tokens along the second axis."""

import torch
from torch import Tensor


# --8<-- [start:sinusoidal_positions]
def sinusoidal_positions(tokens: int, features: int) -> Tensor:
    """The table (tokens, features), to add to
    (batch, tokens, features).

    It is float32 on the default device: move it with `.to(x)`.

    Raises:
        ValueError: a size is negative, or there is no feature.
    Source: Vaswani et al., 2017, section 3.5.
    """
    if tokens < 0 or features < 1:
        raise ValueError(
            f"wanted tokens >= 0 and features >= 1, "
            f"not {tokens} and {features}")
    position = torch.arange(tokens, dtype=torch.float32)[:, None]
    even = torch.arange(0, features, 2, dtype=torch.float32)
    angle = position * 10_000 ** (-even / features)
    table = torch.empty(tokens, features, dtype=torch.float32)
    table[:, 0::2] = angle.sin()
    table[:, 1::2] = angle[:, :features // 2].cos()
    return table
# --8<-- [end:sinusoidal_positions]
