"""Batch norm's statistics where several processes share a batch."""

from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.distributed.gradient_averaging import run_ranks


# --8<-- [start:statistics_of_two_ranks]
def statistics_of_two_ranks(
        broadcast_buffers: bool) -> list[Any]:
    """Train batch norm for a step on two ranks, then evaluate
    0.

    Rank 0 has the inputs 0 and 2, rank 1 has 10 and 12.
    Returns of each rank: the outputs, the running mean after
    the step, and the running mean after a forward in eval
    mode.

    Source: https://docs.pytorch.org/docs/stable/notes/ddp.html
    """
    def work(rank: int, broadcast: bool) -> Any:
        norm: Any = nn.BatchNorm1d(1, momentum=1.0)
        model = DistributedDataParallel(
            norm, broadcast_buffers=broadcast)
        x = torch.tensor([[0.0], [2.0]]) + 10 * rank
        outputs = [
            round(y, 2) for y in model(x).flatten().tolist()]
        trained = norm.running_mean.item()
        model.eval()
        model(torch.zeros(1, 1))
        return outputs, trained, norm.running_mean.item()

    return run_ranks(work, broadcast_buffers)
# --8<-- [end:statistics_of_two_ranks]


# --8<-- [start:mean_and_variance]
def mean_and_variance(
        x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean and biased variance of `x` (N, C) over
    all ranks.

    Each is (C) and of the dtype of `x`, computed in float64. N
    may differ between ranks. No gradient flows.

    Raises: TypeError where `x` is not floating, ValueError on
    meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html
    """
    if not x.is_floating_point():
        raise TypeError(f"{x.dtype} is not a floating dtype")
    if x.is_meta:
        raise ValueError(
            "a tensor on meta holds no numbers to send")
    wide = x.detach().double()
    count = torch.full_like(wide[:1].sum(0), len(wide))
    total = wide.sum(0)
    dist.all_reduce(count)
    dist.all_reduce(total)
    mean = total / count
    squares = (wide - mean).square().sum(0)
    dist.all_reduce(squares)
    return mean.to(x.dtype), (squares / count).to(x.dtype)
# --8<-- [end:mean_and_variance]


# --8<-- [start:assert_batch_norm_is_synchronized]
def assert_batch_norm_is_synchronized(
        model: nn.Module) -> None:
    """Fail where a batch norm of `model` is not a
    SyncBatchNorm.

    Call it on the model that is to be wrapped; no process is
    needed. It does not ask for the mode: it also names a batch
    norm in eval mode, which uses its running statistics and no
    samples.

    Raises: AssertionError with the names of the layers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html
    """
    base = nn.modules.batchnorm._BatchNorm
    local = [name or "the model"
             for name, module in model.named_modules()
             if isinstance(module, base)
             and not isinstance(module, nn.SyncBatchNorm)]
    assert not local, (
        f"not synchronized: {', '.join(local)}. In training each rank "
        "normalizes with its own samples: "
        "SyncBatchNorm.convert_sync_batchnorm(model)")
# --8<-- [end:assert_batch_norm_is_synchronized]
