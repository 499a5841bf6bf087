"""A training loop that is right, in one process or in several."""

import copy
import math
import os
import random
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader, DistributedSampler, Subset


# --8<-- [start:sums]
def sums(model: nn.Module, x: Tensor, y: Tensor,
         dtype: torch.dtype) -> Tensor:
    """Return a batch's sum of losses, its right answers, its targets.

    They come as a tensor (3,). `model(x)` gives logits (N, C) for
    targets y (N) of int64, or (N, L, C) for (N, L). Targets of -100
    are left out. In float16 and bfloat16 the forward runs under
    autocast, and the loss in float32.

    Raises: RuntimeError for boolean or complex logits, and on
    meta; else what F.cross_entropy raises.
    Source: https://docs.pytorch.org/docs/stable/amp.html
    """
    device = next(model.parameters()).device
    x, y = x.to(device), y.to(device).flatten()
    with torch.autocast(device.type, dtype, dtype.itemsize < 4):
        logits = model(x).flatten(0, -2)
    wide = torch.promote_types(logits.dtype, torch.float32)
    loss = F.cross_entropy(logits.to(wide), y, reduction="sum")
    right = (logits.argmax(-1) == y).sum()
    return torch.stack([loss, right, (y != -100).sum()])
# --8<-- [end:sums]


# --8<-- [start:train]
def train(net: nn.Module, optimizer: Optimizer, schedule: LRScheduler,
          data: Any, held_out: Any, path: Path, *, epochs: int,
          batch_size: int, parts: int = 1, seed: int = 0,
          max_norm: float = 1.0, dtype: torch.dtype = torch.bfloat16,
          **loading: Any) -> Any:
    """Train, or go on from `path`; return best loss, accuracy, weights.

    Raises: ValueError where a rank has no sample, or a size is 0.
    """
    ranks = dist.get_world_size() if dist.is_initialized() else 1
    rank = dist.get_rank() if ranks > 1 else 0
    if min(len(data), len(held_out), parts * ranks) < ranks:
        raise ValueError("give each rank samples, and one part or more")
    model: Any = DistributedDataParallel(net) if ranks > 1 else net
    add = dist.all_reduce if ranks > 1 else lambda total: None
    device = next(net.parameters()).device
    scaler = torch.amp.GradScaler(
        device.type, enabled=dtype == torch.float16)
    sampler: Any = DistributedSampler(data, ranks, rank, seed=seed)
    loader = DataLoader(data, batch_size, sampler=sampler, **loading)
    share = Subset(held_out, range(rank, len(held_out), ranks))
    test = DataLoader(share, batch_size, **loading)
    kept: Any = [net, optimizer, schedule, scaler]
    first, best = 0, (math.inf, 0.0, copy.deepcopy(net.state_dict()))
    if path.exists():
        *states, first, best = torch.load(path, map_location="cpu")
        for part, state in zip(kept, states, strict=True):
            part.load_state_dict(state)
    for epoch in range(first, epochs):
        random.seed(f"{seed} {epoch} {rank}")
        torch.manual_seed(random.getrandbits(63))
        sampler.set_epoch(epoch)
        model.train()
        batches = iter(loader)
        while window := list(islice(batches, parts)):
            count = sum((y != -100).sum() for _, y in window).to(device)
            add(count)
            optimizer.zero_grad()
            for x, y in window:
                loss = sums(model, x, y, dtype)[0] * ranks
                scaler.scale(loss / count.clamp(min=1)).backward()
            scaler.unscale_(optimizer)
            norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm)
            if norm.isfinite():
                scaler.step(optimizer)
                schedule.step()
            scaler.update()
        model.eval()
        with torch.no_grad():
            total: Any = sum(
                sums(net, x, y, dtype).double() for x, y in test)
        add(total)
        loss, accuracy = (total[:2] / total[2]).tolist()
        if loss < best[0]:
            best = loss, accuracy, copy.deepcopy(net.state_dict())
        if rank == 0:
            states = [part.state_dict() for part in kept]
            torch.save([*states, epoch + 1, best], f"{path}.new")
            os.replace(f"{path}.new", path)
    return best
# --8<-- [end:train]
