import copy

import pytest
import torch
from torch import nn


def test_a_deep_copy_has_weights_of_its_own():
    compiled = torch.compile(nn.Linear(1, 1, bias=False), backend="eager")
    twin = copy.deepcopy(compiled)
    with torch.no_grad():
        twin.weight.fill_(9)
    assert compiled.weight.item() != 9


def test_the_wrapper_of_a_sequential_has_no_items():
    layers = nn.Sequential(nn.Linear(1, 1))
    compiled = torch.compile(layers, backend="eager")
    with pytest.raises(TypeError, match="not subscriptable"):
        compiled[0]
    with pytest.raises(TypeError, match="not iterable"):
        iter(compiled)


def test_a_buffer_and_a_hook_of_the_wrapper_stay_there():
    model, runs = nn.Linear(1, 1), []
    compiled = torch.compile(model, backend="eager")
    compiled.register_buffer("scale", torch.ones(1))
    compiled.register_forward_hook(
        lambda *call: runs.append("hook"))
    model(torch.ones(1))
    assert "scale" not in model.state_dict()
    assert not runs
    compiled(torch.ones(1))
    assert runs


class Encoder(nn.Linear):
    def encode(self, x):
        return x * self.weight


def graphs(call):
    found = []
    torch.compiler.reset()

    def counting(graph, inputs):
        found.append(graph)
        return graph.forward

    call(Encoder(1, 1), counting)
    return len(found)


def test_forward_of_the_wrapper_is_compiled_and_in_place_only_the_call():
    x = torch.ones(1)

    def wrapped(model, backend):
        torch.compile(model, backend=backend).forward(x)

    def in_place(model, backend):
        model.compile(backend=backend)
        model.forward(x)
        model.encode(x)

    assert graphs(wrapped) == 1
    assert graphs(in_place) == 0
