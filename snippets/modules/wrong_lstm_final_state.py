"""States of an LSTM that are not its final state."""

import torch
from torch import nn


# --8<-- [start:last_column]
def last_column(lstm: nn.LSTM,
                x: torch.Tensor) -> torch.Tensor:
    """Return (B, directions * H); backward took one step."""
    output: torch.Tensor = lstm(x)[0]
    return output[:, -1]
# --8<-- [end:last_column]


# --8<-- [start:state_by_reshape]
def state_by_reshape(lstm: nn.LSTM,
                     x: torch.Tensor) -> torch.Tensor:
    """Return (B, 2 * H) whose rows mix samples, for two
    directions."""
    h_n: torch.Tensor = lstm(x)[1][0]
    return h_n.reshape(len(x), -1)
# --8<-- [end:state_by_reshape]
