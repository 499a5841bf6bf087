"""Random numbers of a sample that do not depend on the batch."""

import operator
from collections.abc import Sequence

import torch


# --8<-- [start:randn_per_sample]
def randn_per_sample(
        seeds: Sequence[int], *shape: int,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Draw normal numbers (len(seeds), *shape), a seed each
    sample.

    The numbers are drawn on the CPU in float32 and then
    converted, so they are the same on each `device`, up to
    rounding in `dtype`. Without `device` they stay on the CPU.
    The global random state stays as it is.

    Raises:
        ValueError: there is no seed, a seed has more than 64
            bits, or `dtype` is not floating.
        TypeError: a seed or a size is not an integer.
        RuntimeError: a size is negative.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Generator.html

    >>> noise = randn_per_sample([7, 8], 3)
    >>> torch.equal(noise[1:], randn_per_sample([8], 3))
    True
    """
    if not len(seeds) or not dtype.is_floating_point:
        raise ValueError(
            "pass a seed for each sample, and a float dtype")
    samples = []
    for seed in seeds:
        generator = torch.Generator("cpu").manual_seed(
            operator.index(seed))
        samples.append(torch.randn(
            shape, generator=generator, device="cpu",
            dtype=torch.float32))
    return torch.stack(samples).to(device=device, dtype=dtype)
# --8<-- [end:randn_per_sample]
