import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from snippets.autograd.non_leaf import Scale, assert_no_stray_parameters
from snippets.autograd.wrong_non_leaf import ScaleCastTooLate
from tests.awkward import Case, Guard, loads_after_meta


def holding(x):
    layer = nn.Identity()
    layer.constant = x
    return layer


AWKWARD = [
    Case(Scale, lambda cls, x: cls(4, torch.float32).to(x.device)(x),
         like=lambda x: x * torch.ones(4, device=x.device), compiled=False),
    Guard(assert_no_stray_parameters, right=lambda check, x: check(holding(x.detach())),
          wrong=lambda check, x: check(
              holding(x.detach() * nn.Parameter(torch.ones(1, device=x.device))))),
]

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_cast_after_nn_parameter_loses_the_parameter(dtype):
    assert len(list(ScaleCastTooLate(3, dtype).parameters())) == (dtype == torch.float32)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_cast_before_nn_parameter_keeps_it(device, dtype):
    layer = Scale(3, dtype).to(device)
    x = torch.full((2, 3), 2.0, dtype=dtype, device=device)
    layer(x).sum().backward()
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.weight.dtype == dtype
    assert layer.weight.grad.tolist() == [4, 4, 4]
    assert_no_stray_parameters(layer)


def test_a_move_to_another_device_loses_it_too(device):
    target = "meta" if device == "cpu" else device
    moved = nn.Parameter(torch.ones(2)).to(target)
    assert not moved.is_leaf
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        torch.optim.SGD([moved], lr=1.0)


def test_the_guard_leaves_constants_and_buffers_alone():
    layer = Scale(2, torch.float32)
    layer.constant = torch.ones(2)
    layer.register_buffer("mean", torch.ones(2))
    assert_no_stray_parameters(layer)
    layer.loss = layer.weight.sum()
    with pytest.raises(AssertionError, match=r"^loss requires grad"):
        assert_no_stray_parameters(layer)


def test_a_scale_made_on_meta_loads_what_was_saved():
    assert loads_after_meta(lambda: Scale(3, torch.float64)) == "equal"


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize("compute", [
    nn.utils.weight_norm, nn.utils.spectral_norm,
    lambda layer: prune.l1_unstructured(layer, "weight", 0.5),
    nn.utils.parametrizations.weight_norm])
def test_a_weight_that_torch_computes_from_parameters_is_no_alarm(compute):
    model = nn.Sequential(compute(nn.Linear(3, 3)))
    model(torch.ones(2, 3)).sum().backward()
    assert_no_stray_parameters(model)
    model[0].other = nn.Parameter(torch.ones(1)).double()
    with pytest.raises(AssertionError, match=r"^0.other requires grad"):
        assert_no_stray_parameters(model)


def test_retain_grad_fills_grad_and_gives_no_parameter():
    layer = ScaleCastTooLate(2, torch.float64)
    layer.weight.retain_grad()
    layer(torch.ones(2, dtype=torch.float64)).sum().backward()
    assert layer.weight.grad.tolist() == [1, 1]
    assert list(layer.parameters()) == []


def test_an_optimizer_takes_a_weight_that_retains_its_gradient():
    weight = ScaleCastTooLate(2, torch.float64).weight
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        torch.optim.SGD([weight], lr=0.1)
    weight.retain_grad()
    torch.optim.SGD([weight], lr=0.1)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script")
def test_a_scripted_module_raises_and_names_itself():
    scripted = torch.jit.script(nn.Linear(1, 1))
    for model, name in [(scripted, "model"), (nn.Sequential(scripted), "0")]:
        with pytest.raises(TypeError, match=f"{name}: check before scripting"):
            assert_no_stray_parameters(model)


@pytest.mark.parametrize("make", [
    lambda p: p.to(torch.int64), torch.no_grad()(lambda p: p.double()),
    torch.inference_mode()(lambda p: p.double())])
def test_a_cast_that_requires_no_gradient_is_a_leaf(make):
    assert make(nn.Parameter(torch.ones(2))).is_leaf


def test_another_memory_format_makes_a_tensor_that_is_no_leaf():
    parameter = nn.Parameter(torch.ones(2, 3, 4, 4))
    assert parameter.to(memory_format=torch.contiguous_format) is parameter
    assert not parameter.to(torch.float32, memory_format=torch.channels_last).is_leaf
