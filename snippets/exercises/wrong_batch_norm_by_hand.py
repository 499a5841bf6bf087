"""Answers to the exercise on batch norm that train without an error."""

import torch


# --8<-- [start:one_variance]
def one_variance(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, training: bool,
    momentum: float = 0.1, eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize by the variance that var gives, the unbiased
    one."""
    if training:
        mean, var = x.mean(0), x.var(0)
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var, momentum)
    else:
        mean, var = running_mean, running_var
    return (x - mean) / (var + eps).sqrt()
# --8<-- [end:one_variance]


# --8<-- [start:biased_in_both]
def biased_in_both(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, training: bool,
    momentum: float = 0.1, eps: float = 1e-5,
) -> torch.Tensor:
    """Keep the variance that normalizes, too small for other
    data."""
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var, momentum)
    else:
        mean, var = running_mean, running_var
    return (x - mean) / (var + eps).sqrt()
# --8<-- [end:biased_in_both]


# --8<-- [start:momentum_of_the_old]
def momentum_of_the_old(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, training: bool,
    momentum: float = 0.1, eps: float = 1e-5,
) -> torch.Tensor:
    """Weigh the old value by momentum, as an optimizer
    does."""
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        with torch.no_grad():
            new_var = x.var(0)
            running_mean.mul_(momentum).add_(
                mean * (1 - momentum))
            running_var.mul_(momentum).add_(
                new_var * (1 - momentum))
    else:
        mean, var = running_mean, running_var
    return (x - mean) / (var + eps).sqrt()
# --8<-- [end:momentum_of_the_old]


# --8<-- [start:new_names]
def new_names(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, training: bool,
    momentum: float = 0.1, eps: float = 1e-5,
) -> torch.Tensor:
    """Bind the names to new tensors: the caller keeps the old
    ones."""
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * x.var(0)
    else:
        mean, var = running_mean, running_var
    return (x - mean) / (var + eps).sqrt()
# --8<-- [end:new_names]
