import pytest
import torch
from torch import nn

from snippets.modules.activation_checkpointing import Checkpointed, saved_bytes
from snippets.modules.wrong_activation_checkpointing import ReentrantFirstBlock
from tests.awkward import Case, LeftOut

AWKWARD = [
    Case(Checkpointed, lambda kind, x: kind(nn.Tanh())(x), like=torch.tanh, compiled=False),
    LeftOut(saved_bytes, "it takes a function"),
]


@pytest.mark.filterwarnings("ignore")
def test_the_reentrant_first_block_gets_no_gradient(device):
    model = ReentrantFirstBlock().to(device)
    model(torch.ones(2, 2, device=device)).sum().backward()
    assert model.block.weight.grad is None
    assert model.head.weight.grad is not None


@pytest.mark.parametrize("needs_grad", [False, True])
def test_values_and_gradients_are_those_of_the_block(device, needs_grad):
    block = nn.Sequential(nn.Linear(3, 3), nn.GELU(), nn.Linear(3, 3)).to(device, torch.float64)
    x = torch.randn(5, 3, device=device, dtype=torch.float64).requires_grad_(needs_grad)
    wanted = [*block.parameters()] + [x] * needs_grad
    results = []
    for run in (block, Checkpointed(block)):
        y = run(x)
        results.append((y, *torch.autograd.grad(y.square().sum(), wanted)))
    torch.testing.assert_close(*results)


@pytest.mark.parametrize("training", [True, False])
def test_the_block_runs_again_in_training_only(device, training):
    calls = []
    block = nn.Sequential(nn.Linear(2, 2), nn.Tanh()).to(device)
    block[0].register_forward_hook(lambda *_: calls.append(1))
    Checkpointed(block).train(training)(torch.ones(1, 2, device=device)).sum().backward()
    assert len(calls) == (2 if training else 1)


def test_saved_bytes_counts_each_tensor_once(device):
    x = torch.ones(4, device=device, requires_grad=True)
    assert saved_bytes(lambda: x * x) == 16
    assert saved_bytes(lambda: x + x) == 0


def test_saved_bytes_counts_a_view_as_the_memory_behind_it(device):
    x = torch.ones(8, device=device, requires_grad=True)
    assert saved_bytes(lambda: (x * x).sum() + (x[:2] * x[:2]).sum()) == 32
    ones = torch.ones(1, device=device).expand(8)
    assert saved_bytes(lambda: x * ones) == 4


def test_saved_bytes_leaves_out_graphs_that_are_gone(device):
    a = torch.ones(1000, device=device, requires_grad=True)
    block = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh()).to(device)
    x = torch.ones(100, 8, device=device)

    def last_of_three():
        for _ in range(3):
            y = a.exp()
        return y

    assert saved_bytes(last_of_three) == 4000
    assert saved_bytes(lambda: (block(x), block(x))[1]) == saved_bytes(lambda: block(x)) > 0
    assert saved_bytes(lambda: block(x).detach()) == 0


def test_the_state_of_the_cpu_generator_has_the_bytes_that_the_page_says():
    assert torch.get_rng_state().nbytes == 5056
