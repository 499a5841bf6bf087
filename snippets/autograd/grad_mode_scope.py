"""A check that a generator leaves the mode of gradients as it was."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch


# --8<-- [start:keeps_grad_mode]
def keeps_grad_mode(items: Iterable[Any]) -> Iterator[Any]:
    """Pass on `items`, and check that making one keeps the mode.

    The mode is whether gradients are on in this thread. After an
    error, the mode is as it was before the item.

    Raises:
        AssertionError: gradients were turned on or off by an item, or
            by the end of the items.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html

    >>> list(keeps_grad_mode([1, 2]))
    [1, 2]
    """
    def switched(before: bool, what: str) -> None:
        after = torch.is_grad_enabled()
        if after != before:
            torch.set_grad_enabled(before)
            word = {True: "on", False: "off"}
            raise AssertionError(
                f"gradients were {word[before]}, and are {word[after]} "
                f"after {what}: no_grad around a yield, or "
                "set_grad_enabled")

    before = torch.is_grad_enabled()
    source = iter(items)
    switched(before, "iter()")
    number = 0
    while True:
        before = torch.is_grad_enabled()
        try:
            item = next(source)
        except StopIteration:
            switched(before, "the last item")
            return
        switched(before, f"item {number}")
        yield item
        number += 1
# --8<-- [end:keeps_grad_mode]
