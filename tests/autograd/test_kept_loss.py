from collections import deque

import pytest
import torch
from torch import nn

from snippets.autograd.kept_loss import (
    assert_holds_no_graph,
    count_nodes,
    train_and_average,
    watch_outputs,
)
from snippets.autograd.wrong_kept_loss import train_and_sum_tensors
from tests.awkward import Case, Guard


def product(x):
    return torch.ones((), requires_grad=True) * x.detach()


def is_two(x, found):
    assert found == 2


def watched(watch, x):
    layer = nn.Identity()
    outputs, y = watch(layer), layer(x)
    return len(outputs) == 1 and outputs[0]() is y


def is_true(x, found):
    assert found is True


def trained(average, x):
    dtype = x.dtype if x.is_floating_point() or x.is_complex() else torch.float32
    model = nn.Linear(4, 1, bias=False, dtype=dtype, device=x.device)
    nn.init.ones_(model.weight)
    return average(model, torch.optim.SGD(model.parameters(), lr=0.1), [x])


def mean_square(x):
    dtype = x.dtype if x.is_floating_point() or x.is_complex() else torch.float32
    ones = torch.ones(1, 4, dtype=dtype, device=x.device)
    return nn.functional.linear(x, ones).square().mean()


AWKWARD = [
    Case(count_nodes, lambda count, x: count(product(x)), holds=is_two, compiled=False),
    Case(watch_outputs, watched, holds=is_true, compiled=False),
    Case(train_and_average, trained, like=mean_square, compiled=False),
    Guard(assert_holds_no_graph, right=lambda check, x: check({"a": [x.detach()]}),
          wrong=lambda check, x: check({"a": [product(x)]})),
]


def trainer(device, lr=0.0):
    torch.manual_seed(0)
    model = nn.Linear(3, 2, device=device, dtype=torch.float64)
    return model, torch.optim.SGD(model.parameters(), lr=lr)


@pytest.mark.parametrize("lr", [0.0, 0.1])
def test_the_average_is_the_sum_without_its_graph(device, lr):
    batches = torch.randn(7, 4, 3, device=device, dtype=torch.float64)
    total = train_and_sum_tensors(*trainer(device, lr), batches)
    average = train_and_average(*trainer(device, lr), batches)
    torch.testing.assert_close(average, total.detach() / 7)
    assert count_nodes(average) == 0
    assert count_nodes(total) >= 7 * 3


def test_the_trained_model_is_the_same(device):
    batches = torch.randn(7, 4, 3, device=device, dtype=torch.float64)
    kept, detached = trainer(device, 0.1), trainer(device, 0.1)
    start = kept[0].weight.detach().clone()
    train_and_sum_tensors(*kept, batches)
    train_and_average(*detached, batches)
    torch.testing.assert_close(kept[0].weight, detached[0].weight)
    assert not torch.equal(kept[0].weight, start)


def test_count_nodes_counts_a_shared_node_once(device):
    x = torch.ones(1, requires_grad=True, device=device)
    y = x.exp()
    assert count_nodes(x) == 0
    assert count_nodes(y + y) == 3


VIEWS = [lambda y: y[:, 0], lambda y: y.T, lambda y: y.reshape(-1), lambda y: y.unbind(1)[1],
         lambda y: y[0][0]]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_view_keeps_the_graph_of_its_base(device, view, mode):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2)).to(device)
    outputs = watch_outputs(model[1])
    y = model(torch.ones(4, 2, device=device))
    nodes = count_nodes(y)
    with mode():
        kept = view(y)
    del y
    assert kept.grad_fn is None
    assert outputs[0]() is not None
    assert count_nodes(kept) == nodes
    with pytest.raises(AssertionError, match=r"^\['a'\] holds a graph \("):
        assert_holds_no_graph({"a": kept})
    kept = kept.detach()
    assert outputs[0]() is None
    assert count_nodes(kept) == 0
    assert_holds_no_graph({"a": kept})


def test_a_view_of_what_has_no_graph_holds_none(device):
    weight = torch.ones(2, requires_grad=True, device=device)
    with torch.no_grad():
        assert_holds_no_graph([weight[0], (weight * 2)[0]])
        assert count_nodes(weight[0]) == 0
    assert count_nodes((weight * 2)[0]) == 3


def test_a_watched_output_is_not_kept_alive_by_watching(device):
    layer = nn.Linear(2, 2, device=device)
    outputs = watch_outputs(layer)
    y = layer(torch.ones(1, 2, device=device))
    assert outputs[0]() is y
    del y
    assert outputs[0]() is None


@pytest.mark.parametrize(("wrap", "place"), [
    (lambda x: x, "the tensor"), (lambda x: [0, x], r"\[1\]"),
    (lambda x: {"a": (x,)}, r"\['a'\]\[0\]")])
def test_the_guard_names_the_place(device, wrap, place):
    x = torch.ones(1, requires_grad=True, device=device)
    assert_holds_no_graph(wrap(x))
    assert_holds_no_graph(wrap(x.exp().detach()))
    with pytest.raises(AssertionError, match=f"^{place} holds a graph .ExpBackward0"):
        assert_holds_no_graph(wrap(x.exp()))


@pytest.mark.parametrize("wrap", [lambda x: deque([x]), lambda x: {x}, lambda x: frozenset([x])])
def test_the_guard_looks_into_deques_and_sets(device, wrap):
    x = torch.ones(1, requires_grad=True, device=device)
    assert_holds_no_graph(wrap(x))
    with pytest.raises(AssertionError, match=r"^\[0\] holds a graph"):
        assert_holds_no_graph(wrap(x.exp()))


def test_each_output_of_an_lstm_is_watched(device):
    lstm = nn.LSTM(2, 3, device=device)
    outputs = watch_outputs(lstm)
    y, (h, c) = lstm(torch.ones(1, 1, 2, device=device))
    assert [output() is each for output, each in zip(outputs, [y, h, c], strict=True)] == [True] * 3


def test_no_batch_has_no_average(device):
    with pytest.raises(ValueError, match="no batch"):
        train_and_average(*trainer(device), [])


def test_each_output_in_a_dict_is_watched(device):
    class Named(nn.Module):
        def forward(self, x):
            return {"logits": x + 1, "hidden": [x + 2]}

    model = Named()
    outputs = watch_outputs(model)
    y = model(torch.ones(1, device=device))
    assert [output() is each for output, each in zip(
        outputs, [y["logits"], *y["hidden"]], strict=True)] == [True, True]
