"""Adding up losses, so that each of them is trained."""

import torch


# --8<-- [start:total_loss]
def total_loss(**losses: torch.Tensor) -> torch.Tensor:
    """Return the sum of the losses, each of them with a graph.

    The losses are tensors of one element each; the sum has no
    axes. Under `no_grad`, tensors without a graph are added as
    well.

    Raises:
        ValueError: there is no loss, a loss is no tensor or
            has another number of elements, or a loss has no
            graph although gradients are on. A parameter that
            is itself a loss has none: pass `1 * p`.

    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html

    >>> weight = torch.ones(2, requires_grad=True)
    >>> total_loss(main=weight.sum(), decay=weight.square().sum())
    tensor(4., grad_fn=<SumBackward0>)
    """
    if not losses:
        raise ValueError("there is no loss")
    for name, loss in losses.items():
        if not isinstance(loss, torch.Tensor):
            raise ValueError(
                f"{name} is {type(loss).__name__}, not a tensor: it has "
                "no graph and trains nothing")
        if loss.numel() != 1:
            raise ValueError(
                f"{name} is of shape {tuple(loss.shape)}: reduce it")
        if loss.grad_fn is None and torch.is_grad_enabled():
            raise ValueError(
                f"{name} has no graph and trains nothing: item(), "
                "torch.tensor(), detach or no_grad on the way")
    return torch.stack([
        x.reshape(()) for x in losses.values()]).sum()
# --8<-- [end:total_loss]
