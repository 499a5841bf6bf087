"""What operations save for backward, and code that leaves it alone."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided, on_copies


# --8<-- [start:saved_by]
def saved_by(f: Callable[[torch.Tensor], torch.Tensor],
             x: torch.Tensor) -> list[str]:
    """Tell which of the input and the output of `f` may not
    change.

    The result names what `f(x)` has saved for its backward, as
    shown by a write to it. `f` has no parameters of its own,
    and gives a tensor that may be written to, so no part from
    `chunk`.

    Raises: RuntimeError where `x` is of a dtype that has no
        gradient, or the result does not depend on it.

    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks
    """
    saved = []
    for name in ["input", "output"]:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            inner = leaf.clone()
            output = f(inner)
            (inner if name == "input" else output).add_(1)
        try:
            torch.autograd.grad(output, leaf,
                                torch.ones_like(output))
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
    """Return `x` times `count`, and the next count, all of one
    shape."""
    return x * count, count + 1
# --8<-- [end:scale_by_count]


# --8<-- [start:assert_leaves_input_alone]
def assert_leaves_input_alone(
        f: Callable[[torch.Tensor], object],
        x: torch.Tensor) -> None:
    """Call `f` on a copy of `x`, which must not be written to.

    `x` is dense. A write by `.data` or `.detach().numpy()` is
    found where it changes the numbers. Modules in `f` are
    called as copies, under a forked random state.

    Raises:
        AssertionError: `f` wrote to its input.
        Undecided: `x` is on meta and holds no numbers.

    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks
    """
    if x.is_meta:
        raise Undecided("x is on meta and holds no numbers")
    grad = torch.is_grad_enabled()
    devices = range(torch.cuda.device_count())
    # an inference tensor counts no writes
    with (torch.inference_mode(False),
          torch.set_grad_enabled(grad)):
        x = x.detach().clone()
        if x.is_floating_point() or x.is_complex():
            # no leaf: f may write to it
            x = x.requires_grad_().clone()
        before, numbers = x._version, x.detach().clone()
        with on_copies(), torch.random.fork_rng(devices):
            f(x)
    now = x.detach()
    same = now.shape == numbers.shape and torch.all(
        (now == numbers) | (now.isnan() & numbers.isnan()))
    if x._version != before or not same:
        raise AssertionError(
            "the input was written to:"
            " a residual around this is wrong")
# --8<-- [end:assert_leaves_input_alone]
