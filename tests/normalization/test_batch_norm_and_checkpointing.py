import copy

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from snippets.normalization.batch_norm_and_checkpointing import checkpoint_once
from tests.awkward import Case

AWKWARD = [
    Case(checkpoint_once, lambda once, x: once(nn.Tanh(), x), like=torch.tanh, compiled=False),
]

BLOCKS = {
    "batch norm": lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU()),
    "cumulative": lambda: nn.BatchNorm1d(4, momentum=None),
    "spectral norm": lambda: nn.utils.spectral_norm(nn.Linear(4, 4)),
    "parametrized": lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4)),
    "dropout": lambda: nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(4)),
}


def step(run, block, x, times=1):
    torch.manual_seed(0)
    x = x.clone().requires_grad_()
    y = run(block, x)
    for i in range(times):
        y.square().mul(torch.arange(4, device=x.device)).sum().backward(retain_graph=i + 1 < times)
    return x.grad, [p.grad for p in block.parameters()], dict(block.named_buffers())


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("times", [1, 2])
def test_gradients_and_buffers_are_those_of_the_plain_step(device, name, times):
    torch.manual_seed(1)
    block = BLOCKS[name]().to(device)
    x = torch.randn(8, 4, device=device)
    plain, once = (step(run, copy.deepcopy(block), x, times)
                   for run in (lambda block, x: block(x), checkpoint_once))
    torch.testing.assert_close(once, plain)


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_plain_checkpoint_updates_twice(device, reentrant):
    norm = nn.BatchNorm1d(4).to(device)
    step(lambda block, x: checkpoint(block, x, use_reentrant=reentrant), norm,
         torch.randn(8, 4, device=device))
    assert norm.num_batches_tracked.item() == 2


def test_a_block_that_is_called_twice_counts_two(device):
    norm = nn.BatchNorm1d(4).to(device)
    again = copy.deepcopy(norm)
    x = torch.randn(8, 4, device=device)
    step(lambda block, x: checkpoint_once(block, checkpoint_once(block, x)), norm, x)
    again(again(x))
    torch.testing.assert_close(dict(norm.named_buffers()), dict(again.named_buffers()))


def test_a_function_is_refused(device):
    with pytest.raises(TypeError, match="must be a module"):
        checkpoint_once(torch.tanh, torch.ones(2, device=device))


class Growing(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x):
        self.seen = torch.cat([self.seen, self.seen])
        return self.layer(x).sin()


class Making(Growing):
    def forward(self, x):
        self.register_buffer("made", torch.ones(1, device=x.device))
        return self.layer(x).sin()


@pytest.mark.parametrize("kind", [Growing, Making])
def test_a_block_that_makes_or_reshapes_buffers_is_refused(device, kind):
    block = kind().to(device)
    y = checkpoint_once(block, torch.randn(8, 4, device=device, requires_grad=True))
    before = {name: buffer.clone() for name, buffer in block.named_buffers()}
    with pytest.raises(RuntimeError, match=r"^block makes or reshapes buffers$"):
        y.sum().backward()
    torch.testing.assert_close(dict(block.named_buffers()), before)
