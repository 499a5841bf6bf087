"""One logit or two: binary cross-entropy as a cross-entropy."""

import torch


# --8<-- [start:two_logits]
def two_logits(logit: torch.Tensor) -> torch.Tensor:
    """Put a zero for class 0 in front: `logit` (N) becomes
    (N, 2).

    With more axes, (N, ...) becomes (N, 2, ...).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html

    >>> two_logits(torch.tensor([3, -1]))
    tensor([[ 0,  3],
            [ 0, -1]])
    """
    return torch.stack((torch.zeros_like(logit), logit), dim=1)
# --8<-- [end:two_logits]


# --8<-- [start:one_logit]
def one_logit(logits: torch.Tensor) -> torch.Tensor:
    """Return class 1 minus class 0: `logits` (N, 2) become
    (N).

    In float16 a difference beyond 65504 becomes infinite, and
    BCE of it can be nan: cast to float32 first.

    Raises: ValueError unless there are two classes, TypeError
        unless the logits are of floating dtype, RuntimeError
        where they are float8 and not on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    >>> one_logit(torch.tensor([[5.0, 8.0], [1.0, 0.0]]))
    tensor([ 3., -1.])
    """
    if logits.dim() != 2 or logits.shape[1] != 2:
        raise ValueError(f"not (N, 2): {tuple(logits.shape)}")
    if not logits.is_floating_point():
        raise TypeError(f"{logits.dtype} holds no logits")
    return logits[:, 1] - logits[:, 0]
# --8<-- [end:one_logit]


# --8<-- [start:two_probabilities]
def two_probabilities(target: torch.Tensor) -> torch.Tensor:
    """Return `(1 - t, t)` for `target` (N) in [0, 1], as
    (N, 2).

    With more axes, (N, ...) becomes (N, 2, ...).

    Raises: TypeError unless the target is of floating dtype,
        RuntimeError where it is float8 and not on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    >>> two_probabilities(torch.tensor([1.0, 0.25]))
    tensor([[0.0000, 1.0000],
            [0.7500, 0.2500]])
    """
    if not target.is_floating_point():
        raise TypeError(
            f"{target.dtype} holds no probabilities")
    return torch.stack((1 - target, target), dim=1)
# --8<-- [end:two_probabilities]
