import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from snippets.generative.gan_steps import train_gan_step
from tests.awkward import LeftOut

AWKWARD = [LeftOut(train_gan_step, "it trains two networks; the tests below compare its gradients")]


def networks(device):
    G = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    return G.double().to(device), D.double().to(device)


def descend(model, loss):
    grads = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for p, grad in zip(model.parameters(), grads, strict=True):
            p -= 0.1 * grad


@pytest.mark.parametrize("steps", [1, 3])
def test_each_step_uses_the_gradient_of_its_own_loss(device, steps):
    G, D = networks(device)
    g, d = copy.deepcopy(G), copy.deepcopy(D)
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.1) for m in (G, D)]
    for _ in range(steps):
        real = torch.randn(4, 2, dtype=torch.float64, device=device)
        noise = torch.randn(4, 3, dtype=torch.float64, device=device)
        losses = train_gan_step(G, D, *optimizers, real, noise)
        zeros = torch.zeros(4, 1, dtype=torch.float64, device=device)
        loss_d = bce(d(real), zeros + 1) + bce(d(g(noise)), zeros)
        descend(d, loss_d)
        loss_g = bce(d(g(noise)), zeros + 1)
        descend(g, loss_g)
        torch.testing.assert_close(losses, (loss_d, loss_g))
    for ours, theirs in [(G, g), (D, d)]:
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_the_losses_hold_no_graph(device):
    G, D = networks(device)
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.1) for m in (G, D)]
    x = torch.zeros(1, 3, dtype=torch.float64, device=device)
    assert not any(loss.requires_grad for loss in train_gan_step(G, D, *optimizers, x[:, :2], x))


@pytest.mark.parametrize("frozen", [0, 1])
def test_a_frozen_network_raises(device, frozen):
    pair = [nn.Linear(1, 1, device=device) for _ in range(2)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in pair]
    pair[frozen].requires_grad_(False)
    ones = torch.ones(2, 1, device=device)
    with pytest.raises(RuntimeError, match="no parameter to train"):
        train_gan_step(*pair, *optimizers, ones, ones)
