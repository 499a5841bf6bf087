"""The chain that makes a layout, and the check of the exercise."""

from collections.abc import Callable, Sequence

import torch


# --8<-- [start:read_layout]
def read_layout(
        wanted: torch.Tensor) -> tuple[list[int], list[int]]:
    """Return `sizes` and `order` of the chain that gives
    `wanted`.

    `wanted` holds the numbers from 0 to n - 1, and it is
    torch.arange(n).reshape(sizes).permute(order).

    Raises: ValueError where no such chain gives `wanted`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.permute.html

    >>> read_layout(torch.tensor([[0, 3], [1, 4], [2, 5]]))
    ([2, 3], [1, 0])
    """
    n, axes = wanted.numel(), range(wanted.dim())
    steps = [
        int(wanted.select(axis, 1).flatten()[0])
        if n and wanted.shape[axis] > 1 else 0
        for axis in axes]
    slow_first = sorted(axes, key=lambda axis: -steps[axis])
    sizes = [wanted.shape[axis] for axis in slow_first]
    order = [slow_first.index(axis) for axis in axes]
    numbers = torch.arange(n,
                           device=wanted.device).reshape(sizes)
    if not torch.equal(
            numbers.permute(order).to(wanted), wanted):
        raise ValueError(
            "one reshape and one permute do not give this")
    return sizes, order
# --8<-- [end:read_layout]


# --8<-- [start:check_read_layout]
def check_read_layout(
    answer: Callable[[torch.Tensor],
                     tuple[Sequence[int], Sequence[int]]],
) -> str:
    """Make the chains that `answer` reads from seven layouts.

    Raises: AssertionError with a likely cause where a chain
        gives other numbers.
    """

    def chain(sizes: Sequence[int],
              order: Sequence[int]) -> torch.Tensor:
        n = int(torch.tensor(sizes).prod())
        return torch.arange(n).reshape(*sizes).permute(*order)

    layouts = [((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (0, 2, 1)),
               ((6,), (0,)), ((2, 3), (1, 0)),
               ((2, 2, 2), (1, 2, 0)),
               ((3, 2, 2, 5), (3, 1, 0, 2)),
               ((1, 3, 2), (2, 0, 1))]
    for made in layouts:
        # its strides tell nothing
        wanted = chain(*made).contiguous()
        shape, last = tuple(wanted.shape), wanted.dim() - 1
        given = answer(wanted.clone())
        sizes, order = ([int(x) for x in part]
                        for part in given)
        here = f"{shape} of numbers, sizes {sizes}, order {order}: "
        assert sorted(order) == list(range(last + 1)), (
            f"{here}`order` names each axis from 0 to {last} once")
        assert sorted(sizes) == sorted(shape), (
            f"{here}a permute keeps the sizes {sorted(shape)} and moves "
            "them; `sizes` must be these, in another order")
        causes = [
            (sizes, order, ""),
            (sizes, [
                order.index(axis) for axis in range(last + 1)],
             "this is the inverse order; permute takes the old axis of "
             "each new axis, and yours says where each old axis goes"
             ),
            (sizes[::-1], [last - axis for axis in order],
             "the fastest axis comes first; reshape wants the axis with "
             "the largest step first and with step 1 last"), ]
        cause = next(
            (says for *parts, says in causes
             if torch.equal(chain(*parts), wanted)),
            "the sizes stand as in the result; reshape comes before the "
            "permute, so sort them by their steps, the largest first"
            if sizes == list(shape) else
            "find the step along each axis of `wanted`, and sort the "
            "axes by it, the largest first: that is `sizes`")
        assert not cause, here + cause
    return f"all {len(layouts)} chains give their numbers"
# --8<-- [end:check_read_layout]
