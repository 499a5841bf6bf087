"""float8 with a scale, so that nothing overflows or vanishes."""

import torch


# --8<-- [start:to_float8]
def to_float8(
    x: torch.Tensor,
    dtype: torch.dtype = torch.float8_e4m3fn,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `x` in float8 and a float32 scale of no axes.

    `values.float() * scale` is about `x`. The largest number
    of `x` becomes the largest of `dtype`, such as 448, unless
    all numbers are below 1e-33 in size: then the scale stays
    at 1.2e-38.

    Raises:
        ValueError: `x` holds nan, inf or a number beyond
            float32, or no number, or is not of floating dtype;
            or `dtype` is not float8 with a sign.
        RuntimeError: `x` is on meta.

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.dtype

    >>> values, scale = to_float8(torch.tensor([1000.0, -0.001]))
    >>> values.dtype, round((values.float() * scale)[0].item(), 2)
    (torch.float8_e4m3fn, 1000.0)
    """
    if (not dtype.is_floating_point or not dtype.is_signed
            or not str(dtype).startswith("torch.float8_")
            or torch.finfo(dtype).eps >= 1):
        raise ValueError("dtype must be float8 with a sign")
    if not x.is_floating_point() or not x.numel():
        raise ValueError("x must hold floats, at least one")
    wide = x.detach().float()
    largest = wide.abs().amax()
    if not largest.isfinite():
        raise ValueError(
            "x holds nan, inf or a number beyond float32")
    limit = torch.finfo(dtype).max
    scale = (largest / limit).clamp(
        min=torch.finfo(torch.float32).tiny)
    return (wide / scale).clamp(-limit, limit).to(dtype), scale
# --8<-- [end:to_float8]
