"""A batch of masks that can be written to, and a check that it can."""

import torch


# --8<-- [start:mask_first_sample]
def mask_first_sample(mask: torch.Tensor,
                      batch: int) -> torch.Tensor:
    """Return `mask` (T,) for each sample: (batch, T).

    The first sample is 0 from place T // 2 on. `mask` stays as
    it is.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html
    """
    masks = mask.expand(batch, -1).clone()
    masks[:1, len(mask) // 2:] = 0
    return masks
# --8<-- [end:mask_first_sample]


# --8<-- [start:assert_own_memory]
def assert_own_memory(x: torch.Tensor) -> None:
    """Look for two elements of `x` that lie in one place of
    memory.

    `x` is strided, not sparse.

    Raises: AssertionError where `x` is an expanded tensor, or
    where its elements overlap as windows of `Tensor.unfold`
    do.

    Source: https://docs.pytorch.org/docs/stable/tensor_view.html

    >>> assert_own_memory(torch.ones(1, 4).expand(1, 4))
    """
    axes = list(zip(x.stride(), x.shape, strict=True))
    for axis, (stride, size) in enumerate(axes):
        if size > 1 and stride == 0 and x.numel():
            raise AssertionError(
                f"axis {axis} has size {size} and stride 0:"
                " an expanded tensor, clone it before writing")
    reach, nested = 0, True
    for stride, size in sorted(axes):
        if size > 1:  # each step leaps over what lies below it
            nested = nested and stride > reach
            reach += stride * (size - 1)
    if nested:
        return
    places = torch.zeros(1, dtype=torch.int64)
    for stride, size in axes:
        steps = torch.arange(size) * stride
        places = (places[:, None] + steps).flatten()
    if places.unique().numel() < places.numel():
        raise AssertionError(
            "elements overlap in memory,"
            " clone the tensor before writing")
# --8<-- [end:assert_own_memory]
