"""What the processes of DistributedDataParallel do to gradients."""

import marshal
import multiprocessing
import pickle
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import torch.distributed as dist
from torch import nn


# --8<-- [start:run_ranks]
def run_ranks(
        work: Callable[..., Any], *args: Any,
        uses: Sequence[Callable[..., Any]] = ()) -> list[Any]:
    """Call `work(rank, *args)` in two CPU processes joined by
    gloo.

    `work` and the functions in `uses` know the names imported
    below and each other, nothing else, and have no defaults.
    Returns what each rank returned. For Linux and macOS.

    Raises: what a rank raised.
    Source: https://docs.pytorch.org/docs/stable/distributed.html
    """
    program = textwrap.dedent("""
        import marshal, os, pickle, types
        import torch, torch.distributed as dist
        import torch.nn.functional as F
        from torch import nn
        from torch.nn.parallel import DistributedDataParallel
        from torch.utils.data import *

        torch.set_num_threads(1)
        dist.init_process_group(
            "gloo", store=dist.FileStore(f"{folder}/store", 2),
            rank=rank, world_size=2)
        dist.barrier()
        for code in map(marshal.loads, codes):
            function = types.FunctionType(code, globals())
            globals()[code.co_name] = function
        try:
            result = function(rank, *args)
        except Exception as error:
            result = error
        with open(f"{folder}/{rank}", "wb") as file:
            pickle.dump(result, file)
        dist.destroy_process_group()
    """)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo"])
    codes = [marshal.dumps(f.__code__) for f in [*uses, work]]
    with tempfile.TemporaryDirectory() as folder:
        names = {
            "folder": folder, "codes": codes, "args": args}
        ranks = [
            context.Process(
                target=exec,
                args=(program, {**names, "rank": rank}))
            for rank in range(2)]
        with mock.patch.multiple(
                sys.modules["__main__"], create=True,
                __spec__=None, __file__=None):
            for rank in ranks:
                rank.start()
        for rank in ranks:
            rank.join()
        results = [
            pickle.loads(Path(folder, str(rank)).read_bytes())
            for rank in range(2)]
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
# --8<-- [end:run_ranks]


# --8<-- [start:mean_over_ranks]
def mean_over_ranks(losses: torch.Tensor) -> torch.Tensor:
    """Return a loss with the batch's gradient once ranks are
    averaged.

    `losses` (N, ...) are those of this rank's targets, ignored
    ones left out; N may differ between ranks and be 0. Call it
    on every rank. The sum is in float32 or in float64, the
    result of the dtype of `losses`.

    Raises: TypeError where `losses` is not floating,
    ValueError on meta, or for one number without axes, as a
    mean is.
    Source: https://docs.pytorch.org/docs/stable/notes/ddp.html
    """
    if not losses.is_floating_point():
        raise TypeError(
            f"{losses.dtype} is not a floating dtype")
    if losses.is_meta:
        raise ValueError(
            "losses on meta hold no numbers to average")
    if not losses.dim():
        raise ValueError(
            "give one loss for each target, not a mean")
    count = torch.tensor(losses.numel(), device=losses.device)
    dist.all_reduce(count)
    wide = torch.promote_types(losses.dtype, torch.float32)
    total = losses.sum(dtype=wide) * dist.get_world_size()
    return (total / count.clamp(min=1)).to(losses.dtype)
# --8<-- [end:mean_over_ranks]


# --8<-- [start:assert_ranks_agree]
def assert_ranks_agree(model: nn.Module) -> None:
    """Fail where a parameter or gradient differs between the
    ranks.

    Call it on every rank, after `backward`.

    Raises, on every rank:
        AssertionError: they differ; names the parameter.
        ValueError: nothing could differ, because there is one
            rank, or because no parameter has a gradient.

    Source: https://docs.pytorch.org/docs/stable/notes/ddp.html
    """
    found = 0
    for name, p in model.named_parameters():
        here = torch.tensor(float(p.grad is not None),
                            device=p.device)
        dist.all_reduce(here)
        found += here.item() > 0
        if here.item() not in (0, dist.get_world_size()):
            raise AssertionError(
                f"{name} has a gradient on {here.item():g} of "
                f"{dist.get_world_size()} ranks")
        gradient = torch.zeros_like(
            p) if p.grad is None else p.grad
        gradient = gradient.to_dense()
        for tensor, message in (
            (p.detach(),
             f"{name} differs between ranks: it was "
             "changed after DistributedDataParallel was made"),
            (gradient,
             f"the gradient of {name} differs between "
             "ranks: no_sync, autograd.grad, or model.module was "
             "called in place of model")):
            tensor = tensor.contiguous()
            copies = [torch.empty_like(tensor)
                      for _ in range(dist.get_world_size())]
            dist.all_gather(copies, tensor)
            first = copies[0]
            same = [(c == first) | (c.isnan() & first.isnan())
                    for c in copies]
            if not all(s.all() for s in same):
                raise AssertionError(message)
    if not found or dist.get_world_size() == 1:
        raise ValueError(
            "call it on two ranks or more, after backward")
# --8<-- [end:assert_ranks_agree]
