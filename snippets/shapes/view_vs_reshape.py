"""Views."""

import torch


# --8<-- [start:shares_storage]
def shares_storage(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Tell whether two tensors of any shapes read the same memory."""
    return (a.untyped_storage().data_ptr()
            == b.untyped_storage().data_ptr())
# --8<-- [end:shares_storage]
