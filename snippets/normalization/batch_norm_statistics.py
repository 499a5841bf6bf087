"""Batch norm by hand, its running statistics, and a freeze of both."""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


# --8<-- [start:batch_norm]
def batch_norm(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize x (B, C, ...) as batch norm does in training
    mode.

    x, weight (C,) and bias (C,) are floating. The variance is
    the biased one, computed in float32 where x has fewer bits.

    Raises:
        TypeError: x is not floating.
        ValueError: a channel has fewer than two values.
        RuntimeError: x is float8.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html

    >>> x = torch.tensor([[6.0], [10.0]])
    >>> batch_norm(x, torch.ones(1), torch.zeros(1), eps=0)
    tensor([[-1.],
            [ 1.]])
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    if x.numel() <= x.shape[1]:
        raise ValueError("a channel has fewer than two values")
    others = [dim for dim in range(x.dim()) if dim != 1]
    per_channel = (-1,) + (1,) * (x.dim() - 2)
    centred = x.to(torch.promote_types(x.dtype, torch.float32))
    # the first mean of large numbers is rounded
    for _ in range(2):
        centred = centred - centred.mean(others, keepdim=True)
    var = centred.square().mean(others, keepdim=True)
    normalized = centred / (var + eps).sqrt()
    out = (weight.view(per_channel) * normalized
           + bias.view(per_channel))
    return out.to(x.dtype)
# --8<-- [end:batch_norm]


# --8<-- [start:updated_statistics]
def updated_statistics(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, momentum: float = 0.1,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the running statistics (C,) after a batch x
    (B, C, ...).

    The variance is the unbiased one. momentum weighs the new
    value.

    Raises:
        TypeError: x is not floating.
        ValueError: a channel has fewer than two values.
        RuntimeError: x is float8.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html

    >>> x = torch.tensor([[6.0], [10.0]])
    >>> updated_statistics(x, torch.zeros(1), torch.ones(1), 0.5)
    (tensor([4.]), tensor([4.5000]))
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    if x.numel() <= x.shape[1]:
        raise ValueError("a channel has fewer than two values")
    others = [dim for dim in range(x.dim()) if dim != 1]
    wide = x.detach().to(
        torch.promote_types(x.dtype, torch.float32))
    mean = wide.mean(others, keepdim=True)
    var = (wide - mean).var(others, correction=1)
    kept, mean = 1 - momentum, mean.flatten()
    return ((kept * running_mean
             + momentum * mean).to(running_mean),
            (kept * running_var
             + momentum * var).to(running_var))
# --8<-- [end:updated_statistics]


# --8<-- [start:freeze_batch_norm]
def freeze_batch_norm(model: nn.Module) -> nn.Module:
    """Freeze each batch norm of model: weights and statistics.

    Call it again after each `model.train()`, which undoes it.
    Old gradients of the weights go, or an optimizer would
    apply them. In what `torch.export` gives it finds no batch
    norm: call it before.

    Raises: ValueError where a batch norm has no running
        statistics, or a lazy one no shape yet; TypeError where
        a part of the model is scripted; before any change.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
    """
    if any(isinstance(module, torch.jit.ScriptModule)
           for module in model.modules()):
        raise TypeError(
            "freeze the model before you script it")
    norms = [module for module in model.modules()
             if isinstance(module, _BatchNorm)]
    for norm in norms:
        if norm.running_mean is None:
            raise ValueError(
                "a batch norm has no running statistics")
        if nn.parameter.is_lazy(norm.running_mean):
            raise ValueError(
                "call the lazy batch norm once before")
    for norm in norms:
        norm.eval().requires_grad_(False)
        for weight in norm.parameters():
            weight.grad = None
    return model
# --8<-- [end:freeze_batch_norm]
