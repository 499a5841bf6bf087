"""A buffer that moves and is saved, and the check of the exercise."""

from collections.abc import Callable

import torch
from torch import nn


# --8<-- [start:standardize]
class Standardize(nn.Module):
    """Subtract a mean from `x` (..., D), divide by a
    deviation.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer
    """

    mean: torch.Tensor
    std: torch.Tensor


    def __init__(self, mean: torch.Tensor,
                 std: torch.Tensor) -> None:
        """Hold copies of `mean` and `std`, both (D,)."""
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., D) for `x` (..., D)."""
        return (x - self.mean) / self.std
# --8<-- [end:standardize]


# --8<-- [start:check_standardize]
def check_standardize(
    make: Callable[[torch.Tensor, torch.Tensor], nn.Module],
) -> str:
    """Move, cast, save and load `make(mean, std)`.

    Raises: AssertionError with a likely cause where it fails.
    """
    mean, std = torch.tensor([1.0, 2, 3]), torch.tensor([2.0, 4, 8])
    x = torch.tensor([[3.0, 2, 3], [1, 6, 11]])
    want = torch.tensor([[1.0, 0, 0], [0, 1, 1]])
    layer = make(mean, std)
    assert torch.allclose(layer(x),
                          want), "subtract, then divide"
    names = [name for name, _ in layer.named_parameters()]
    assert not names, (
        f"parameters() gives {names} to an optimizer, whose step or "
        "weight decay would change them: register buffers")
    try:
        moved = layer.to("meta")(x.to("meta"))
    except RuntimeError as error:
        raise AssertionError(
            "to(device) leaves a tensor behind: it is a plain attribute "
            "or in a list; register a buffer") from error
    assert moved.is_meta, (
        "after to(device) the output is on the old device: register "
        "buffers, and move nothing in forward")
    half = make(mean, std).half()(x.half())
    assert half.dtype == torch.float16, (
        f"after half() the output is {half.dtype}: a plain attribute "
        "keeps its dtype; register a buffer")

    saved = make(mean, std).state_dict()
    given = std.clone(), mean.clone()
    other = make(*given)
    assert saved, (
        "the state dict is empty, so a checkpoint has no mean: register "
        "buffers, without persistent=False, because nothing else "
        "computes these numbers")
    other.load_state_dict(saved)
    assert torch.allclose(other(x), want), (
        "a layer that loads the state dict still uses its own numbers: "
        "register mean and std both, and compute nothing from them in "
        "__init__ that is not registered too")
    assert torch.equal(
        torch.stack(given), torch.stack((std, mean))
    ), ("load_state_dict wrote into a tensor that was given to the "
        "layer, and its owner sees that: clone it before you register it"
        )
    return "it moves, is cast, saved and loaded"
# --8<-- [end:check_standardize]
