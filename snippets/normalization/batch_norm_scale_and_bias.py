"""A convolution before batch norm, and the two folded into one."""

import copy

import torch
from torch import nn


# --8<-- [start:conv_batch_norm]
def conv_batch_norm(
    in_channels: int, out_channels: int,
) -> nn.Sequential:
    """Map (B, in, H, W) to (B, out, H, W); β is the only bias."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels))
# --8<-- [end:conv_batch_norm]


# --8<-- [start:undoing_scale_and_bias]
def undoing_scale_and_bias(
    x: torch.Tensor, eps: float = 1e-5,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the γ and β (C,) that make batch norm return x (B, C)."""
    return (x.var(0, correction=0) + eps).sqrt(), x.mean(0)
# --8<-- [end:undoing_scale_and_bias]


# --8<-- [start:fold_batch_norm]
@torch.no_grad()
def fold_batch_norm(
    conv: nn.Conv2d, norm: nn.BatchNorm2d,
) -> nn.Conv2d:
    """Return one convolution that equals conv, then norm in eval mode.

    Raises: ValueError where norm has no running statistics, or no
    weight and bias.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fusion.fuse_conv_bn_eval.html

    >>> conv = fold_batch_norm(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4))
    >>> conv.weight.shape, conv.bias.shape
    (torch.Size([4, 2, 3, 3]), torch.Size([4]))
    """
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("norm has no running statistics")
    if not norm.affine:
        raise ValueError("norm has no weight and bias")
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    bias = 0 if conv.bias is None else conv.bias
    weight = conv.weight * scale.view(-1, 1, 1, 1)
    folded = copy.deepcopy(conv).eval()
    folded.weight = nn.Parameter(weight)
    folded.bias = nn.Parameter(
        norm.bias + (bias - norm.running_mean) * scale)
    return folded
# --8<-- [end:fold_batch_norm]


# --8<-- [start:assert_biases_act]
@torch.no_grad()
def assert_biases_act(model: nn.Module, x: torch.Tensor) -> None:
    """Check that each bias of `model` changes its output for x.

    Calls a float64 copy, in the mode that `model` is in.

    Raises: AssertionError that names the biases without effect.
    """
    twin = copy.deepcopy(model).double()

    def run() -> torch.Tensor:
        with torch.random.fork_rng(range(torch.cuda.device_count())):
            out: torch.Tensor = twin(x.double())
            return out

    before, idle = run(), []
    for name, bias in twin.named_parameters():
        if name.endswith("bias"):
            saved = bias.clone()
            change = torch.arange(bias.numel()).to(bias).cos()
            bias.add_(change.view_as(bias))
            if torch.allclose(run(), before):
                idle.append(name)
            bias.copy_(saved)
    assert not idle, (
        f"no effect on the output: {', '.join(idle)}; set bias=False "
        "in a layer before batch norm")
# --8<-- [end:assert_biases_act]
