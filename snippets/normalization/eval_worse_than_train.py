"""Running statistics measured again."""

import itertools
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


# --8<-- [start:recompute_statistics]
@torch.no_grad()
def recompute_statistics(
    model: nn.Module, batches: Iterable[torch.Tensor],
) -> None:
    """Replace batch norms' running statistics by those of
    batches.

    The batches (B, ...) hold inputs without labels. Not on
    meta. No weight changes. Each module's mode and momentum
    come back, after an error in a batch too; the statistics
    are lost then.

    Raises: ValueError where no batch has a sample, or a lazy
        norm has not run; nothing has changed.
    Source: https://docs.pytorch.org/docs/stable/optim.html#torch.optim.swa_utils.update_bn

    >>> norm = nn.BatchNorm1d(1)
    >>> recompute_statistics(norm, [torch.tensor([[6.0], [10.0]])])
    >>> norm.running_mean, norm.running_var
    (tensor([8.]), tensor([8.]))
    """
    norms = [module for module in model.modules()
             if isinstance(module, _BatchNorm)]
    if any(nn.parameter.is_lazy(buffer) for norm in norms
           for buffer in norm.buffers()):
        raise ValueError("a lazy norm has not run: call the"
                         " model once before")
    left = iter(batches)
    first = next((x for x in left if x.numel()), None)
    if first is None:
        raise ValueError("there is no batch with a sample")
    modes = [(module, module.training)
             for module in model.modules()]
    momenta = [norm.momentum for norm in norms]
    try:
        model.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.training = True  # train() may be overridden
        for batch in itertools.chain([first], left):
            model(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes:
            module.training = mode
# --8<-- [end:recompute_statistics]
