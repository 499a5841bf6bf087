"""Training loops whose steps use old gradients, or drop new ones."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:train_with_zero_grad_once]
def train_with_zero_grad_once(
        model: nn.Module,
        batches: Sequence[torch.Tensor]) -> None:
    """Clear the gradients before the loop, and not in it."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    for x in batches:
        model(x).square().mean().backward()
        optimizer.step()
# --8<-- [end:train_with_zero_grad_once]


# --8<-- [start:train_on_the_last_part]
def train_on_the_last_part(
        model: nn.Module,
        batches: Sequence[torch.Tensor]) -> None:
    """Clear the gradients for each of the two parts of a
    batch."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in batches:
        for part in x.chunk(2):
            optimizer.zero_grad()
            (model(part).square().mean() / 2).backward()
        optimizer.step()
# --8<-- [end:train_on_the_last_part]


# --8<-- [start:train_gan_on_both_losses]
def train_gan_on_both_losses(
        model: nn.ModuleDict,
        images: Sequence[torch.Tensor]) -> None:
    """Train a discriminator on the loss of the generator,
    too."""
    G, D = model["generator"], model["discriminator"]
    opt_G = torch.optim.Adam(G.parameters())
    opt_D = torch.optim.Adam(D.parameters())
    for real in images:
        opt_G.zero_grad()
        opt_D.zero_grad()
        fake = G(torch.randn_like(real))
        F.softplus(-D(fake)).mean().backward()
        opt_G.step()
        loss = F.softplus(-D(real)) + F.softplus(
            D(fake.detach()))
        loss.mean().backward()
        opt_D.step()
# --8<-- [end:train_gan_on_both_losses]
