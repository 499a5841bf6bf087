"""A bias in front of a batch norm, which subtracts it again."""

from torch import nn


# --8<-- [start:conv_with_cancelled_bias]
def conv_with_cancelled_bias(
    in_channels: int, out_channels: int,
) -> nn.Sequential:
    """Map (B, in, H, W) to (B, out, H, W), with a bias of no
    effect."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels))
# --8<-- [end:conv_with_cancelled_bias]
