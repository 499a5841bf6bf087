"""A process group of one, for functions that ranks call together."""

import functools

import torch.distributed as dist


def alone(call):
    """`call`, in a process group that has this process alone."""
    @functools.wraps(call)
    def in_a_group(*args):
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        try:
            return call(*args)
        finally:
            dist.destroy_process_group()

    return in_a_group
