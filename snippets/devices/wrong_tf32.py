"""A switch for TF32 that leaves convolutions as they are."""

import torch


# --8<-- [start:turn_tf32_off]
def turn_tf32_off() -> None:
    """Turn TF32 off, for matrix products alone."""
    torch.backends.cuda.matmul.allow_tf32 = False
# --8<-- [end:turn_tf32_off]
