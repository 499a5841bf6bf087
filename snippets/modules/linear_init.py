"""Kaiming (He) initialization for ReLU, and a test of signals."""

import torch
from torch import nn

from snippets.guards.judge import Undecided, copied


# --8<-- [start:init_for_relu]
def init_for_relu(module: nn.Module) -> None:
    """Draw a layer's weight with variance 2 / fan_in, zero its
    bias.

    For `model.apply`. It changes linear and convolutional
    layers, not transposed ones, and leaves other modules as
    they are.

    Raises:
        TypeError: the weight is computed, as by weight_norm,
            or the bias, as by prune.
        RuntimeError: torch's own, where a lazy layer has not
            run.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_

    >>> layer = nn.Linear(2, 3)
    >>> init_for_relu(layer)
    >>> layer.bias.tolist()
    [0.0, 0.0, 0.0]
    """
    layers = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    if isinstance(module, layers):
        for name in ("weight", "bias"):
            part = getattr(module, name)
            if part is not None and not isinstance(
                    part, nn.Parameter):
                raise TypeError(
                    f"the {name} is computed, as by weight_norm or"
                    " prune: call this before")
        nn.init.kaiming_normal_(module.weight,
                                nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
# --8<-- [end:init_for_relu]


# --8<-- [start:assert_signal_kept]
def assert_signal_kept(model: nn.Module,
                       x: torch.Tensor) -> None:
    """Check that the output differs between samples about as x
    does.

    `x` is (B, ...), of floating dtype, and `model(x)` is a
    tensor. A copy of `model` runs on a copy of `x`, so both
    stay as they are.

    Raises:
        AssertionError: it differs fifty times less or more
            than x.
        TypeError: x is of another dtype, for example token
            ids.
        Undecided: the samples of x are equal or not finite,
            or it fades and a weight is all zeros, as a last
            layer may be on purpose: leave this layer out.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html
    """
    if not x.is_floating_point():
        raise TypeError(f"x is of {x.dtype}: give it features")

    def spread(signal: torch.Tensor) -> float:
        wide = signal.double()
        return (wide
                - wide.mean(0)).square().mean().sqrt().item()

    given = float("nan") if x.is_meta else spread(x.detach())
    if not 0 < given < float("inf"):
        raise Undecided(
            "the samples of x are equal or not finite")
    with (torch.no_grad(), torch.random.fork_rng(range(
            torch.cuda.device_count()))):
        ratio = spread(copied(model)(x.clone())) / given
    for name, weight in model.named_parameters():
        if ratio < 0.02 and weight.dim() > 1 and (
                not weight.any()):
            raise Undecided(f"{name} is all zeros: give the "
                            "model without this layer")
    assert 0.02 < ratio < 50, (
        f"the signal {'fades' if ratio < 1 else 'grows'}: samples "
        f"differ {ratio:.0e} times as much as in x")
# --8<-- [end:assert_signal_kept]
