"""What operations save for backward, and code that leaves it alone."""

from collections.abc import Callable

import torch


# --8<-- [start:saved_by]
def saved_by(f: Callable[[torch.Tensor], torch.Tensor],
             x: torch.Tensor) -> list[str]:
    """Tell which of the input and the output of `f` may not change.

    `x` is floating. The result names what `f(x)` has saved for its
    backward, as shown by a write to it.

    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks
    """
    saved = []
    for name in ["input", "output"]:
        inner = x.detach().requires_grad_().clone()
        output = f(inner)
        (inner if name == "input" else output).add_(1)
        try:
            output.sum().backward()
        except RuntimeError as error:
            if "inplace" not in str(error):
                raise
            saved.append(name)
    return saved
# --8<-- [end:saved_by]


# --8<-- [start:scale_by_count]
def scale_by_count(
        x: torch.Tensor, count: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `x` times `count`, and the next count, all of one shape."""
    return x * count, count + 1
# --8<-- [end:scale_by_count]


# --8<-- [start:assert_leaves_input_alone]
def assert_leaves_input_alone(
        f: Callable[[torch.Tensor], object], x: torch.Tensor) -> None:
    """Call `f` on a copy of floating `x`; it must not be written to.

    A write by `.data` or `.numpy()` is found by the numbers.

    Raises: AssertionError otherwise.

    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks
    """
    x = x.detach().requires_grad_().clone()
    before, numbers = x._version, x.detach().clone()
    f(x)
    now = x.detach()
    same = (now == numbers) | (now.isnan() & numbers.isnan())
    if x._version != before or not same.all():
        raise AssertionError("the input was written to:"
                             " a residual around this is wrong")
# --8<-- [end:assert_leaves_input_alone]
