"""A parameter of a wanted dtype, and a check for lost ones."""

import torch
from torch import nn


# --8<-- [start:scale]
class Scale(nn.Module):
    """Multiply each feature by a learned number.

    Raises: RuntimeError where `dtype` is not floating or
    complex.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html

    >>> Scale(2, torch.float64)(torch.ones(3, 2)).shape
    torch.Size([3, 2])
    """


    def __init__(self, features: int,
                 dtype: torch.dtype) -> None:
        """Start with a weight (features,) of ones."""
        super().__init__()
        self.weight = nn.Parameter(
            torch.ones(features).to(dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (..., features) times the weight."""
        return x * self.weight
# --8<-- [end:scale]


# --8<-- [start:assert_no_stray_parameters]
def assert_no_stray_parameters(model: nn.Module) -> None:
    """Look for attributes that require grad and are not
    registered.

    A weight that `weight_norm`, `spectral_norm` or `prune`
    computes from registered parameters is left out. Lists and
    buffers are not looked into, and a model built under
    `no_grad` shows nothing.

    Raises: AssertionError that names the first one; TypeError
    for a scripted module, which hides its attributes.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_leaf.html
    """
    for path, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            name = path or "model"
            raise TypeError(f"{name}: check before scripting")
        for name, value in vars(module).items():
            if {f"{name}_v", f"{name}_orig"} & {*module._parameters}:
                continue
            if isinstance(value,
                          torch.Tensor) and value.requires_grad:
                where = f"{path}.{name}" if path else name
                raise AssertionError(
                    f"{where} requires grad and is no parameter:"
                    " cast or moved after nn.Parameter?")
# --8<-- [end:assert_no_stray_parameters]
