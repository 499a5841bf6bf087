"""A check that a generator leaves the mode of gradients as it was."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import torch


# --8<-- [start:keeps_grad_mode]
def keeps_grad_mode(items: Iterable[Any]) -> Iterator[Any]:
    """Pass on `items`, and check that making one keeps the
    mode.

    The mode is whether gradients are on in this thread. After
    an error, the mode is as it was before the item.

    Raises:
        AssertionError: gradients were turned on or off by an
            item, or by the end of the items.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html

    >>> list(keeps_grad_mode([1, 2]))
    [1, 2]
    """
    end = object()

    def checked(make: Callable[[], Any], what: str) -> Any:
        before = torch.is_grad_enabled()
        try:
            made = make()
            after = torch.is_grad_enabled()
        finally:
            torch.set_grad_enabled(before)
        word = {True: "on", False: "off"}
        if after != before:
            raise AssertionError(
                f"gradients were {word[before]}, and are {word[after]} "
                f"after {'the last item' if made is end else what}: "
                "no_grad around a yield, or set_grad_enabled")
        return made

    source = checked(lambda: iter(items), "iter()")
    for number in count():
        item = checked(lambda: next(source, end),
                       f"item {number}")
        if item is end:
            return
        yield item
# --8<-- [end:keeps_grad_mode]
