import pytest
import torch
from torch import nn

from snippets.optimization.optimizer_and_device import assert_optimizer_fits, resume
from snippets.optimization.wrong_optimizer_and_device import optimizer_before_weights
from tests import populations
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(resume, "it takes a model and two state dicts; the test is a run without a stop"),
    LeftOut(assert_optimizer_fits, "it takes an optimizer and a model; the tests try them all"),
]


def train(model, optimizer):
    optimizer.zero_grad()
    weight = next(model.parameters())
    model(torch.ones(2, 2, device=weight.device, dtype=weight.dtype)).pow(2).sum().backward()
    optimizer.step()


def test_a_resumed_run_is_the_run_that_was_not_stopped(device):
    torch.manual_seed(0)
    first = nn.Linear(2, 1, device=device, dtype=torch.float64)
    optimizer = torch.optim.Adam(first.parameters(), lr=0.3)
    for _ in range(3):
        train(first, optimizer)
    second = nn.Linear(2, 1, device=device, dtype=torch.float64)
    resumed = resume(second, first.state_dict(), optimizer.state_dict())
    assert_optimizer_fits(resumed, second)
    for model, its in [(first, optimizer), (second, resumed)]:
        train(model, its)
    torch.testing.assert_close(second.weight, first.weight)


def test_an_optimizer_made_too_early_trains_nothing(device):
    saved = {"weight": torch.ones(1, 2, device=device), "bias": torch.zeros(1, device=device)}
    model, optimizer = optimizer_before_weights(saved)
    train(model, optimizer)
    assert torch.equal(model.weight, torch.ones(1, 2, device=device))
    with pytest.raises(AssertionError, match="does not hold weight"):
        assert_optimizer_fits(optimizer, model)


def test_frozen_parameters_need_no_optimizer(device):
    model = nn.Linear(2, 1, device=device)
    model.bias.requires_grad_(False)
    optimizer = torch.optim.Adam([model.weight])
    train(model, optimizer)
    assert_optimizer_fits(optimizer, model)
    with pytest.raises(AssertionError, match="exp_avg of weight"):
        assert_optimizer_fits(optimizer, model.to(torch.float64))


@pytest.mark.parametrize("name", sorted({*populations.optimizers()} - {"SparseAdam"}))
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_each_optimizer_fits_the_model_that_it_trains(device, name, dtype):
    model = nn.Linear(2, 3, bias=False, device=device, dtype=dtype)
    optimizer = populations.optimizers()[name](model.parameters())
    model.weight.grad = torch.ones_like(model.weight)
    if name == "LBFGS":
        optimizer.step(lambda: torch.tensor(1.0))
    else:
        optimizer.step()
    assert_optimizer_fits(optimizer, model)


@pytest.mark.parametrize("name", sorted(populations.optimizers()))
def test_an_optimizer_has_no_state_before_its_first_step(device, name):
    model = nn.Linear(2, 3, bias=False, device=device)
    optimizer = populations.optimizers()[name](model.parameters())
    assert bool(optimizer.state) == (name == "Adagrad")
    assert optimizer.param_groups[0]["params"][0] is model.double().weight


def test_a_state_on_another_device_is_named_by_foreach():
    p = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([p], lr=0.1, foreach=True)
    p.grad = torch.ones(2)
    optimizer.step()
    for key in ["exp_avg", "exp_avg_sq"]:
        optimizer.state[p][key] = optimizer.state[p][key].to("meta")
    with pytest.raises(RuntimeError, match="Tensors of the same index must be on the same device"):
        optimizer.step()


@pytest.mark.filterwarnings("ignore:Complex modules")
@pytest.mark.parametrize(("old", "new", "cast"), [
    (torch.float32, torch.float64, True), (torch.complex64, torch.complex128, False)])
def test_moments_are_cast_to_a_floating_dtype_alone(old, new, cast):
    model = nn.Linear(2, 1, dtype=old)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 2, dtype=old)).abs().sum().backward()
    optimizer.step()
    model.to(new)
    optimizer.load_state_dict(optimizer.state_dict())
    assert (optimizer.state[model.weight]["exp_avg"].dtype == new) == cast


@pytest.mark.filterwarnings("ignore:Complex modules")
def test_lbfgs_keeps_complex_moments_as_real_numbers():
    model = nn.Linear(2, 3, bias=False, dtype=torch.complex64)
    optimizer = torch.optim.LBFGS(model.parameters())
    model.weight.grad = torch.ones_like(model.weight)
    optimizer.step(lambda: torch.tensor(1.0))
    assert optimizer.state[model.weight]["d"].dtype == torch.float32
    assert_optimizer_fits(optimizer, model)


def test_fused_sgd_refuses_momentum_of_another_dtype():
    p = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9, fused=True)
    p.grad = torch.ones(2)
    optimizer.step()
    p.data, p.grad = p.data.double(), None
    p.grad = torch.ones(2).double()
    with pytest.raises(RuntimeError, match="expected scalar type Double but found Float"):
        optimizer.step()


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("old", [torch.float32, torch.float16])
def test_momentum_goes_on_after_a_cast_but_for_float16_in_foreach(device, old, foreach):
    p = nn.Linear(2, 1, device=device, dtype=old)
    optimizer = torch.optim.SGD(p.parameters(), lr=0.1, momentum=0.9, foreach=foreach)

    def step():
        for parameter in p.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()

    step()
    p.to(torch.float64 if old == torch.float32 else torch.float32)
    if foreach and old == torch.float16:
        with pytest.raises(RuntimeError, match="Tensors of the same index"):
            step()
    else:
        step()
        assert optimizer.state[p.weight]["momentum_buffer"].dtype == old


def test_a_float32_state_left_on_the_cpu_passes_the_grouping_of_foreach():
    p = nn.Parameter(torch.ones(2, device="meta"))
    optimizer = torch.optim.Adam([p], lr=0.1, foreach=True)
    p.grad = torch.ones_like(p)
    optimizer.step()
    for key in ["exp_avg", "exp_avg_sq"]:
        optimizer.state[p][key] = torch.ones(2, device="cpu")
    with pytest.raises(RuntimeError, match="device") as raised:
        optimizer.step()
    assert "Tensors of the same index" not in str(raised.value)
