"""Parameters that are lost on the way to the optimizer or the loss."""

import torch
from torch import nn


# --8<-- [start:layers_in_a_list]
class LayersInAList(nn.Module):
    """Keep layers where `parameters()` does not look."""

    def __init__(self, D: int, depth: int) -> None:
        """Make `depth` layers of D features and a head."""
        super().__init__()
        self.hidden = [nn.Linear(D, D) for _ in range(depth)]
        self.head = nn.Linear(D, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, D) to (B, 1)."""
        for layer in self.hidden:
            x = layer(x).relu()
        out: torch.Tensor = self.head(x)
        return out
# --8<-- [end:layers_in_a_list]


# --8<-- [start:detached_features]
class DetachedFeatures(nn.Module):
    """Take features from an encoder, and cut its gradient
    off."""

    def __init__(self, D: int) -> None:
        """Make an encoder and a head of D features."""
        super().__init__()
        self.encoder = nn.Linear(D, D)
        self.head = nn.Linear(D, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, D) to (B, 1)."""
        features = self.encoder(x).detach().clone()
        out: torch.Tensor = self.head(features)
        return out
# --8<-- [end:detached_features]


# --8<-- [start:groups_without_the_last]
def groups_without_the_last(
        model: nn.Module,
        lrs: dict[str, float]) -> torch.optim.AdamW:
    """Give each child of `model` its learning rate, not the
    last."""
    groups = []
    group: dict[str, object] = {}
    for name, lr in lrs.items():
        if group:
            groups.append(group)
        group = {
            "params": model.get_submodule(name).parameters(),
            "lr": lr}
    return torch.optim.AdamW(groups)
# --8<-- [end:groups_without_the_last]
