import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.checkpoint import checkpoint

from tests.shown import shown

PAGE = "docs/optimization/optimizer-in-backward.md"


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.1)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1)


def one_step_each(update, model):
    check = shown(PAGE, "assert_one_step_each",
                  register_optimizer_step_pre_hook=register_optimizer_step_pre_hook)
    check(update, model)


def backward(model):
    model(torch.ones(1, 1)).sum().backward()


@pytest.mark.parametrize(("name", "given"), [
    ("step_in_backward", []), ("step_at_the_last", [{"last": True}])])
def test_frozen_parameters_get_no_hook(name, given):
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    model[0].requires_grad_(False)
    assert len(shown(PAGE, name, nn=nn)(model, adam, *given)) == 2
    one_step_each(backward, model)


def test_the_guard_passes_for_an_unused_layer_and_leaves_no_hook():
    model = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
    optimizer = sgd(model.parameters())

    def update(model):
        optimizer.zero_grad()
        backward(model[0])
        optimizer.step()

    one_step_each(update, model)
    assert not any(p._post_accumulate_grad_hooks for p in model.parameters())


def test_the_guard_finds_a_parameter_without_a_step():
    model = nn.Linear(1, 1)
    optimizer = sgd([model.bias])

    def update(model):
        backward(model)
        optimizer.step()

    with pytest.raises(AssertionError, match="'weight': 0"):
        one_step_each(update, model)


@pytest.mark.parametrize(("size", "fails"), [(1e38, False), (1.0, True)])
def test_a_step_that_the_scaler_skips_is_no_alarm(size, fails):
    model = nn.Linear(1, 1)
    optimizer, scaler = sgd(model.parameters()), torch.amp.GradScaler("cpu")

    def update(model):
        scaler.scale(model(torch.full((1, 1), size)).sum()).backward()
        if not fails:
            scaler.step(optimizer)
            scaler.update()

    before = model.weight.detach().clone()
    if fails:
        with pytest.raises(AssertionError, match="'weight': 0"):
            one_step_each(update, model)
    else:
        one_step_each(update, model)
        assert scaler.get_scale() < 65536
    assert torch.equal(model.weight, before)


@pytest.mark.parametrize(("make", "weight"), [(sgd, -6552.6), (adam, 0.9)])
def test_a_scale_changes_the_step_of_sgd_and_not_of_adam(make, weight):
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    shown(PAGE, "step_in_backward")(model, make)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(model(torch.ones(1, 1)).sum()).backward()
    assert model.weight.item() == pytest.approx(weight, rel=1e-3)
    with pytest.raises(AssertionError, match="No inf checks"):
        scaler.step(make(model.parameters()))


@pytest.mark.parametrize(("reentrant", "calls"), [(True, 2), (False, 1)])
def test_how_often_the_hook_of_a_shared_weight_runs(reentrant, calls):
    layer, seen = nn.Linear(1, 1, bias=False), []
    layer.weight.register_post_accumulate_grad_hook(seen.append)
    x = torch.ones(1, 1, requires_grad=True)
    for _ in range(2):
        x = checkpoint(layer, x, use_reentrant=reentrant)
    x.sum().backward()
    assert len(seen) == calls
