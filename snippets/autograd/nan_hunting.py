"""Where a nan or an infinity comes up first, by name."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn


# --8<-- [start:what_is_not_finite]
def what_is_not_finite(value: Any,
                       allow_inf: bool = False) -> str:
    """Return "nan", "inf" or "" for a tensor or a container of
    them.

    Looks into dicts, lists and tuples. With `allow_inf`,
    infinities count as finite. Tensors on meta hold no numbers
    and give "".

    Raises:
        NotImplementedError: a tensor is quantized, or of 4
            bits.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isfinite.html

    >>> what_is_not_finite([torch.ones(2), torch.tensor(torch.nan)])
    'nan'
    """
    if isinstance(value, Mapping):
        value = list(value.values())
    elif isinstance(value, torch.Tensor) and value.is_nested:
        value = value.unbind()
    if isinstance(value, list | tuple):
        found = [
            what_is_not_finite(x, allow_inf) for x in value]
        return "nan" if "nan" in found else max(
            found, default="")
    if not isinstance(value, torch.Tensor) or value.is_meta:
        return ""
    if value.layout is not torch.strided:
        value = value.to_dense()
    if value.is_floating_point() and value.element_size() == 1:
        value = value.float()
    if value.isnan().any():
        return "nan"
    return "" if allow_inf or value.isfinite().all() else "inf"
# --8<-- [end:what_is_not_finite]


# --8<-- [start:finite_forward]
@contextlib.contextmanager
def finite_forward(model: nn.Module,
                   allow_inf: bool = False) -> Iterator[None]:
    """Raise at the first part of `model` that gives nan or
    inf.

    Wrap the eager model, not a compiled one. `allow_inf` looks
    for nan alone, for layers that give -inf on purpose, such
    as masks.

    Raises:
        AssertionError: names the part, and says whether its
            weights were nan or inf, or its buffers or inputs
            before it ran.
        RuntimeError: a part is a ScriptModule, which takes no
            hook.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_hook
    """
    def bad_ones(state: Iterator[tuple[str, torch.Tensor]]) -> list[str]:
        return [f"its {key} is {bad}" for key, x in state
                if (bad := what_is_not_finite(x))]

    def watch(name: str, module: nn.Module) -> list[Any]:
        # a layer may write to what it got
        before: list[str] = []

        def pre_hook(part: nn.Module, args: tuple[Any, ...],
                     kwargs: dict[str, Any]) -> None:
            before[:] = bad_ones(part.named_buffers())
            if bad := what_is_not_finite([args, kwargs]):
                before.append(f"it got {bad}")

        def hook(part: nn.Module, args: tuple[Any, ...],
                 output: Any) -> None:
            found = what_is_not_finite(output, allow_inf)
            if not found:
                return
            causes = bad_ones(part.named_parameters()) + before
            why = " and ".join(
                causes) or "what it got was finite"
            raise AssertionError(
                f"{name or 'the model'} ({type(part).__name__}) gave"
                f" {found}: {why}")
        return [module.register_forward_pre_hook(
                    pre_hook, with_kwargs=True),
                module.register_forward_hook(hook)]

    handles: list[Any] = []
    try:
        for name, module in model.named_modules():
            handles += watch(name, module)
        yield
    finally:
        for handle in handles:
            handle.remove()
# --8<-- [end:finite_forward]


# --8<-- [start:find_not_finite]
def find_not_finite(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None
) -> list[str]:
    """List what holds nan or inf, such as "gradient of
    0.weight: nan".

    Looks at parameters, gradients and buffers of `model`, and
    at the state that `optimizer` keeps for each parameter.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.state_dict.html

    >>> layer = nn.Linear(1, 1)
    >>> _ = nn.init.constant_(layer.bias, torch.nan)
    >>> find_not_finite(layer)
    ['parameter bias: nan']
    """
    places: list[tuple[str, Any]] = []
    for name, parameter in model.named_parameters():
        places.append((f"parameter {name}", parameter))
        places.append((f"gradient of {name}", parameter.grad))
        kept = optimizer.state.get(parameter,
                                   {}) if optimizer else {}
        places += [
            (f"{key} of {name}", x) for key, x in kept.items()]
    for name, buffer in model.named_buffers():
        places.append((f"buffer {name}", buffer))
    return [f"{place}: {found}" for place, value in places
            if (found := what_is_not_finite(value))]
# --8<-- [end:find_not_finite]
