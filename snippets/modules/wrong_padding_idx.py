"""An init function that fills the padding row."""

from torch import nn


# --8<-- [start:init_every_row]
def init_every_row(module: nn.Module) -> None:
    """Draw all rows of an embedding, the padding row among
    them."""
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
# --8<-- [end:init_every_row]
