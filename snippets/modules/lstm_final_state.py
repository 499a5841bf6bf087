"""What an LSTM has read when it is done, and a test of it."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


# --8<-- [start:final_state]
def final_state(
    lstm: nn.LSTM, x: torch.Tensor, lengths: list[int],
) -> torch.Tensor:
    """Return the last layer's state (B, directions * H) after x.

    lstm is batch first; x is (B, L, D), padded behind each length.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """
    packed = pack_padded_sequence(
        x, lengths, batch_first=True, enforce_sorted=False)
    _, (h_n, _) = lstm(packed)
    directions = 2 if lstm.bidirectional else 1
    return torch.cat(list(h_n[-directions:]), dim=-1)
# --8<-- [end:final_state]


# --8<-- [start:assert_first_token_read]
def assert_first_token_read(
    summarize: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
) -> None:
    """Check that token 0 of x (B, L, D) reaches a summary (B, F).

    Raises: AssertionError with the features that ignore it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html

    >>> assert_first_token_read(lambda x: x.sum(1), torch.ones(1, 2, 3))
    """
    x = x.detach().clone().requires_grad_()
    ignored = []
    for feature, column in enumerate(summarize(x).unbind(dim=1)):
        gradient, = torch.autograd.grad(
            column.sum(), x, retain_graph=True)
        if not gradient[:, 0].any():
            ignored.append(feature)
    assert not ignored, (
        f"features {ignored} of the summary ignore the first token")
# --8<-- [end:assert_first_token_read]
