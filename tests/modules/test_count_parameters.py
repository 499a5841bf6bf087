"""What numel counts on ranks, and for a tied weight in a sum over layers."""

import torch
from torch import nn

from snippets.distributed.gradient_averaging import run_ranks


def whole_and_share(rank, how):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
    from torch.distributed.tensor.parallel import ColwiseParallel, parallelize_module

    mesh = init_device_mesh("cpu", (2,))
    model = nn.Sequential(nn.Linear(8, 8, bias=False))
    if how == "FullyShardedDataParallel":
        model = FullyShardedDataParallel(model, device_id=torch.device("cpu"))
        return [p.numel() for p in model.parameters()]
    if how == "fully_shard":
        fully_shard(model, mesh=mesh)
    else:
        parallelize_module(model, mesh, {"0": ColwiseParallel()})
    return [(p.numel(), p.to_local().numel()) for p in model.parameters()]


def test_the_older_wrapper_counts_a_share_and_dtensors_the_whole():
    assert run_ranks(whole_and_share, "FullyShardedDataParallel") == [[32], [32]]
    assert run_ranks(whole_and_share, "fully_shard") == [[(64, 32)], [(64, 32)]]
    assert run_ranks(whole_and_share, "tensor parallelism") == [[(64, 32)], [(64, 32)]]


def test_a_sum_over_the_own_parameters_of_layers_counts_a_tied_weight_twice():
    tied = nn.ModuleDict({"embed": nn.Embedding(100, 8), "out": nn.Linear(8, 100, bias=False)})
    tied["out"].weight = tied["embed"].weight
    assert sum(p.numel() for m in tied.modules() for p in m.parameters(recurse=False)) == 1600
    assert sum(p.numel() for p in tied.parameters()) == 800
