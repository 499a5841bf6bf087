"""A step of a GAN: the discriminator, then the generator."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:train_gan_step]
def train_gan_step(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: torch.Tensor,
    noise: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Train D and then G for a step; return their losses,
    detached.

    `G(noise)` gives fakes like `real`, and `D` gives logits,
    above 0 for real. `opt_G` holds the parameters of G, and
    `opt_D` those of D. D must not change its input in place.

    Raises: RuntimeError where a network has no parameter to
    train.
    Source: https://docs.pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html
    """
    for network in (G, D):
        if not any(p.requires_grad
                   for p in network.parameters()):
            raise RuntimeError(
                "a network has no parameter to train")
    fake = G(noise)
    opt_D.zero_grad()
    loss_D = (F.softplus(-D(real)).mean()
              + F.softplus(D(fake.detach())).mean())
    loss_D.backward()
    opt_D.step()

    opt_G.zero_grad()
    loss_G = F.softplus(-D(fake)).mean()
    loss_G.backward()
    opt_G.step()
    return loss_D.detach(), loss_G.detach()
# --8<-- [end:train_gan_step]
