import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, jacfwd, vmap

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script")


def test_a_plain_call_ignores_the_dict(device):
    layer, x = nn.Linear(2, 1, device=device), torch.ones(1, 2, device=device)
    params = {name: p.detach() for name, p in layer.named_parameters()}
    found = grad(lambda params: layer(x).sum())(params)
    assert {name: slope.any().item() for name, slope in found.items()} == {
        "weight": False, "bias": False}


def test_a_wrong_key_with_backward_reaches_the_weight_of_the_module(device):
    layer, x = nn.Linear(2, 1, device=device), torch.ones(1, 2, device=device)
    other = torch.zeros(1, 2, device=device, requires_grad=True)
    functional_call(layer, {"wieght": other}, (x,)).sum().backward()
    assert other.grad is None
    assert layer.weight.grad.tolist() == [[1, 1]]


def test_a_key_of_a_wrong_module_raises(device):
    layer, x = nn.Linear(2, 1, device=device), torch.ones(1, 2, device=device)
    with pytest.raises(AttributeError, match="module"):
        functional_call(layer, {"module.weight": layer.weight}, (x,))


def test_a_state_dict_lacks_buffers_that_are_not_persistent(device):
    layer, x = nn.Identity(), torch.ones(2, device=device)
    layer.register_buffer("scale", x, persistent=False)
    with pytest.raises(RuntimeError, match=r"Missing key.*scale"):
        functional_call(layer, layer.state_dict(), (x,), strict=True)
    functional_call(layer, dict(layer.named_buffers()), (x,), strict=True)


@pytest.mark.parametrize("outside", [True, False])
def test_buffers_from_outside_raise_under_grad(device, outside):
    norm, x = nn.BatchNorm1d(2).to(device), torch.ones(3, 2, device=device)
    buffers = {name: b.clone() for name, b in norm.named_buffers()} if outside else {}
    with pytest.raises(RuntimeError, match="would mutate a captured Tensor"):
        grad(lambda x: functional_call(norm, buffers, (x,)).sum())(x)


def test_params_and_buffers_of_a_dict_are_loaded_back(device):
    norm = nn.BatchNorm1d(2).to(device)
    params = {name: p.detach() + 1 for name, p in norm.named_parameters()}
    buffers = {name: b + 1 for name, b in norm.named_buffers()}
    norm.load_state_dict({**params, **buffers})
    assert (norm.weight[0].item(), norm.running_mean[0].item()) == (2, 1)


def test_batch_norm_under_vmap_over_samples_raises(device):
    norm = nn.BatchNorm1d(2).to(device)
    with pytest.raises((RuntimeError, ValueError)):
        vmap(lambda x: norm(x[None]))(torch.ones(3, 2, device=device))
    norm.eval()
    assert vmap(lambda x: norm(x[None]))(torch.ones(3, 2, device=device)).shape == (3, 1, 2)


def test_dropout_without_randomness(device):
    drop, x = nn.Dropout(0.5), torch.ones(3, 4, device=device)
    for call in [vmap(drop), jacfwd(drop)]:
        with pytest.raises(RuntimeError, match="randomness error mode"):
            call(x)
    assert grad(lambda x: drop(x).sum())(x).shape == (3, 4)


def test_two_tensors_for_tied_weights_raise(device):
    layer = nn.Linear(1, 1, bias=False, device=device)
    tied = nn.Sequential(layer, nn.Linear(1, 1, bias=False, device=device))
    tied[1].weight = layer.weight
    assert [*dict(tied.named_parameters())] == ["0.weight"]
    one = torch.ones(1, 1, device=device)
    with pytest.raises(ValueError, match="multiple values for keys"):
        functional_call(tied, {"0.weight": one, "1.weight": 2 * one}, (one,))
