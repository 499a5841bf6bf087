import pytest
import torch
import torch.nn.functional as F

from snippets.guards.every_parameter_used import every_parameter_used
from snippets.modules.module_list import Blocks
from snippets.modules.wrong_module_list import BlocksInAList
from tests.awkward import Case


def blocks_for(x):
    torch.manual_seed(0)
    dtype = x.dtype if x.is_floating_point() else torch.float32
    return Blocks(4, 2).to(x.device, dtype)


def written_out(x):
    model = blocks_for(x)
    for layer in model.blocks:
        x = x + F.linear(x, layer.weight, layer.bias).tanh()
    return F.linear(x, model.head.weight, model.head.bias)


def is_written_out(x, result):
    torch.testing.assert_close(result, written_out(x), equal_nan=True)


AWKWARD = [
    Case(Blocks, lambda kind, x: blocks_for(x)(x), holds=is_written_out, compiled=False),
]


def test_blocks_in_a_list_are_not_in_the_state_dict(device):
    assert list(BlocksInAList(4, 3).to(device).state_dict()) == ["head.weight", "head.bias"]
    assert len(Blocks(4, 3).to(device).state_dict()) == 8


def test_both_compute_the_same_with_the_same_weights(device):
    right, wrong = Blocks(4, 2).to(device).double(), BlocksInAList(4, 2).to(device).double()
    wrong.head, wrong.blocks = right.head, list(right.blocks)
    x = torch.randn(3, 4, device=device, dtype=torch.float64)
    torch.testing.assert_close(right(x), wrong(x))
    assert not torch.allclose(right(x), right.head(x), atol=1e-3)


def test_the_loss_reaches_weights_that_the_list_hides():
    right, wrong, x = Blocks(4, 3), BlocksInAList(4, 3), torch.ones(2, 4)
    every_parameter_used(lambda: right(x).sum(), right)
    with pytest.raises(AssertionError, match="Python list"):
        every_parameter_used(lambda: wrong(x).sum(), wrong)


def test_the_guard_does_not_find_frozen_layers_in_a_list():
    model = BlocksInAList(4, 1)
    model.blocks[0].requires_grad_(False)
    every_parameter_used(lambda: model(torch.ones(8, 4)).sum(), model)
