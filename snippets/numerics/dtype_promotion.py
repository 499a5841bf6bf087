"""The dtype of a result, and work on small integers that is exact."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:difference]
def difference(
    after: torch.Tensor, before: torch.Tensor
) -> torch.Tensor:
    """Return `after - before` (...), computed in at least
    int16.

    Exact for uint8, int8 and bool. The dtype of the result is
    what `torch.promote_types` gives for both dtypes and int16.

    Raises: RuntimeError where torch promotes no such pair, as
    for float8 or for uint16, uint32 and uint64.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html

    >>> x = torch.tensor([0, 255], dtype=torch.uint8)
    >>> difference(x, x.flip(0))
    tensor([-255,  255], dtype=torch.int16)
    """
    wide = torch.promote_types(after.dtype, before.dtype)
    wide = torch.promote_types(wide, torch.int16)
    return after.to(wide) - before.to(wide)
# --8<-- [end:difference]


# --8<-- [start:promoted]
def promoted(
    a: torch.Tensor | float, b: torch.Tensor | float
) -> torch.dtype:
    """Return the dtype of, say, the sum of two real operands.

    Tensors with axes are of group 0, tensors without axes of
    group 1, and Python numbers of group 2.

    Raises: RuntimeError where torch promotes no such pair, as
    most with float8 or with uint16, uint32 and uint64.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    groups, dtypes = [], []
    for x in (a, b):
        if isinstance(x, torch.Tensor):
            groups.append(0 if x.dim() else 1)
            dtypes.append(x.dtype)
        else:
            groups.append(2)
            is_float = isinstance(x, float)
            dtypes.append(torch.get_default_dtype() if is_float
                          else torch.tensor(x).dtype)
    if groups[0] > groups[1]:
        dtypes.reverse()
    kinds = [(dtype != torch.bool) + dtype.is_floating_point
             for dtype in dtypes]
    if groups[0] == groups[1] or kinds[1] > kinds[0]:
        return torch.promote_types(*dtypes)
    return dtypes[0]
# --8<-- [end:promoted]


# --8<-- [start:assert_agrees_with_float64]
def assert_agrees_with_float64(
    compute: Callable[..., torch.Tensor], *inputs: torch.Tensor
) -> None:
    """Fail where `compute` gives other numbers than on float64
    inputs.

    `inputs` are those of a real call, extremes among them.
    Leave out what must stay an integer: indices, class
    targets, masks. Floats may differ by 16 roundings of their
    own size, so leave out a difference of two nearly equal
    numbers. float64 must hold all integers on the way: it does
    up to 2**53.

    Raises: AssertionError with the first two numbers that
    differ; TypeError for complex inputs; Undecided where the
    result has no elements or is on meta, where all inputs are
    of float64 already, or where the numbers differ and an
    integer input is above 2**53.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    if any(x.is_complex() for x in inputs):
        raise TypeError("give real inputs")
    if all(x.dtype == torch.float64 for x in inputs):
        raise Undecided("all inputs are of float64 already")
    exact = compute(*(x.to(torch.float64, copy=True)
                      for x in inputs))
    result, exact = compute(*(x.clone() for x in inputs)), exact.double()
    if not result.numel() or result.is_meta:
        raise Undecided("the result has no numbers to compare")
    tolerance = least = 0.0
    if result.is_floating_point():
        tolerance = 16 * torch.finfo(result.dtype).eps
        least = 16 * torch.finfo(result.dtype).smallest_normal
    close = torch.isclose(result.double(), exact,
                          rtol=tolerance, atol=least,
                          equal_nan=True)
    if not close.all():
        if any((x.double().abs() > 2**53).any() for x in inputs
               if not x.is_floating_point()):
            raise Undecided(
                "float64 does not hold inputs above 2**53")
        got, want = (x[~close][0].item()
                     for x in (result, exact))
        raise AssertionError(
            f"{got} in {result.dtype} is {want} in float64: an integer "
            "wrapped, a fraction was cut or a float overflowed")
# --8<-- [end:assert_agrees_with_float64]
