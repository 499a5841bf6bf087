"""A guard for layouts: there, back, and each number in its place."""

from collections.abc import Callable, Collection

import torch

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
)


# --8<-- [start:round_trip]
def round_trip(
        there: Callable[[torch.Tensor], torch.Tensor],
        back: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor, *,
        spec: Callable[[torch.Tensor], torch.Tensor],
        alike: Collection[int] = ()) -> None:
    """Check that `there` does what `spec` does, and `back`
    undoes it.

    `x` holds different numbers, and its axes have different
    sizes but for those named in `alike`. `spec` is `there`,
    slow and plain: loops and slices. Numbers are compared
    exactly; where dtypes differ, in float64. `x` may have any
    dtype that torch can compare: all but float8, smaller ones
    and complex32.

    Raises:
        AssertionError: a number is not where `spec` puts it,
            or `back` does not bring it home.
        Undecided: with this `x`, a wrong layout could pass, or
            `x` has nan, a dtype that cannot be compared, or no
            numbers (meta), or a function gives no tensor, or
            an `assert` in it fails.
    """

    def first_gap(got: torch.Tensor,
                  want: torch.Tensor) -> str:
        if got.shape != want.shape:
            return f"shape {tuple(got.shape)} for {tuple(want.shape)}"
        if got.dtype != want.dtype:
            wide = (torch.complex128 if got.is_complex()
                    or want.is_complex() else torch.float64)
            got, want = got.cpu().to(wide), want.cpu().to(wide)
        wrong = (got != want).nonzero()
        if not len(wrong):
            return ""
        at = tuple(wrong[0].tolist())
        return (
            f"{len(wrong)} of {want.numel()} numbers are misplaced, "
            f"first at {at}: {got[at].item()} for {want[at].item()}")

    check_dense(x)
    sizes = [n for i, n in enumerate(x.shape)
             if i not in alike and i - x.dim() not in alike]
    if min(x.shape, default=0) < 2 or len(
            set(sizes)) < len(sizes):
        raise Undecided(
            f"axes of size {tuple(x.shape)}: a swap would "
            "not show; make all differ, none below 2, or "
            "name axes that must be alike in `alike`")
    small = x.dtype.itemsize == 1 and x.is_floating_point()
    if small or x.dtype == torch.complex32:
        raise Undecided(
            f"numbers of {x.dtype} on {x.device} cannot "
            "be compared; take torch.arange")
    if x.isnan().any():
        raise Undecided(
            "nan is not equal to itself; take torch.arange")
    flat = torch.view_as_real(
        x.resolve_conj()) if x.is_complex() else x
    flat = flat.reshape(x.numel(), -1)
    if len(flat.unique(dim=0)) < len(flat):
        raise Undecided(
            "numbers repeat, so a swap would not show; "
            "take torch.arange")
    with (torch.random.fork_rng(range(
            torch.cuda.device_count())), asserts_undecided()):
        want, got = spec(x.clone()), there(x.clone())
        if not isinstance(want, torch.Tensor):
            raise Undecided("spec gives no tensor")
        check_dense(want)
        home = back(want.clone())
    if not isinstance(got, torch.Tensor) or (
            not isinstance(home, torch.Tensor)):
        raise Undecided("there or back gives no tensor")
    check_dense(got, home)
    if torch.equal(want.flatten(), x.flatten()):
        raise Undecided(
            "spec keeps the order of memory, so a reshape "
            "alone would pass; take other sizes")
    gap = first_gap(got, want)
    if gap:
        raise AssertionError(
            f"there: {gap}; a reshape where axes must be permuted "
            "first, or axes in another order")
    gap = first_gap(home, x)
    if gap:
        raise AssertionError(
            f"back: {gap}; axes split or permuted in another order "
            "than there")
# --8<-- [end:round_trip]
