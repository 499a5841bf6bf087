"""Gumbel noise without infinities."""

import contextlib
from collections.abc import Callable
from typing import Any
from unittest import mock

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:gumbel_like]
def gumbel_like(logits: torch.Tensor) -> torch.Tensor:
    """Return standard Gumbel noise of the logits' shape and
    dtype.

    Minus the log of an exponential draw, which leaves out 0.
    The draw is made in float32 where the dtype has fewer bits,
    because float16 rounds the smallest draws to 0.

    Raises: TypeError where the logits are not of floating
    dtype; RuntimeError where they are float8.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
    """
    if not logits.is_floating_point():
        raise TypeError(
            f"{logits.dtype}: convert to floats first")
    wide = torch.promote_types(logits.dtype, torch.float32)
    draws = torch.empty_like(logits, dtype=wide).exponential_()
    return -draws.log().to(logits.dtype)
# --8<-- [end:gumbel_like]


# --8<-- [start:assert_finite_at_0]
def assert_finite_at_0(
        noise: Callable[[torch.Tensor], torch.Tensor],
        logits: torch.Tensor) -> None:
    """Fail where `noise(logits)` is not finite for a draw of
    0.

    Meanwhile, `torch.rand`, `torch.rand_like` and
    `Tensor.uniform_` give their lowest number, by default 0,
    and `Tensor.exponential_` gives the smallest normal number,
    because it leaves 0 out (but not in float16 on a CPU, where
    it gives 0).

    Raises: AssertionError that says so; TypeError where the
    logits are not of floating dtype; Undecided where `noise`
    calls none of the four, or draws from torch's default
    generators with another function, too, or where the logits
    have no elements or are on meta. Draws from NumPy, `random`
    or a `torch.Generator` are not seen.
    """
    if not logits.is_floating_point():
        raise TypeError(f"{logits.dtype}: give floats")
    calls, gpus = [], range(torch.cuda.device_count())

    def states() -> list[torch.Tensor]:
        return [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]


    def lowest(
        name: str, draw: Callable[..., torch.Tensor]
    ) -> (Callable[..., torch.Tensor]):
        def call(*args: Any, **options: Any) -> torch.Tensor:
            calls.append(name)
            with torch.random.fork_rng(gpus):
                drawn = draw(*args, **options)
            low = 0.0
            if name == "uniform_":
                low = options.get("from", (*args[1:2], 0.0)[0])
            if name == "exponential_":
                low = torch.finfo(drawn.dtype).tiny
                if (drawn.dtype, drawn.device.type) == (
                        torch.float16, "cpu"):
                    low = 0.0  # rounded from below 2**-25
            return drawn.detach().fill_(low)
        return call

    with contextlib.ExitStack() as stack:
        for home, name in [(torch, "rand"),
                           (torch, "rand_like"),
                           (torch.Tensor, "uniform_"),
                           (torch.Tensor, "exponential_")]:
            stack.enter_context(mock.patch.object(
                home, name, lowest(name, getattr(home, name))))
        before = states()
        result = noise(logits)
        alone = all(map(torch.equal, states(), before))
    if not calls or not result.numel() or result.is_meta:
        raise Undecided(
            "noise draws from no function that is replaced")
    assert result.isfinite().all(), (
        "the noise is infinite where rand is 0")
    if not alone:
        raise Undecided(
            "noise draws from another function, too")
# --8<-- [end:assert_finite_at_0]
