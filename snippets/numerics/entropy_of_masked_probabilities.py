"""The entropy of a softmax in which probabilities may be 0."""

import math

import torch


# --8<-- [start:entropy]
def entropy(logits: torch.Tensor,
            dim: int = -1) -> torch.Tensor:
    """Return the entropy, in nats, of the softmax over `dim`.

    `logits` are floats; where one is -inf, its class has
    probability 0, adds 0 and gets the gradient 0. A row of
    -inf alone gives nan.

    Raises: NotImplementedError where the logits are not
    floats.
    Source: https://github.com/huggingface/trl/issues/7221
    """
    logp = logits.log_softmax(dim)
    finite = logp.masked_fill(logp == -math.inf, 0)
    return -(logp.exp() * finite).sum(dim)
# --8<-- [end:entropy]
