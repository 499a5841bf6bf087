"""The attention weights of a model, head by head, read by hooks."""

# --8<-- [start:collected_weights]
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

from torch import Tensor, nn


@contextmanager
def collected_weights(
        model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """The weights (N, H, L, S) of the last call of each
    attention.

    They are detached, and stand under the name of the
    `nn.MultiheadAttention` in the model. Without a batch they
    are (H, L, S). Call the model in eval mode: in training
    mode they hold dropout. Without gradients,
    `nn.TransformerEncoder` cuts off the padding that all
    samples share, so L and S are then shorter, and the rows of
    the other padding are 0.

    Raises:
        ValueError: the model holds no `nn.MultiheadAttention`.
    """
    found: dict[str, Tensor] = {}
    handles = []

    def ask(module: nn.Module, args: Any, kwargs: Any) -> Any:
        bound = signature(module.forward).bind(*args, **kwargs)
        bound.arguments.update(
            need_weights=True, average_attn_weights=False)
        return bound.args, bound.kwargs

    def keep(name: str) -> Any:

        def hook(module: nn.Module, args: Any,
                 out: Any) -> None:
            found[name] = out[1].detach()
        return hook

    for name, module in model.named_modules():
        if isinstance(module, nn.MultiheadAttention):
            handles.append(module.register_forward_pre_hook(
                ask, with_kwargs=True))
            handles.append(
                module.register_forward_hook(keep(name)))
    if not handles:
        raise ValueError(
            "the model holds no nn.MultiheadAttention")
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
# --8<-- [end:collected_weights]
