"""The dtype of a result, and work on small integers that is exact."""

import functools
from collections.abc import Callable

import torch


# --8<-- [start:difference]
def difference(
    after: torch.Tensor, before: torch.Tensor
) -> torch.Tensor:
    """Return `after - before`, both uint8 and (...), as int16 (...).

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html

    >>> x = torch.tensor([0, 255], dtype=torch.uint8)
    >>> difference(x, x.flip(0))
    tensor([-255,  255], dtype=torch.int16)
    """
    return after.to(torch.int16) - before.to(torch.int16)
# --8<-- [end:difference]


# --8<-- [start:promoted]
def promoted(*operands: torch.Tensor | float) -> torch.dtype:
    """Return the dtype of, say, the sum of real tensors and numbers.

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    groups: list[list[torch.dtype]] = [[], [], []]
    for x in operands:
        if isinstance(x, torch.Tensor):
            groups[0 if x.dim() else 1].append(x.dtype)
        else:
            groups[2].append(torch.tensor(x).dtype)
    highest, result = -1, torch.bool
    for group in filter(None, groups):
        dtype = functools.reduce(torch.promote_types, group)
        category = (dtype != torch.bool) + dtype.is_floating_point
        if category > highest:
            highest, result = category, dtype
    return result
# --8<-- [end:promoted]


# --8<-- [start:assert_agrees_with_float64]
def assert_agrees_with_float64(
    compute: Callable[..., torch.Tensor], *inputs: torch.Tensor
) -> None:
    """Fail where `compute` gives other numbers than on float64 inputs.

    `inputs` are those of a real call, extremes among them. Leave out
    what must stay an integer: indices, class targets, masks.

    Raises: AssertionError with the first two numbers that differ.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    exact = compute(*(x.double() for x in inputs)).double()
    result = compute(*inputs)
    tolerance = 0.0
    if result.is_floating_point():
        tolerance = 100 * torch.finfo(result.dtype).eps
    close = torch.isclose(
        result.double(), exact, rtol=tolerance, atol=tolerance)
    if not close.all():
        got, want = (x[~close][0].item() for x in (result, exact))
        raise AssertionError(
            f"{got} in {result.dtype} is {want} in float64: an integer "
            "wrapped, a fraction was cut or a float overflowed")
# --8<-- [end:assert_agrees_with_float64]
