import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sitekit.read.needed import needed
from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.judge import Undecided
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.short_loss_guards import (
    check_mean,
    check_parts,
    check_perfect,
    check_reference,
    check_twice,
    numbers,
)
from tests.awkward import Guard, LeftOut
from tests.guards.verdicts import RIGHT, WRONG, verdicts_of
from tests.guide import GUIDE

SHORT = {perfect_prediction_costs_nothing: check_perfect, loss_is_mean_of_samples: check_mean,
         agrees_with_reference: check_reference}
CHECKS = [check_perfect, check_mean, check_twice, check_reference, check_parts]


class Layer(nn.Module):
    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, x):
        return self.call(x)


class Remembers(nn.Module):
    last = None

    def forward(self, x):
        before, self.last = self.last, x
        return x if before is None else x + before.mean()


def parted(x):
    return [(x[:1],), (x[1:],)]


def weighing(x):
    layer = nn.Module()
    layer.weight = nn.Parameter(torch.ones(x.shape[1:], device=x.device))
    return layer


def mean_of(model, x):
    return torch.real(model.weight * x).mean()


def add_up(model, parts):
    count = sum(len(x) for x, in parts)
    for x, in parts:
        (mean_of(model, x) * len(x) / count).backward()


def mean_of_means(model, parts):
    for x, in parts:
        (mean_of(model, x) / len(parts)).backward()


def wide(x):
    return torch.view_as_real(x.to(torch.complex128))


def away(x, y):
    return (wide(x) - wide(y)).abs().mean()


AWKWARD = [
    LeftOut(numbers, "the checks below call it on each tensor"),
    Guard(check_perfect, right=lambda guard, x: guard(away, x, x),
          wrong=lambda guard, x: guard(lambda x, y: away(x, y) + wide(y).abs().max() + 1, x, x)),
    Guard(check_mean, right=lambda guard, x: guard(lambda x, y: wide(x).square().mean(), x, x),
          wrong=lambda guard, x: guard(lambda x, y: wide(x).square().sum(), x, x)),
    Guard(check_twice, right=lambda guard, x: guard(Layer(lambda x: x.clone()), x),
          wrong=lambda guard, x: guard(Layer(lambda x: torch.rand(x.shape)), x)),
    Guard(check_reference, right=lambda guard, x: guard(lambda x: x * 2, lambda x: x + x, x),
          wrong=lambda guard, x: guard(lambda x: x * 2, lambda x: x * 3, x)),
    Guard(check_parts, right=lambda guard, x: guard(add_up, weighing(x), parted(x)),
          wrong=lambda guard, x: guard(mean_of_means, weighing(x), parted(x))),
]


# --- the losses and layers of the full guards ----------------------------------------


@pytest.fixture(scope="module")
def verdicts():
    found = {name: {guard: each for guard, (each, _) in verdicts_of(name, SHORT).items()}
             for name in [*RIGHT, *WRONG]}
    return {name: each for name, each in found.items() if each}


def test_no_right_loss_fails(verdicts):
    assert [name for name in RIGHT if "fail" in verdicts.get(name, {}).values()] == []
    assert sum("pass" in verdicts.get(name, {}).values() for name in RIGHT) >= 20


@pytest.mark.parametrize("guard", [guard.__name__ for guard in SHORT])
def test_each_tells_right_from_wrong(verdicts, guard):
    assert any(verdicts.get(name, {}).get(guard) == "pass" for name in RIGHT)
    assert any(verdicts.get(name, {}).get(guard) == "fail" for name in WRONG)


# --- how long they are, and what they leave -----------------------------------------


@pytest.mark.parametrize("name", [check.__name__ for check in CHECKS])
def test_each_check_is_short(name):
    path = "snippets/guards/short_loss_guards.py"
    assert needed(GUIDE.text, path, name).count("\n") < 80


def test_model_generator_and_input_are_as_they_were():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout())
    model[0].weight.grad = torch.ones(3, 3)
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    x = torch.linspace(0, 1, 12, requires_grad=True).view(4, 3)
    check_twice(model, x)
    check_reference(model, copy.deepcopy(model), x)
    check_parts(lambda model, parts: sum(
        model[0](x).sum() for x, in parts).backward(), model, [(x[:1],), (x[1:],)])
    torch.testing.assert_close(model.state_dict(), before)
    assert torch.equal(model[0].weight.grad, torch.ones(3, 3))
    assert model.training
    assert torch.equal(torch.get_rng_state(), state)
    assert x.requires_grad


def test_a_loss_that_writes_into_its_input_leaves_it():
    x, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[1.0], [2.0], [4.0]])
    kept = x.clone()
    check_perfect(lambda x, y: x.sub_(y).abs().mean(), x, y)
    assert torch.equal(x, kept)
    check_mean(lambda x, y: x.mul_(2).mean(), x, y)
    assert torch.equal(x, kept)


