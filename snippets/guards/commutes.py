"""A change of the input must change the output in a known way."""

from collections.abc import Callable
from typing import Any

import torch

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    judge,
    on_copies,
)


# --8<-- [start:commutes]
def commutes(
    call: Callable[..., Any],
    *inputs: torch.Tensor,
    before: Callable[..., Any],
    after: Callable[[Any], Any] = lambda output: output,
) -> None:
    """Check that `call(*before(*inputs))` is
    `after(call(*inputs))`.

    `call` takes tensors of any shapes and gives a tensor or a
    tuple of tensors. `before` gives the tensor or the tuple of
    tensors that `call` takes next. `after` changes the output
    to the one that is
    expected: by default it stays as it is. All runs in
    float64.

    Raises:
        AssertionError: the two are different, or of other
            shapes.
        Undecided: `before` changes nothing, the inputs do not
            change the output, `call` is random, or there are
            no numbers, or no tensors.
    """
    def widened(x: Any) -> torch.Tensor:
        if not isinstance(x, torch.Tensor):
            raise Undecided(
                "inputs and what before gives are tensors: put the "
                f"rest, such as this {type(x).__name__}, into call")
        if x.is_meta or not x.numel() or x.layout != torch.strided:
            raise Undecided(
                "an input is sparse, empty or on meta")
        wide = torch.complex128 if x.is_complex() else torch.float64
        is_whole = not (x.is_floating_point()
                        or x.is_complex())
        return x.detach().to(x.dtype if is_whole else wide)

    def moved(x: torch.Tensor) -> torch.Tensor:
        place = torch.arange(x.numel(), device=x.device)
        values = x.flatten()[place // 2]
        if x.is_floating_point() or x.is_complex():
            values = values * (0.75 +
                               (place + 1).double().cos() / 4)
        return values.view(x.shape)

    def own() -> Any:
        alone = [{place} for place in range(len(data))]
        for places in (set(range(len(data))), *alone):
            try:
                return after(call(*(
                    moved(x) if place in places else x.clone()
                    for place, x in enumerate(data))))
            except (RuntimeError, ValueError, IndexError) as error:
                refusal = error
        raise Undecided(
            "call refuses the inputs with values of other places, "
            f"or times 0.5 to 1: {refusal}") from refusal

    if not inputs:
        raise Undecided("there is no input")
    data = tuple(map(widened, inputs))
    with (torch.random.fork_rng(
            range(torch.cuda.device_count())),
          asserts_undecided(), on_copies(double=True)):
        given = before(*map(torch.clone, data))
    given = given if isinstance(given,
                                (tuple, list)) else (given,)
    changed = tuple(map(widened, given))
    if len(changed) == len(data) and all(
            a.shape == b.shape and ((a == b) | (a != a) & (b != b)).all()
            for a, b in zip(data, changed, strict=True)):
        raise Undecided(
            "before changes nothing in these inputs")
    judge(
        lambda: after(call(*map(torch.clone, data))), own=own,
        other=lambda: call(*map(torch.clone, changed)),
        reset=False, double=True,
        message="the output for before(inputs) is not after of the "
        "output: a softmax, mean or position along another axis, "
        "padding or an absent class that counts, a sum for a mean, or "
        "a relation that does not hold here")
# --8<-- [end:commutes]
