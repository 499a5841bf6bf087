"""One-hot encoding with the classes at axis 1, and a check of it."""

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:one_hot]
def one_hot(target: torch.Tensor,
            classes: int) -> torch.Tensor:
    """Encode int64 or int32 classes (N, ...) as floats
    (N, C, ...).

    One class, without axes, becomes (C,). The floats are of
    torch's default dtype.

    Raises: RuntimeError where `target` has elements of another
        dtype, or a class is not one of 0 to C - 1 (on meta
        torch does not look, on a GPU it ends the process).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html

    >>> one_hot(torch.tensor([1, 0]), 3)
    tensor([[0., 1., 0.],
            [1., 0., 0.]])
    """
    axis = min(1, target.dim())
    index = target.unsqueeze(axis)
    shape = (*target.shape[:axis], classes,
             *target.shape[axis:])
    encoded = torch.zeros(shape, device=target.device)
    return encoded.scatter(axis, index, 1)
# --8<-- [end:one_hot]


# --8<-- [start:assert_one_hot]
def assert_one_hot(
        encoded: torch.Tensor, target: torch.Tensor) -> None:
    """Compare `encoded` (N, C, ...) with its classes, `target`
    (N, ...).

    Raises:
        AssertionError: a sample has not its class only, or its
            class is not one of 0 to C - 1.
        Undecided: there is no sample, or it is on meta.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
    """
    if target.is_meta or not target.numel():
        raise Undecided("there is no sample to compare")
    classes = torch.arange(encoded.shape[1],
                           device=target.device)
    last = target.unsqueeze(-1) == classes
    if not last.any(-1).all() or not torch.equal(
            encoded, last.movedim(-1, 1).to(encoded.dtype)):
        raise AssertionError(
            "not one class for each sample:"
            " is the index along the class axis?")
# --8<-- [end:assert_one_hot]
