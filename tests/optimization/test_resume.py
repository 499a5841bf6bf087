import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, SequentialLR


def new_optimizer():
    return torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)


@pytest.mark.parametrize("make", [
    lambda optimizer: LambdaLR(optimizer, lambda step: 1.0, last_epoch=3),
    lambda optimizer: CosineAnnealingLR(optimizer, 5, last_epoch=3)])
def test_last_epoch_on_a_new_optimizer_raises(make):
    with pytest.raises(KeyError, match="initial_lr"):
        make(new_optimizer())


def test_last_epoch_of_sequential_on_a_new_optimizer_starts_the_warm_up_again():
    optimizer = new_optimizer()
    parts = [LinearLR(optimizer, 0.1, total_iters=3), CosineAnnealingLR(optimizer, 5)]
    SequentialLR(optimizer, parts, [3], last_epoch=3)
    assert round(optimizer.param_groups[0]["lr"], 2) == 0.1
