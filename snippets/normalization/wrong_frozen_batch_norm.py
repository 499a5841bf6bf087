"""A backbone that is frozen until the next call of train."""

from torch import nn


# --8<-- [start:frozen_backbone_and_head]
def frozen_backbone_and_head(
    backbone: nn.Module, features: int,
) -> nn.Sequential:
    """Put a head on a backbone whose running statistics will
    move."""
    backbone.requires_grad_(False).eval()
    return nn.Sequential(backbone, nn.Linear(features, 1))
# --8<-- [end:frozen_backbone_and_head]