# --- what they find -------------------------------------------------------------------


@pytest.mark.parametrize("model", [
    Layer(F.dropout), Layer(lambda x: x + torch.rand(1)), Remembers()])
def test_noise_and_memory_in_eval_mode_fail(model):
    with pytest.raises(AssertionError, match="the same data give another output"):
        check_twice(model, torch.arange(6.0).view(2, 3))


def test_a_layer_that_is_scaled_another_way_fails():
    x = torch.randn(2, 4)
    check_reference(nn.LayerNorm(4), nn.LayerNorm(4), x)
    with pytest.raises(AssertionError, match="the output differs"):
        check_reference(lambda x: (x - x.mean(-1, True)) / x.std(-1, keepdim=True),
                        nn.LayerNorm(4), x)
    with pytest.raises(AssertionError, match="the gradient by float input 0 differs"):
        check_reference(lambda x: F.relu(x.detach()) + 0 * x, F.relu, x)
    with pytest.raises(RuntimeError, match="Missing key"):
        check_reference(nn.Sequential(nn.Linear(4, 4)), nn.Linear(4, 4), x)


def test_a_comparison_gives_booleans():
    x = torch.tensor([-1.0, 2.0])
    check_reference(lambda x: x > 0, lambda x: x.gt(0), x)
    with pytest.raises(AssertionError, match="the output differs"):
        check_reference(lambda x: x > 0, lambda x: x.lt(0), x)


def test_a_gradient_that_is_rounding_is_compared_as_0():
    x = torch.linspace(-1, 1, 7)
    check_reference(lambda x: x.softmax(0).sum(), lambda x: (x.exp() / x.exp().sum()).sum(), x)
    with pytest.raises(AssertionError, match="the gradient by float input 0 differs"):
        check_reference(lambda x: x.softmax(0).sum() + 1e-9 * (x - x.detach()).sum(),
                        lambda x: (x.exp() / x.exp().sum()).sum(), x)


def test_a_sparse_gradient_adds_up():
    index, target = torch.tensor([0, 1, 1, 2]), torch.randn(4, 2)

    def add(model, parts):
        for index, target in parts:
            ((model(index) - target).square().mean() * len(index) / 4).backward()

    check_parts(add, nn.Embedding(3, 2, sparse=True),
                [(index[:3], target[:3]), (index[3:], target[3:])])


def test_classes_are_compared_by_their_logits():
    logits = torch.tensor([[1e3, -1e3], [-1e3, 1e3]])
    check_perfect(F.cross_entropy, logits, torch.tensor([0, 1]))
    with pytest.raises(AssertionError, match="a perfect prediction costs"):
        check_perfect(lambda x, y: F.cross_entropy(x.softmax(1), y), logits,
                      torch.tensor([0, 1]))


@pytest.mark.parametrize("call", [
    lambda: check_perfect(F.mse_loss, torch.ones(2), torch.ones(2)),
    lambda: check_perfect(F.mse_loss, torch.ones(()), torch.ones(())),
    lambda: check_mean(F.mse_loss, torch.ones(()), torch.ones(())),
    lambda: check_perfect(lambda x, y: 0 * (x - y).sum(), torch.randn(3), torch.randn(3)),
    lambda: check_perfect(lambda x, y: (x.sum() - y.sum()).abs(), *[torch.arange(3.0)] * 2),
    lambda: check_mean(F.mse_loss, torch.ones(2), torch.zeros(2)),
    lambda: check_mean(lambda x, y: x.mean() - y.mean(), torch.randn(4), torch.randn(3)),
    lambda: check_mean(F.mse_loss, torch.nested.nested_tensor([torch.ones(2)]), torch.ones(1)),
    lambda: check_mean(F.mse_loss, torch.ones(2),
                       torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)),
    lambda: check_parts(add_up, weighing(torch.ones(3)), []),
    lambda: check_perfect(lambda x, y: x, torch.randn(3, 2), torch.randn(3, 2)),
    lambda: check_mean(lambda x, y: x, torch.randn(3, 2), torch.randn(3, 2)),
    lambda: check_twice(nn.Identity(), torch.ones(2)),
    lambda: check_twice(Layer(lambda x: (x, x)), torch.randn(2)),
    lambda: check_reference(F.relu, F.relu, torch.arange(3)),
    lambda: check_reference(F.relu, F.relu, torch.tensor([torch.nan])),
    lambda: check_parts(add_up, weighing(torch.ones(4, 3)), [(torch.ones(2, 3),)] * 2),
    lambda: check_parts(lambda *_: None, weighing(torch.ones(3, 3)), parted(torch.ones(3, 3))),
    lambda: check_parts(add_up, weighing(torch.ones(3)), [(torch.ones(()),)]),
])
def test_what_tells_nothing_is_undecided(call):
    with pytest.raises(Undecided):
        call()
