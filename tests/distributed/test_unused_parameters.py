import pytest
import torch
from torch import nn

from snippets.distributed.gradient_averaging import run_ranks
from snippets.distributed.unused_parameters import train_two_steps, without_gradient
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(without_gradient, "it takes a model and asks which gradients are None"),
    LeftOut(train_two_steps, "it makes its own model and inputs"),
]


def step_twice(rank, case, find):
    model = nn.ModuleDict({"body": nn.Linear(2, 2), "head": nn.Linear(2, 1)})

    def forward(x):
        features = model["body"](x)
        return features, model["head"](features)

    model.forward = forward
    wrapped = DistributedDataParallel(  # noqa: F821
        model, find_unused_parameters=find)
    for _ in range(2):
        features, output = wrapped(torch.ones(1, 2))
        if case == "features alone":
            loss = features.sum()
        elif case == "features detached":
            loss = model["head"](features.detach()).sum()
        elif case == "all detached":
            loss = nn.Parameter(torch.ones(1)) * (features.sum() + output.sum()).detach()
        elif case == "second without grad":
            features.sum().backward()
            with torch.no_grad():
                wrapped(torch.ones(1, 2))
            return "no error"
        else:
            loss = features.sum() + 0 * output.sum()
        loss.backward()
    if case == "all detached":
        return [p.grad for p in model.parameters()]
    return model["head"].bias.grad.tolist()


@pytest.mark.parametrize(("case", "indices"), [
    ("features alone", "2 3"), ("features detached", "0 1")])
def test_an_output_thrown_away_or_detached_has_its_parameters_named(case, indices):
    with pytest.raises(RuntimeError, match=f"did not receive grad for rank 0: {indices}"):
        run_ranks(step_twice, case, False)


def test_the_flag_does_not_see_a_layer_that_is_called_outside_of_forward():
    with pytest.raises(RuntimeError, match="finished reduction in the prior iteration"):
        run_ranks(step_twice, "features detached", True)


@pytest.mark.parametrize("find", [False, True])
def test_a_loss_that_detaches_all_outputs_raises_nothing_and_trains_nothing(find):
    assert run_ranks(step_twice, "all detached", find) == [[None] * 4, [None] * 4]


def test_a_forward_without_a_graph_does_not_raise():
    assert run_ranks(step_twice, "second without grad", False) == ["no error", "no error"]


def test_a_zero_weight_in_the_loss_quiets_the_error_and_trains_nothing():
    assert run_ranks(step_twice, "features and 0 * output", False) == [[0.0], [0.0]]


def test_the_average_divides_by_all_ranks_whichever_used_the_head():
    assert train_two_steps(uses_head=[False, True], find=True) == [1.0, 1.0]


def test_frozen_and_used_parameters_are_not_named(device):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)).to(device)
    model[1].requires_grad_(False)
    model[0](torch.ones(1, 2, device=device)).sum().backward()
    assert without_gradient(model) == ["2.weight", "2.bias"]


def test_a_gradient_of_zero_is_a_gradient(device):
    model = nn.Linear(2, 1).to(device)
    (0 * model(torch.ones(1, 2, device=device))).sum().backward()
    assert without_gradient(model) == []
    model.zero_grad()
    assert without_gradient(model) == ["weight", "bias"]


def test_a_gradient_of_zero_is_decayed_and_none_is_not(device):
    for loss, shrinks in [(lambda y: 0 * y.sum(), True), (lambda y: torch.ones(1), False)]:
        model = nn.Linear(2, 1).to(device)
        before = model.weight.detach().clone()
        value = loss(model(torch.ones(1, 2, device=device)))
        if value.requires_grad:
            value.backward()
        torch.optim.AdamW(model.parameters(), lr=0.1).step()
        assert torch.equal(model.weight, before) == (not shrinks)
