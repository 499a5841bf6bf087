"""A transformer layer that takes samples for tokens."""

from torch import nn


# --8<-- [start:encoder_across_the_batch]
def encoder_across_the_batch(
    features: int, heads: int,
) -> nn.TransformerEncoderLayer:
    """Make a layer for (B, L, features) that attends along
    B."""
    return nn.TransformerEncoderLayer(
        features, heads, dim_feedforward=4 * features,
        dropout=0.0)
# --8<-- [end:encoder_across_the_batch]
