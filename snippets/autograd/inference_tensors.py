"""A lazy cache that survives inference_mode, and a check of others."""

import copy

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from snippets.guards.judge import copied


# --8<-- [start:lazy_scale_safe]
class LazyScaleSafe(nn.Module):
    """Multiply features by a table that the first call makes.

    The result has the dtype of the features; another device
    gets a table of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html
    """

    def __init__(self) -> None:
        """Hold no table yet."""
        super().__init__()
        self.scale: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (..., D) times the table (D,)."""
        if self.scale is None or self.scale.device != x.device:
            with torch.inference_mode(False):
                self.scale = torch.ones(x.shape[-1],
                                        dtype=x.dtype,
                                        device=x.device)
        return x * self.scale.to(x.dtype)
# --8<-- [end:lazy_scale_safe]


# --8<-- [start:assert_trains_after_inference]
def assert_trains_after_inference(
        model: nn.Module, x: torch.Tensor) -> None:
    """Run a copy of `model` in inference mode, look at what it
    holds.

    Looks at parameters, buffers, attributes, and dicts, lists
    and tuples of tensors, in the model and in the copy after
    the call. The copy runs in the mode of `model`, train or
    eval. A tensor that each call makes anew is named too, if
    the model keeps it.

    Raises:
        AssertionError: one is an inference tensor; names it.
        Undecided: the model holds what cannot be copied.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_inference.html
    """
    def look(name: str, value: object) -> None:
        if isinstance(value, torch.Tensor) and (
                not is_lazy(value) and value.is_inference()):
            raise AssertionError(
                f"{name} was made under inference_mode and stays an"
                " inference tensor")
        if isinstance(value, dict):
            for key, part in value.items():
                look(f"{name}[{key!r}]", part)
        elif isinstance(value, (list, tuple)):
            for i, part in enumerate(value):
                look(f"{name}[{i}]", part)

    def look_into(model: nn.Module) -> None:
        for path, module in model.named_modules():
            held = {**vars(module), **module._parameters,
                    **module._buffers}
            del held["_parameters"], held["_buffers"]
            for name, value in held.items():
                look(f"{path}.{name}".strip("."), value)

    look_into(model)
    # where a copy is ordinary
    with torch.inference_mode(False):
        lazy = any(map(is_lazy, model.parameters()))
        twin = copy.deepcopy(model) if lazy else copied(model)
    devices = range(torch.cuda.device_count())
    with torch.random.fork_rng(
            devices), torch.inference_mode():
        twin(x)
    look_into(twin)
# --8<-- [end:assert_trains_after_inference]
