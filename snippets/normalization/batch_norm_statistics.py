"""Batch norm by hand, its running statistics, and a freeze of both."""

import torch
from torch import nn


# --8<-- [start:batch_norm]
def batch_norm(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize x (B, C, ...) as batch norm does in training mode.

    weight and bias are (C,). The variance is the biased one.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html

    >>> x = torch.tensor([[6.0], [10.0]])
    >>> batch_norm(x, torch.ones(1), torch.zeros(1), eps=0)
    tensor([[-1.],
            [ 1.]])
    """
    others = [dim for dim in range(x.dim()) if dim != 1]
    per_channel = (-1,) + (1,) * (x.dim() - 2)
    mean = x.mean(others, keepdim=True)
    var = x.var(others, correction=0, keepdim=True)
    return (weight.view(per_channel) * (x - mean)
            / (var + eps).sqrt() + bias.view(per_channel))
# --8<-- [end:batch_norm]


# --8<-- [start:updated_statistics]
def updated_statistics(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, momentum: float = 0.1,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the running statistics (C,) after a batch x (B, C, ...).

    The variance is the unbiased one. momentum weighs the new value.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html

    >>> x = torch.tensor([[6.0], [10.0]])
    >>> updated_statistics(x, torch.zeros(1), torch.ones(1), 0.5)
    (tensor([4.]), tensor([4.5000]))
    """
    others = [dim for dim in range(x.dim()) if dim != 1]
    mean, var = x.mean(others), x.var(others, correction=1)
    return (running_mean + momentum * (mean - running_mean),
            running_var + momentum * (var - running_var))
# --8<-- [end:updated_statistics]


# --8<-- [start:freeze_batch_norm]
def freeze_batch_norm(model: nn.Module) -> nn.Module:
    """Freeze each batch norm of model: weights and statistics.

    Call it again after each `model.train()`, which undoes it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
    """
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d,
             nn.SyncBatchNorm)
    for module in model.modules():
        if isinstance(module, kinds):
            module.eval().requires_grad_(False)
    return model
# --8<-- [end:freeze_batch_norm]
