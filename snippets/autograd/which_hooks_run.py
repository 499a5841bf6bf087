"""Hooks that keep what a layer returned, and say if it did not run."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import nn


# --8<-- [start:record_outputs]
@contextlib.contextmanager
def record_outputs(
        model: nn.Module, *names: str,
        ) -> Iterator[dict[str, list[torch.Tensor]]]:
    """Record what the modules of these names in `model`
    return.

    Gives a dict of lists, with a detached copy of the output
    for each call. The hooks are removed at the end, also after
    an error.

    Raises:
        AttributeError: `model` has no module of this name.
        TypeError: an output is no tensor.
        AssertionError: a module was not called as `module(x)`,
            so that its hooks did not run.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_hook

    >>> model = nn.Sequential(nn.Flatten(), nn.ReLU())
    >>> with record_outputs(model, "0") as outputs:
    ...     y = model(torch.ones(2, 3, 4))
    >>> [output.shape for output in outputs["0"]]
    [torch.Size([2, 12])]
    """
    modules = {
        name: model.get_submodule(name) for name in names}
    outputs: dict[str, list[torch.Tensor]] = {
        name: [] for name in modules}

    def record(name: str, module: nn.Module, args: object,
               output: object) -> None:
        if not isinstance(output, torch.Tensor):
            raise TypeError(f"{name!r} returns no tensor, but "
                            f"{type(output).__name__}")
        outputs[name].append(output.detach().clone())

    handles = [
        module.register_forward_hook(partial(record, name))
        for name, module in modules.items()]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
    for name, found in outputs.items():
        if not found:
            raise AssertionError(
                f"{name!r} was not called as module(x): its forward, "
                "or its weight alone, may be used")
# --8<-- [end:record_outputs]


# --8<-- [start:on_output_gradient]
def on_output_gradient(
    module: nn.Module,
    use: Callable[[torch.Tensor], object],
) -> torch.utils.hooks.RemovableHandle:
    """Give `use` the gradient of each output of `module`.

    Works where the next layer writes in place. What `use`
    returns is dropped. Outputs that require no gradient are
    passed over.

    Raises:
        TypeError: in the forward, an output that is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html

    >>> layer, seen = nn.Linear(2, 3), []
    >>> handle = on_output_gradient(layer, seen.append)
    >>> layer(torch.ones(1, 2)).sum().backward()
    >>> seen
    [tensor([[1., 1., 1.]])]
    """
    def give(gradient: torch.Tensor) -> None:
        use(gradient)

    def watch(module: nn.Module, args: object,
              output: object) -> None:
        if not isinstance(output, torch.Tensor):
            raise TypeError("the output is no tensor, but "
                            f"{type(output).__name__}")
        if output.requires_grad:
            output.register_hook(give)

    return module.register_forward_hook(watch)
# --8<-- [end:on_output_gradient]
