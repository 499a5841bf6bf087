"""Gumbel noise without infinities."""

from collections.abc import Callable
from unittest import mock

import torch


# --8<-- [start:gumbel_like]
def gumbel_like(logits: torch.Tensor) -> torch.Tensor:
    """Return standard Gumbel noise of the logits' shape and dtype.

    Minus the log of an exponential draw, which is never 0. The draw
    is made in float32 where the dtype has fewer bits.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
    """
    wide = torch.promote_types(logits.dtype, torch.float32)
    draws = torch.empty_like(logits, dtype=wide).exponential_()
    return -draws.log().to(logits.dtype)
# --8<-- [end:gumbel_like]


# --8<-- [start:assert_finite_at_0]
def assert_finite_at_0(
    noise: Callable[[torch.Tensor], torch.Tensor], logits: torch.Tensor
) -> None:
    """Fail where `noise(logits)` is not finite for a draw of 0.

    `torch.rand` and `torch.rand_like` give only 0 in the meantime.

    Raises: AssertionError that says so.
    """
    def zeros_like(x: torch.Tensor, **options: object) -> torch.Tensor:
        return torch.zeros_like(x)

    with (mock.patch.object(torch, "rand", torch.zeros),
          mock.patch.object(torch, "rand_like", zeros_like)):
        found = noise(logits)
    assert found.isfinite().all(), "the noise is infinite where rand is 0"
# --8<-- [end:assert_finite_at_0]
