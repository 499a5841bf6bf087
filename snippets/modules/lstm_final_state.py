"""What an LSTM has read when it is done, and a test of it."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from snippets.guards.judge import Undecided


# --8<-- [start:final_state]
def final_state(
    lstm: nn.LSTM, x: torch.Tensor, lengths: list[int],
) -> torch.Tensor:
    """Return the last layer's state (B, directions * H) after
    x.

    lstm is batch first; x is (B, L, D), padded behind each
    length.

    Raises:
        TypeError: `lstm` is another layer, such as nn.GRU.
        ValueError: `lstm` is not batch first, or there are
            more or fewer lengths than samples.
        RuntimeError: torch's own, where a length or B is 0, a
            length is above L, or `x` has another dtype than
            the weights.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """
    if not isinstance(lstm, nn.LSTM):
        raise TypeError(f"{type(lstm).__name__} is no nn.LSTM")
    if not lstm.batch_first:
        raise ValueError("make the LSTM with batch_first=True")
    if len(lengths) != len(x):
        raise ValueError(
            f"{len(lengths)} lengths, {len(x)} samples")
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
    """Check that token 0 of x (B, L, D) reaches a summary
    (B, F).

    Over many tokens the gradient of a right model fades to 0,
    so give it at least 2 tokens and at most 50, in float32 or
    float64. For a maximum over tokens, give many samples:
    token 0 must be largest. Give numbers up to 10: larger ones
    saturate the gates of an LSTM.

    Raises:
        AssertionError: says which features ignore the token.
        Undecided: there are fewer or more tokens, or no
            samples, or x is float16, in which a gradient fades
            within 50 tokens, or a feature has no gradient and
            x has numbers above 10.
        RuntimeError: x has no gradient, or it is on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html

    >>> assert_first_token_read(lambda x: x.sum(1), torch.ones(1, 2, 3))
    """
    if not 2 <= x.shape[1] <= 50 or not x.numel():
        raise Undecided(
            f"{tuple(x.shape)}: give it 2 to 50 tokens")
    if x.dtype == torch.float16:
        raise Undecided(
            "float16 loses small gradients: use float32")
    x = x.detach().clone().requires_grad_()
    ignored = []
    with torch.enable_grad(), torch.random.fork_rng():
        sums = summarize(x).sum(dim=0).unbind()
    for feature, total in enumerate(sums):
        gradient, = torch.autograd.grad(total, x,
                                        retain_graph=True)
        if not gradient[:, 0].any():
            ignored.append(feature)
    if ignored and x.detach().abs().max() > 10:
        raise Undecided("no gradient: give numbers up to 10")
    assert not ignored, (
        f"features {ignored} of the summary ignore the first token")
# --8<-- [end:assert_first_token_read]
