import pytest
import torch
from torch import nn

from snippets.modules.assigning_to_a_buffer import registered_as, write_buffer
from snippets.modules.wrong_assigning_to_a_buffer import BufferBeforeInit, TableThatTrains
from tests.awkward import Case, LeftOut


def written(write, x):
    module = nn.Module()
    module.register_buffer("held", torch.zeros_like(x, requires_grad=False))
    write(module, "held", x)
    return module.held


AWKWARD = [
    LeftOut(registered_as, "it takes a module and a name"),
    Case(write_buffer, written, like=lambda x: x.detach().clone(), compiled=False),
]


def test_a_write_to_none_or_meta_is_refused(device):
    module = nn.Module()
    module.register_buffer("none", None)
    module.register_buffer("meta", torch.ones(2, device="meta"))
    module.register_buffer("held", torch.ones(2, device=device))
    for name in ["none", "meta"]:
        with pytest.raises(ValueError, match="None or on meta"):
            write_buffer(module, name, torch.ones(2, device=device))
    with pytest.raises(ValueError, match="None or on meta"):
        write_buffer(module, "held", torch.ones(2, device="meta"))


def batch_norm(device):
    return nn.Sequential(nn.BatchNorm1d(2)).to(device)


def test_a_parameter_on_a_buffers_name_is_trained(device):
    module = TableThatTrains(nn.Embedding(2, 2)).to(device)
    before = module.table.detach().clone()
    module(torch.zeros(1, 2, 2, device=device)).sum().backward()
    torch.optim.SGD(module.parameters(), lr=1.0).step()
    torch.testing.assert_close(module.table.detach(), before - 1)


def test_a_buffer_needs_the_modules_init(device):
    with pytest.raises(AttributeError, match="cannot assign buffer before"):
        BufferBeforeInit()


def test_a_tensor_on_a_parameters_name_raises(device):
    module = nn.Linear(2, 2).to(device)
    with pytest.raises(TypeError, match="as parameter 'weight'"):
        module.weight = torch.zeros(2, 2, device=device)


def test_a_write_lands_in_the_same_storage_on_the_buffers_device(device):
    module = batch_norm(device)
    mean = module[0].running_mean
    write_buffer(module, "0.running_mean", torch.tensor([1.0, 2.0]))
    assert module[0].running_mean is mean
    assert mean.device.type == device
    if device != "meta":
        assert mean.tolist() == [1.0, 2.0]


def test_a_write_cuts_the_graph_of_its_value(device):
    module = batch_norm(device)
    write_buffer(module, "0.running_mean", torch.ones(2, requires_grad=True) * 2)
    assert not module[0].running_mean.requires_grad


@pytest.mark.parametrize("value", [
    torch.ones(1), torch.ones(()), torch.ones(2, dtype=torch.float64),
    torch.ones(2, dtype=torch.int64)])
def test_a_write_refuses_what_copy_would_broadcast_or_cast(device, value):
    module = batch_norm(device)
    module[0].running_mean.copy_(value)
    with pytest.raises(ValueError, match="the value is"):
        write_buffer(module, "0.running_mean", value)


@pytest.mark.parametrize("name", ["0.weight", "0.eps", "0.absent"])
def test_a_write_refuses_what_is_no_buffer(device, name):
    with pytest.raises(AttributeError):
        write_buffer(batch_norm(device), name, torch.ones(2))


def test_registered_as_tells_every_kind_apart(device):
    module = nn.Module()
    module.part = nn.ReLU()
    module.weight = nn.Parameter(torch.zeros(2, device=device))
    module.saved = nn.Buffer(torch.zeros(2, device=device))
    module.unsaved = nn.Buffer(torch.zeros(2, device=device), persistent=False)
    module.plain = torch.zeros(2, device=device)
    module.register_buffer("empty", None)
    names = ["part", "weight", "saved", "unsaved", "plain", "empty", "absent"]
    assert [registered_as(module, name) for name in names] == [
        "module", "parameter", "buffer", "unsaved buffer", "plain attribute", "nothing", "nothing"]


def test_registered_as_knows_a_second_name_of_one_tensor_or_module(device):
    module = nn.Module()
    module.part = module.part2 = nn.ReLU()
    module.weight = module.weight2 = nn.Parameter(torch.zeros(2, device=device))
    module.saved = module.saved2 = nn.Buffer(torch.zeros(2, device=device))
    assert [registered_as(module, name) for name in ["part2", "weight2", "saved2"]] == [
        "module", "parameter", "buffer"]


@pytest.mark.parametrize("register", [
    lambda module, x: module.register_buffer("scale", x),
    lambda module, x: setattr(module, "scale", nn.Buffer(x)),
    lambda module, x: setattr(module, "scale", nn.Parameter(x))])
def test_a_default_in_the_class_body_refuses_a_registration(device, register):
    class WithDefault(nn.Module):
        scale = None

    with pytest.raises(KeyError, match="attribute 'scale' already exists"):
        register(WithDefault(), torch.ones(2, device=device))


def test_a_load_that_assigns_does_not_cast(device):
    module = nn.Module()
    module.register_buffer("mask", torch.ones(2, device=device))
    saved = {"mask": torch.ones(2, dtype=torch.float64, device=device)}
    module.load_state_dict(saved)
    assert module.mask.dtype == torch.float32
    module.load_state_dict(saved, assign=True)
    assert module.mask.dtype == torch.float64


def test_an_expanded_buffer_or_one_of_inference_mode_refuses_a_write(device):
    module = nn.Module()
    module.register_buffer("expanded", torch.zeros(1, device=device).expand(3))
    with torch.inference_mode():
        module.register_buffer("inferred", torch.zeros(3, device=device))
    for name in ["expanded", "inferred"]:
        with pytest.raises(RuntimeError):
            write_buffer(module, name, torch.ones(3, device=device))


@pytest.mark.parametrize(("buffer", "value"), [
    (lambda: torch.ones(2, requires_grad=True), lambda: torch.zeros(2)),
    (nn.UninitializedBuffer, lambda: torch.zeros(2)),
    (lambda: torch.zeros(2), lambda: torch.ones(2).to_sparse()),
    (lambda: torch.zeros(2).to_sparse(), lambda: torch.ones(2))],
    ids=["gradient", "lazy", "sparse value", "sparse buffer"])
def test_a_buffer_that_torch_cannot_copy_into_refuses_a_write(buffer, value):
    module = nn.Module()
    module.register_buffer("held", buffer())
    with pytest.raises(RuntimeError):
        write_buffer(module, "held", value())


def test_a_load_that_drops_an_imaginary_part_warns(device):
    module = nn.Module()
    module.register_buffer("mask", torch.zeros(2, device=device))
    with pytest.warns(UserWarning, match="discards the imaginary part"):
        module.load_state_dict({"mask": torch.tensor([1 + 2j, 3], device=device)})


def test_copy_of_a_parameter_needs_a_detach(device):
    module, weight = nn.BatchNorm1d(2, device=device), nn.Parameter(torch.ones(2, device=device))
    module.running_mean.copy_(weight.detach())
    assert not module.running_mean.requires_grad
    module.running_mean.copy_(weight)
    assert module.running_mean.requires_grad


def test_a_frozen_parameter_leaves_the_buffer_without_a_gradient():
    for trained in (True, False):
        module = nn.Module()
        module.register_buffer("b", torch.zeros(2))
        module.b.copy_(nn.Parameter(torch.ones(2), requires_grad=trained))
        assert module.b.requires_grad == trained
