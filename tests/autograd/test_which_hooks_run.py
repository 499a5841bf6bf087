import copy

import pytest
import torch
from torch import nn

from snippets.autograd.which_hooks_run import on_output_gradient, record_outputs
from tests.awkward import Case


class Twice(nn.Module):
    def forward(self, x):
        return x * 2


def recorded(record, x):
    model = nn.Sequential(Twice(), nn.ReLU(inplace=True))
    with record(model, "0") as outputs:
        model(x)
    return outputs["0"][0]


def gradient(watch, x):
    model, seen = nn.Sequential(Twice(), nn.ReLU(inplace=True)), []
    watch(model[0], seen.append)
    y = model(x.detach().requires_grad_())
    y.backward(torch.ones_like(y))
    return seen[0]


def step(x):
    y = x.detach().requires_grad_() * 2
    return (~(y <= 0)).to(y.dtype)


AWKWARD = [
    Case(record_outputs, recorded, compiled=False,
         like=lambda x: (x.detach() * 2, nn.functional.relu(x * 2))[0]),
    Case(on_output_gradient, gradient, like=step, compiled=False),
]


def test_recording_removes_its_hooks_also_after_an_error(device):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU()).to(device)
    x = torch.ones(1, 2, device=device)
    with record_outputs(model, "0") as outputs:
        model(x)
    model(x)
    assert len(outputs["0"]) == 1
    with pytest.raises(ZeroDivisionError), record_outputs(model, "1"):
        raise ZeroDivisionError
    assert not any(module._forward_hooks for module in model.modules())


def test_each_call_is_recorded_without_a_graph(device):
    layer = nn.Linear(2, 2, device=device)
    model = nn.Sequential(layer, layer)
    with record_outputs(model, "0") as outputs:
        y = model(torch.ones(1, 2, device=device))
    assert len(outputs["0"]) == 2
    assert not any(output.requires_grad for output in outputs["0"])
    torch.testing.assert_close(outputs["0"][1], y.detach())


def test_names_that_are_not_there_and_outputs_that_are_no_tensors(device):
    model = nn.Sequential(nn.LSTM(2, 2)).to(device)
    with pytest.raises(AttributeError), record_outputs(model, "5"):
        pass
    with pytest.raises(TypeError, match=r"'0' returns no tensor, but tuple"), record_outputs(
            model, "0"):
        model(torch.ones(1, 2, device=device))
    on_output_gradient(model[0], print)
    with pytest.raises(TypeError, match="no tensor, but tuple"):
        model(torch.ones(1, 2, device=device))


CALLS = [lambda layer, x: layer.forward(x), lambda layer, x: x,
         lambda layer, x: nn.functional.linear(x, layer.weight)]


@pytest.mark.parametrize("call", CALLS)
def test_a_module_whose_hook_does_not_run_is_named(device, call):
    layer, x = nn.Linear(2, 2, device=device), torch.ones(1, 2, device=device)
    with pytest.raises(AssertionError, match=r"'' was not called as module\(x\)"), record_outputs(
            layer, ""):
        call(layer, x)


def test_what_is_used_does_not_change_the_gradient_and_no_grad_is_passed_over(device):
    layer = nn.Linear(2, 1, device=device)
    plain, x = copy.deepcopy(layer), torch.ones(3, 2, device=device)
    handle = on_output_gradient(layer, lambda gradient: gradient * 0)
    with torch.no_grad():
        layer(x)
    layer(x).sum().backward()
    plain(x).sum().backward()
    torch.testing.assert_close(layer.weight.grad, plain.weight.grad)
    handle.remove()
    assert not layer._forward_hooks


def test_two_registrations_run_twice_and_a_shared_layer_runs_its_hook_twice(device):
    seen, layer = [], nn.Linear(2, 2, device=device)
    for _ in range(2):
        layer.register_forward_hook(lambda *args: seen.append("ran"))
    layer(torch.ones(1, 2, device=device))
    assert len(seen) == 2


def test_a_detached_output_shares_the_memory_that_a_later_layer_writes(device):
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.ReLU(inplace=True)).to(device)
    nn.init.constant_(model[0].weight, -1)
    kept = []
    model[0].register_forward_hook(lambda module, args, y: kept.append(y.detach()))
    model(torch.ones(1, 1, device=device))
    assert kept[0].item() == 0


@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_grad_input_is_empty_for_keyword_arguments(device):
    seen, layer = [], nn.Linear(1, 1, device=device)
    layer.register_full_backward_hook(lambda module, grad_input, _: seen.append(grad_input))
    x = torch.ones(1, 1, requires_grad=True, device=device)
    layer(input=x).sum().backward()
    assert seen == [()]


def test_a_hook_with_kwargs_sees_keyword_arguments(device):
    seen, layer = [], nn.Linear(1, 1, device=device)
    layer.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append((len(args), [*kwargs])), with_kwargs=True)
    layer(input=torch.ones(1, 1, device=device))
    assert seen == [(0, ["input"])]
