import shutil

import pytest
import torch
from torch import nn

BACKENDS = ["eager", "aot_eager", pytest.param("inductor", marks=pytest.mark.skipif(
    not shutil.which("g++"), reason="Inductor needs a C++ compiler for the CPU"))]


def build(backend="eager"):
    net = nn.Sequential(nn.Linear(1, 1, bias=False, device="cpu"), nn.ReLU())
    nn.init.constant_(net[0].weight, 2)
    return net, torch.compile(net, backend=backend), torch.ones(1, 1, device="cpu")


def zero(module, inputs, output):
    return output * 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_late_hook_is_ignored_until_a_reset(backend):
    net, compiled, x = build(backend)
    assert compiled(x).item() == 2
    net[0].register_forward_hook(zero)
    assert (compiled(x).item(), net(x).item()) == (2, 0)
    torch.compiler.reset()
    assert compiled(x).item() == 0


def test_an_early_hook_runs_and_can_be_removed_and_a_second_is_noticed():
    net, compiled, x = build()
    handle = net[0].register_forward_hook(zero)
    assert compiled(x).item() == 0
    handle.remove()
    assert compiled(x).item() == 2
    torch.compiler.reset()
    net, compiled, x = build()
    net[0].register_forward_hook(lambda *args: None)
    assert compiled(x).item() == 2
    net[0].register_forward_hook(zero)
    assert compiled(x).item() == 0


def test_a_hook_on_another_layer_is_ignored():
    net, compiled, x = build()
    net[0].register_forward_hook(lambda *args: None)
    assert compiled(x).item() == 2
    net[1].register_forward_hook(zero)
    assert (compiled(x).item(), net(x).item()) == (2, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_second_model_of_the_class_ignores_an_early_hook(backend):
    _, compiled, x = build(backend)
    assert compiled(x).item() == 2
    net, compiled, x = build(backend)
    net[0].register_forward_hook(zero)
    assert (compiled(x).item(), net(x).item()) == (2, 0)


@pytest.mark.parametrize("late", [False, True])
def test_a_forward_hook_of_the_wrapper_runs_and_a_backward_hook_does_not(late):
    _, compiled, x = build()
    if late:
        compiled(x)
    ran = []
    compiled.register_forward_hook(lambda *args: ran.append("forward"))
    compiled.register_full_backward_hook(lambda *args: ran.append("backward"))
    compiled(x.clone().requires_grad_()).sum().backward()
    assert ran == ["forward"]


def test_another_batch_size_compiles_with_the_hook():
    net, compiled, x = build()
    compiled(x)
    net[0].register_forward_hook(zero)
    assert compiled(x.expand(3, 1)).sum().item() == 0
    assert compiled(x).item() == 2


def test_a_new_forward_and_a_hook_of_a_parameter_are_noticed():
    net, compiled, x = build("aot_eager")
    compiled(x)
    ran = []
    net[0].weight.register_hook(lambda grad: ran.append(1))
    compiled(x).sum().backward()
    assert ran == [1]
    net[0].forward = lambda x: x * 100
    assert compiled(x).item() == 100


def test_a_compiled_method_is_compiled():
    class Net(nn.Module):
        def forward(self, x):
            return x + int(torch.compiler.is_compiling())

        def generate(self, x):
            return self(x)

    net = Net()
    net.generate = torch.compile(net.generate, backend="eager")
    assert net.generate(torch.zeros(1)).item() == 1


def test_a_late_hook_of_a_layer_in_a_module_compiled_in_place():
    net, _, x = build()
    net.compile(backend="eager")
    assert net(x).item() == 2
    net[0].register_forward_hook(zero)
    ignored = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 15)
    assert net(x).item() == (2 if ignored else 0)
