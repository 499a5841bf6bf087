import warnings

import pytest
import torch
from torch import nn

from snippets.optimization.scheduler_order import rates_used, scaled_step, train
from snippets.optimization.wrong_scheduler_order import train_scheduler_first
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(train, "it takes an optimizer and a scheduler, and no tensor"),
    LeftOut(scaled_step, "it takes a scaler; the test below gives it gradients of inf and nan"),
    LeftOut(rates_used, "it takes a loop, an optimizer and a scheduler"),
]



def make(device):
    weight = nn.Parameter(torch.ones(1, device=device))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    return weight, optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)


def test_each_step_uses_the_rate_of_its_place(device):
    _, *both = make(device)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rates_used(lambda *both: train(*both, steps=3), *both) == [1.0, 0.5, 0.25]
    assert not both[0]._optimizer_step_pre_hooks


def test_rates_that_are_tensors_are_copied(device):
    rate = torch.tensor(1.0, device=device)
    optimizer = torch.optim.Adam([nn.Parameter(torch.ones(1, device=device))], lr=rate)
    both = optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    assert rates_used(lambda *both: train(*both, steps=3), *both) == [1.0, 0.5, 0.25]
    assert train(*both, steps=2) == [0.125, 0.0625]


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_a_fused_optimizer_is_called_and_moves_nothing_in_a_step_that_overflows(device, kind):
    weight = nn.Parameter(torch.ones(1, device=device))
    optimizer = kind([weight], lr=1.0, fused=True)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    scaler, calls = torch.amp.GradScaler(device), []
    optimizer.register_step_pre_hook(lambda *_: calls.append(1))
    for slope, rate in [(float("inf"), 1.0), (1.0, 0.5)]:
        optimizer.zero_grad()
        scaler.scale((weight * slope).sum()).backward()
        scaled_step(scaler, optimizer, scheduler)
        assert scheduler.get_last_lr() == [rate]
        assert (weight.item() == 1) == (rate == 1)
    assert calls == [1, 1]


def test_the_reversed_order_skips_the_first_rate(device):
    _, *both = make(device)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        assert train_scheduler_first(*both, steps=3) == [0.5, 0.25, 0.125]


def test_the_scheduler_waits_for_a_step_that_is_taken(device):
    weight, optimizer, scheduler = make(device)
    scaler = torch.amp.GradScaler(device, init_scale=4.0, growth_interval=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for slope, rate in [(float("inf"), 1.0), (1.0, 0.5), (float("nan"), 0.5), (1.0, 0.25)]:
            optimizer.zero_grad()
            scaler.scale((weight * slope).sum()).backward()
            scaled_step(scaler, optimizer, scheduler)
            assert scheduler.get_last_lr() == [rate]


def test_the_rates_go_on_after_a_state_is_loaded_in_the_loop(device):
    def loop(optimizer, scheduler):
        train(optimizer, scheduler, steps=2)
        optimizer.load_state_dict(optimizer.state_dict())
        train(optimizer, scheduler, steps=2)

    _, *both = make(device)
    assert rates_used(loop, *both) == [1.0, 0.5, 0.25, 0.125]


def test_the_scheduler_waits_also_at_a_scale_of_0(device):
    weight, optimizer, scheduler = make(device)
    scaler = torch.amp.GradScaler(device, init_scale=1e-44)
    for _ in range(9):
        optimizer.zero_grad()
        scaler.scale((weight * float("inf")).sum()).backward()
        scaled_step(scaler, optimizer, scheduler)
    assert (scaler.get_scale(), weight.item(), scheduler.last_epoch) == (0, 1, 0)


def test_schedulers_that_do_not_warn_in_the_reversed_order(device):
    schedulers = torch.optim.lr_scheduler
    _, optimizer, _ = make(device)
    restarts = schedulers.CosineAnnealingWarmRestarts(optimizer, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert train_scheduler_first(optimizer, restarts, 1)[0] < 1
    with pytest.raises(NotImplementedError):
        schedulers.ReduceLROnPlateau(optimizer).get_lr()
