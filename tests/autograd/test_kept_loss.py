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
