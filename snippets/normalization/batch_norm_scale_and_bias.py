"""A convolution before batch norm, and the two folded into one."""

from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from snippets.guards.judge import Undecided, copied


# --8<-- [start:conv_batch_norm]
def conv_batch_norm(
    in_channels: int, out_channels: int,
) -> nn.Sequential:
    """Map (B, in, H, W) to (B, out, H, W); β is the only
    bias."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1,
                  bias=False), nn.BatchNorm2d(out_channels))
# --8<-- [end:conv_batch_norm]


# --8<-- [start:undoing_scale_and_bias]
def undoing_scale_and_bias(
    x: torch.Tensor, eps: float = 1e-5,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the γ and β (C,) that make batch norm return x
    (B, C).

    In training mode. γ is inf where the variance of x
    overflows, in float32 from a deviation of about 1e19 on.

    Raises: TypeError where x is not floating, RuntimeError
        where it is float8.
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    gamma = (wide.var(0, correction=0) + eps).sqrt()
    return gamma.to(x.dtype), wide.mean(0).to(x.dtype)
# --8<-- [end:undoing_scale_and_bias]


# --8<-- [start:fold_batch_norm]
@torch.no_grad()
def fold_batch_norm(
    conv: nn.Conv2d, norm: nn.BatchNorm2d,
) -> nn.Conv2d:
    """Return one convolution that equals conv, then norm in
    eval mode.

    Raises:
        TypeError: conv is no nn.Conv2d: a transposed one, for
            example.
        ValueError: norm has no running statistics, or channels
            that are not conv's.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fusion.fuse_conv_bn_eval.html

    >>> conv = fold_batch_norm(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4))
    >>> conv.weight.shape, conv.bias.shape
    (torch.Size([4, 2, 3, 3]), torch.Size([4]))
    """
    if not isinstance(conv, nn.Conv2d):
        raise TypeError(f"{type(conv).__name__} is no Conv2d")
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("norm has no running statistics")
    if norm.num_features != conv.out_channels:
        raise ValueError(
            f"{conv.out_channels} channels, {norm.num_features} in norm")
    weight = conv.weight
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = norm.weight * scale
    shift = -norm.running_mean if conv.bias is None else (
        conv.bias - norm.running_mean)
    beta = 0 if norm.bias is None else norm.bias
    options: dict[str, Any] = {
        name: getattr(conv, name)
        for name in ("in_channels", "out_channels",
                     "kernel_size", "stride", "padding",
                     "dilation", "groups", "padding_mode")}
    folded = nn.Conv2d(
        **options, device=weight.device, dtype=weight.dtype)
    folded.weight.copy_(weight * scale.view(-1, 1, 1, 1))
    assert folded.bias is not None
    folded.bias.copy_(beta + shift * scale)
    return folded.eval()
# --8<-- [end:fold_batch_norm]


# --8<-- [start:assert_biases_act]
@torch.no_grad()
def assert_biases_act(model: nn.Module,
                      x: torch.Tensor) -> None:
    """Check that each bias of `model` changes its output for
    x.

    x is a batch that `model` takes in its mode, and the output
    one tensor. A float64 copy is called, on copies of x.

    Raises:
        AssertionError: names the biases without effect.
        Undecided: there is no bias, the output is empty, on
            meta or not finite, or a batch norm is in eval
            mode, where the bias before it acts.
    """
    twin = copied(model).double()
    x = x.double() if x.is_floating_point() else x
    if any(isinstance(part, _BatchNorm) and not part.training
           and part.running_mean is not None
           for part in twin.modules()):
        raise Undecided(
            "batch norm is in eval mode: call train()")

    def run() -> torch.Tensor:
        with torch.random.fork_rng(
                range(torch.cuda.device_count())):
            out: torch.Tensor = twin(x.clone())
            return out

    before = run()
    if before.is_meta or not before.numel():
        raise Undecided("the output holds no numbers")
    effects: dict[str, list[float]] = {}
    for name, bias in twin.named_parameters():
        if "bias" in name.rpartition(".")[2]:
            saved = bias.clone()
            change = torch.arange(bias.numel()).to(bias).cos()
            effects[name] = []
            # rounding does not grow by it
            for factor in (1.0, 1e4):
                bias.add_(factor * change.view_as(bias))
                effects[name].append(
                    (run() - before).abs().max().item())
                bias.copy_(saved)
    if not effects or not before.isfinite().all():
        raise Undecided(
            "there is no bias, or no finite output")
    size = max(before.abs().max().item(),
               *(unit for unit, _ in effects.values()))
    idle = [name for name, both in effects.items()
            if max(both) <= 1e-6 * size]
    assert not idle, (
        f"no effect on the output: {', '.join(idle)}; before a batch "
        "norm set bias=False")
# --8<-- [end:assert_biases_act]
