"""The dtype of a result, and work on small integers that is exact."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


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
def promoted(
    a: torch.Tensor | float, b: torch.Tensor | float
) -> torch.dtype:
    """Return the dtype of, say, the sum of two real operands.

    Raises: RuntimeError where torch promotes no such pair, as most
    with float8 or with uint16, uint32 and uint64.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    ranks, dtypes = [], []
    for x in (a, b):
        if isinstance(x, torch.Tensor):
            ranks.append(0 if x.dim() else 1)
            dtypes.append(x.dtype)
        else:
            ranks.append(2)
            is_float = isinstance(x, float)
            dtypes.append(torch.get_default_dtype() if is_float
                          else torch.tensor(x).dtype)
    if ranks[0] > ranks[1]:
        dtypes.reverse()
    kinds = [(dtype != torch.bool) + dtype.is_floating_point
             for dtype in dtypes]
    if ranks[0] == ranks[1] or kinds[1] > kinds[0]:
        return torch.promote_types(*dtypes)
    return dtypes[0]
# --8<-- [end:promoted]


# --8<-- [start:assert_agrees_with_float64]
def assert_agrees_with_float64(
    compute: Callable[..., torch.Tensor], *inputs: torch.Tensor
) -> None:
    """Fail where `compute` gives other numbers than on float64 inputs.

    `inputs` are those of a real call, extremes among them. Leave out
    what must stay an integer: indices, class targets, masks. Floats
    may differ by 16 roundings of their own size, so leave out a
    difference of two nearly equal numbers.

    Raises: AssertionError with the first two numbers that differ;
    Undecided where the result has no elements.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    exact = compute(*(x.double() for x in inputs)).double()
    result = compute(*inputs)
    if not result.numel():
        raise Undecided("the result has no elements")
    tolerance = least = 0.0
    if result.is_floating_point():
        tolerance = 16 * torch.finfo(result.dtype).eps
        least = 16 * torch.finfo(result.dtype).smallest_normal
    close = torch.isclose(result.double(), exact, rtol=tolerance,
                          atol=least, equal_nan=True)
    if not close.all():
        got, want = (x[~close][0].item() for x in (result, exact))
        raise AssertionError(
            f"{got} in {result.dtype} is {want} in float64: an integer "
            "wrapped, a fraction was cut or a float overflowed")
# --8<-- [end:assert_agrees_with_float64]
