"""A lazy cache that survives inference_mode, and a check of others."""

import torch
from torch import nn


# --8<-- [start:lazy_scale_safe]
class LazyScaleSafe(nn.Module):
    """Multiply features by a table that the first call makes.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html
    """

    def __init__(self) -> None:
        """Hold no table yet."""
        super().__init__()
        self.scale: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (..., D) times the table (D,)."""
        if self.scale is None:
            with torch.inference_mode(False):
                self.scale = torch.ones(
                    x.shape[-1], dtype=x.dtype, device=x.device)
        return x * self.scale
# --8<-- [end:lazy_scale_safe]


# --8<-- [start:assert_trains_after_inference]
def assert_trains_after_inference(
        model: nn.Module, x: torch.Tensor) -> None:
    """Run `model(x)` in inference mode, then look at what it holds.

    Parameters, buffers and plain tensor attributes are looked at.

    Raises: AssertionError that names an inference tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_inference.html
    """
    with torch.inference_mode():
        model(x)
    for path, module in model.named_modules():
        held = {**vars(module), **module._parameters,
                **module._buffers}
        for name, value in held.items():
            if isinstance(value, torch.Tensor) and value.is_inference():
                raise AssertionError(
                    f"{path}{'.' if path else ''}{name} was made under"
                    " inference_mode and stays an inference tensor")
# --8<-- [end:assert_trains_after_inference]
