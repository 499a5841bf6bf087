"""Which tensors share memory, and when a view can exist."""

from itertools import pairwise

import torch


# --8<-- [start:shares_storage]
def shares_storage(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Tell whether `a` and `b`, of any shapes, lie in one storage.

    Two parts of one storage count as sharing even where they do not
    overlap. Tensors without elements share nothing.

    Source: https://docs.pytorch.org/docs/stable/tensor_view.html

    >>> x = torch.zeros(2, 3)
    >>> shares_storage(x, x[1]), shares_storage(x, x.clone())
    (True, False)
    """
    here = a.untyped_storage().data_ptr()
    return here != 0 and here == b.untyped_storage().data_ptr()
# --8<-- [end:shares_storage]


# --8<-- [start:can_view_flat]
def can_view_flat(x: torch.Tensor) -> bool:
    """Tell whether `x.view(-1)` works, for `x` of any shape.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html

    >>> x = torch.zeros(2, 3)
    >>> can_view_flat(x), can_view_flat(x.T)
    (True, False)
    """
    dims = [(size, stride)
            for size, stride in zip(x.shape, x.stride(), strict=True)
            if size != 1]
    return x.numel() == 0 or all(
        stride == next_stride * next_size
        for (_, stride), (next_size, next_stride) in pairwise(dims))
# --8<-- [end:can_view_flat]


# --8<-- [start:clear_every_second]
def clear_every_second(image: torch.Tensor) -> torch.Tensor:
    """Return a copy of `image` (H, W) with every second pixel 0."""
    flat = image.reshape(-1).clone()
    flat[::2] = 0
    return flat.view(image.shape)
# --8<-- [end:clear_every_second]
