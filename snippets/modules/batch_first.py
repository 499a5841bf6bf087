"""A transformer encoder that takes B×L×D."""

from torch import nn


# --8<-- [start:batch_first_encoder]
def batch_first_encoder(
    features: int, heads: int, layers: int,
) -> nn.TransformerEncoder:
    """Make an encoder that takes and returns (B, L, features).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html

    >>> batch_first_encoder(4, 2, layers=3).num_layers
    3
    """
    layer = nn.TransformerEncoderLayer(
        features, heads, dim_feedforward=4 * features,
        dropout=0.0, batch_first=True)
    return nn.TransformerEncoder(layer, layers)
# --8<-- [end:batch_first_encoder]
