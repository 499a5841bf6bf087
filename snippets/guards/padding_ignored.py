"""Neither the values nor the amount of padding may matter."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from snippets.guards.judge import (
    Undecided,
    check_dense,
    judge,
    tensors_along,
)


# --8<-- [start:padding_values_ignored]
def padding_values_ignored(
    call: Callable[[torch.Tensor, torch.Tensor], Any],
    x: torch.Tensor,
    keep: torch.Tensor,
    *,
    pooled: bool = False,
) -> None:
    """Check that what stands in padded places does not matter.

    `x` is (B, L, ...), and `keep` (B, L) is False or 0 where
    it is padded. `call(x, keep)`, with `keep` as booleans,
    gives a tensor or a tuple of tensors (B, L, ...), or
    (B, ...) with `pooled=True`. Outputs in padded places are
    not compared. Padding is filled with real places of the
    first samples, then of the last ones (floats: with a number
    above all). A maximum over the ids of one sample may pass.

    Raises:
        AssertionError: an output changes with a padded place.
        Undecided: an output has no axis L or ignores the real
            places, or `x` has no padding that could be
            changed.
    """
    check_dense(x, keep)
    if keep.dim() != 2 or x.shape[:2] != keep.shape:
        raise Undecided("keep is (B, L), and x is (B, L, ...)")
    keep = keep.bool()
    if not x.numel() or keep.all() or not keep.any():
        raise Undecided("keep must hold True and False")
    real, hidden = x[keep], x[~keep]
    own, others = x.clone(), [x.clone(), x.clone()]
    own[keep] = real[:1].expand_as(real)
    places = torch.arange(len(hidden),
                          device=x.device) % len(real)
    others[0][~keep] = real[places]
    # a maximum of copies is not above theirs
    others[1][~keep] = (
        2 * real.amax() - real.amin() if x.is_floating_point()
        else real.flip(0)[places])
    if all(torch.equal(other, x) for other in others):
        raise Undecided(
            "the padding already holds real values")

    def run(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        result = call(x.clone(), keep.clone())
        if pooled:
            return tensors_along(result, 0, keep.shape[0])
        outputs = tensors_along(result, 1, keep.shape[1])
        return tuple(output[keep] for output in outputs)

    judge(
        lambda: run(x) * len(others),
        own=lambda: run(own) * len(others),
        other=[partial(run, other) for other in others],
        message=[
            "padded places reach the output: a mask left out, inverted "
            "or of queries instead of keys, a mean or statistics over "
            "all places, or a recurrent layer that reads padding",
        ] * len(others))
# --8<-- [end:padding_values_ignored]


# --8<-- [start:padding_length_ignored]
def padding_length_ignored(
    call: Callable[[torch.Tensor, torch.Tensor], Any],
    x: torch.Tensor,
    keep: torch.Tensor,
    *,
    pooled: bool = False,
    pad: float = 0,
    extra: int = 3,
    left: bool = False,
) -> None:
    """Check that `extra` more places of padding, 1 or more, do
    nothing.

    `call`, `x`, `keep` and `pooled` are those of
    `padding_values_ignored`; the new places hold `pad`, and
    stand on the right, or with `left=True` on the left. It
    runs on copies of the modules, with floats in float64.

    Raises:
        AssertionError: an output changes with the padded
            length.
        Undecided: `extra` is below 1, the call is random,
            takes no more places, or an output has no axis of
            the padded length or ignores the real places.
    """
    check_dense(x, keep)
    if keep.dim() != 2 or x.shape[:2] != keep.shape:
        raise Undecided("keep is (B, L), and x is (B, L, ...)")
    x = x.double() if x.is_floating_point() else x
    keep = keep.bool()
    if not keep.any():
        raise Undecided("keep must hold True")
    if extra < 1:
        raise Undecided("extra must be 1 or more")
    B = keep.shape[0]
    padding = x.new_full((B, extra, *x.shape[2:]), pad)
    places = keep.new_zeros(B, extra)
    longer = torch.cat([padding, x] if left else [x, padding],
                       dim=1)
    still = torch.cat(
        [places, keep] if left else [keep, places], dim=1)
    own = x.clone()
    own[keep] = x[keep][:1].expand_as(x[keep])

    def run(x: torch.Tensor, keep: torch.Tensor) -> Any:
        result = call(x.clone(), keep.clone())
        if pooled:
            return tensors_along(result, 0, B)
        outputs = tensors_along(result, 1, keep.shape[1])
        return tuple(output[keep] for output in outputs)

    def run_longer() -> Any:
        try:
            return run(longer, still)
        except (IndexError, RuntimeError) as error:
            raise Undecided(
                f"the call takes no {extra} places more: make `extra` "
                f"smaller or x shorter ({error})") from error

    judge(
        partial(run, x, keep), own=partial(run, own, keep),
        other=run_longer, reset=False, double=True,
        message="more padding changes the output: a division by the "
        "padded length, a last step read from the padding, or "
        "positions counted from the end")
# --8<-- [end:padding_length_ignored]
