"""Modules that give another output, or keep something, in eval mode."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:dropout_in_eval]
class DropoutInEval(nn.Module):
    """Classify images (N, C, H, W) by their largest
    features."""

    def __init__(self, channels: int, classes: int) -> None:
        """Make the classifier."""
        super().__init__()
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, classes) of `x`."""
        x = F.dropout(x.amax(dim=(2, 3)), 0.1)
        logits: torch.Tensor = self.classifier(x)
        return logits
# --8<-- [end:dropout_in_eval]


# --8<-- [start:state_of_the_batch_before]
class StateOfTheBatchBefore(nn.Module):
    """Read sequences (B, L, D), on from where the last one
    ended."""

    def __init__(self, features: int) -> None:
        """Make the recurrent layer."""
        super().__init__()
        self.layer = nn.GRU(features, features,
                            batch_first=True)
        self.state: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D)."""
        output: torch.Tensor
        output, self.state = self.layer(x, self.state)
        return output
# --8<-- [end:state_of_the_batch_before]


# --8<-- [start:code_follows_the_data]
class CodeFollowsTheData(nn.Module):
    """Replace vectors (N, D) by codes, which move to the
    vectors."""

    def __init__(self, codes: int, features: int) -> None:
        """Make the codes, of shape (codes, D)."""
        super().__init__()
        self.codes: torch.Tensor
        self.register_buffer("codes",
                             torch.randn(codes, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the nearest codes, of shape (N, D)."""
        nearest = torch.cdist(x, self.codes).argmin(dim=1)
        output = self.codes[nearest]
        for code in nearest.unique():
            mean = x[nearest == code].mean(dim=0).detach()
            self.codes[code] = self.codes[code].lerp(
                mean, 0.01)
        return output
# --8<-- [end:code_follows_the_data]


# --8<-- [start:relu_on_the_input]
class ReluOnTheInput(nn.Module):
    """A residual block of images (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        """Make the branch."""
        super().__init__()
        self.branch = nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W)."""
        branch: torch.Tensor = self.branch(x)
        return x + branch
# --8<-- [end:relu_on_the_input]
