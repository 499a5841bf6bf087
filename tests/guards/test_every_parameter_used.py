import copy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.judge import Undecided
from snippets.guards.wrong_every_parameter_used import (
    DetachedFeatures,
    LayersInAList,
    groups_without_the_last,
)
from tests.awkward import Guard


class Weighs(nn.Module):
    """Hold the numbers as a weight, where they can be one."""

    def __init__(self, x):
        super().__init__()
        can = x.is_floating_point() or x.is_complex()
        self.weight = nn.Parameter(x.detach().clone(), requires_grad=can)


AWKWARD = [
    Guard(every_parameter_used,
          right=lambda guard, x: (lambda m: guard(
              lambda: torch.real((m.weight * 2).sum()), m))(Weighs(x)),
          wrong=lambda guard, x: (lambda m: guard(
              lambda: torch.real((m.weight.detach() * 2).sum()), m))(Weighs(x))),
]


@pytest.fixture
def x(device):
    return torch.arange(32.0, device=device).view(8, 4).cos()


def mlp(device):
    return nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1)).to(device)


def square(model, x):
    return lambda: model(x).square().mean()


@pytest.mark.parametrize("depth", [1, 3])
def test_layers_in_a_list_fail_and_a_module_list_passes(device, x, depth):
    with torch.device(device):
        model = LayersInAList(4, depth)
    with pytest.raises(AssertionError, match="no parameters of the model") as caught:
        every_parameter_used(square(model, x), model)
    assert str(caught.value).count("shape") == 2 * depth
    model.hidden = nn.ModuleList(nn.Linear(4, 4) for _ in range(depth)).to(device)
    nn.init.ones_(model.hidden[0].bias)
    every_parameter_used(square(model, x), model)


def test_layers_in_a_list_and_nothing_else_fail(device, x):
    model = nn.Module()
    model.layers = [mlp(device)]
    with pytest.raises(AssertionError, match="Python list"):
        every_parameter_used(lambda: model.layers[0](x).mean(), model)


def test_a_tensor_that_is_no_parameter_fails(device, x):
    model = mlp(device)
    model.scale = torch.ones(1, requires_grad=True, device=device)
    with pytest.raises(AssertionError, match=r"one of shape \(1,\): "):
        every_parameter_used(lambda: (model(x) * model.scale).mean(), model)


@pytest.mark.parametrize("cut", [
    lambda y: y.detach(), lambda y: y.data, lambda y: y.clone().detach().requires_grad_(False),
    lambda y: y.round().long().float()])
def test_a_cut_gradient_fails(device, x, cut):
    model = mlp(device)
    with pytest.raises(AssertionError, match=r"reach 0\.weight, 0\.bias: "):
        every_parameter_used(lambda: model[2](cut(model[0](x))).mean(), model)


def test_detached_features_fail_unless_allowed_or_frozen(device, x):
    model = DetachedFeatures(4).to(device)
    with pytest.raises(AssertionError, match="encoder"):
        every_parameter_used(square(model, x), model)
    every_parameter_used(square(model, x), model, allow={"encoder.weight", "encoder.bias"})
    model.encoder.requires_grad_(False)
    every_parameter_used(square(model, x), model)


def test_a_layer_that_is_not_called_and_a_loss_without_graph_fail(device, x):
    model = mlp(device)
    with pytest.raises(AssertionError, match=r"reach 2\.weight"):
        every_parameter_used(lambda: model[0](x).mean(), model)
    with pytest.raises(AssertionError, match=r"reach 0\.weight, 0\.bias, 2\.weight"):
        every_parameter_used(lambda: model(x).mean().detach(), model)


def test_the_optimizer_must_hold_the_trainable_parameters(device, x):
    model = mlp(device)
    with pytest.raises(AssertionError, match=r"hold 2\.weight, 2\.bias: "):
        every_parameter_used(square(model, x), model, optimizer=groups_without_the_last(
            model, {"0": 1e-4, "2": 1e-2}))
    right = torch.optim.SGD([{"params": model[0].parameters()}, {"params": model[2].parameters()}])
    every_parameter_used(square(model, x), model, optimizer=right)


def test_a_head_replaced_after_the_optimizer_fails_both_ways(device, x):
    model = mlp(device)
    optimizer = torch.optim.Adam(model.parameters())
    model[2] = nn.Linear(4, 3).to(device)
    with pytest.raises(AssertionError, match="does not hold"):
        every_parameter_used(square(model, x), model, optimizer=optimizer)
    model[2].requires_grad_(False)
    with pytest.raises(AssertionError, match="holds tensors that are no parameters"):
        every_parameter_used(square(model, x), model, optimizer=optimizer)


def test_a_frozen_parameter_may_stand_in_the_optimizer(device, x):
    model = mlp(device)
    model[0].requires_grad_(False)
    every_parameter_used(square(model, x), model, optimizer=torch.optim.Adam(model.parameters()))


def test_a_constant_loss_fails(device, x):
    model = mlp(device)
    target = torch.zeros(8, dtype=torch.int64, device=device)
    with pytest.raises(AssertionError, match="constant"):
        every_parameter_used(lambda: F.cross_entropy(model(x), target), model)
    model.empty = nn.Parameter(torch.zeros(0, device=device))
    with pytest.raises(AssertionError, match="constant"):
        every_parameter_used(
            lambda: F.cross_entropy(model(x), target) + model.empty.sum(), model)


def test_right_models_pass_without_a_warning(device, x, recwarn):
    model = mlp(device)
    every_parameter_used(square(model, x), model)
    every_parameter_used(
        lambda: model[2](checkpoint(model[0], x, use_reentrant=False)).mean(), model)
    with torch.no_grad():
        every_parameter_used(square(model, x), model)
    sparse = nn.Embedding(5, 4, sparse=True).to(device)
    every_parameter_used(
        lambda: sparse(torch.tensor([0, 3], device=device)).square().mean(), sparse)
    lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=True).to(device)
    every_parameter_used(lambda: lstm(x[None])[0].square().mean(), lstm)
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(4, 2)).to(device)
    every_parameter_used(square(normed, x), normed)
    assert not recwarn.list


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("mode", [True, False])
def test_an_encoder_layer_passes(device, dtype, mode):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True)
    layer = layer.to(device, dtype).train(mode)
    x = torch.arange(80, device=device).view(2, 5, 8).sin().to(dtype)
    every_parameter_used(lambda: (layer(x) ** 3).mean(), layer)


def test_a_bias_of_keys_is_a_warning(device):
    q, k, v = projections = nn.ModuleList(nn.Linear(6, 6) for _ in range(3)).to(device)
    x = torch.arange(60.0, device=device).view(2, 5, 6).cos()

    def loss():
        return F.scaled_dot_product_attention(q(x), k(x), v(x)).square().mean()

    for scale in (1e-6, 1, 1e6):
        with pytest.warns(UserWarning, match=r"rounding in 1\.bias: "):
            every_parameter_used(lambda scale=scale: scale * loss(), projections)
        every_parameter_used(lambda scale=scale: scale * loss(), projections, allow=["1.bias"])


def test_what_starts_behind_a_zero_is_a_warning(device, x):
    model = mlp(device)
    nn.init.zeros_(model[2].weight)
    with pytest.warns(UserWarning, match=r"exactly 0 in 0\.weight, 0\.bias: .* at 0"):
        every_parameter_used(lambda: (model(x) - 1).square().mean(), model)


def test_its_warnings_name_the_line_of_the_caller(device, x, recwarn):
    model = mlp(device)
    nn.init.zeros_(model[2].weight)
    every_parameter_used(lambda: (model(x) - 1).square().mean(), model)
    every_parameter_used(
        lambda: (model[0](x) - model[0](-x)).square().mean(), model[0])
    every_parameter_used(lambda: penalty(model, x), model)
    assert {str(each.message).partition(" in ")[0][:24] for each in recwarn} == {
        "the gradient is exactly ", "no gradient but rounding", "the loss makes tensors t"}
    assert {Path(each.filename) for each in recwarn} == {Path(__file__)}


def test_a_bias_that_cancels_is_rounding_and_a_weight_without_input_is_0(device, x):
    model = nn.Sequential(nn.Sequential(nn.Linear(4, 4))).to(device)
    with pytest.warns(UserWarning, match=r"rounding in 0\.0\.bias: "):
        every_parameter_used(lambda: (model(x) - model(-x)).square().mean(), model)
    with pytest.warns(UserWarning, match=r"exactly 0 in 0\.0\.weight: "):
        every_parameter_used(lambda: model(0 * x).square().mean(), model)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_size_of_the_loss_is_no_warning(device, x, scale):
    model = mlp(device)
    every_parameter_used(lambda: scale * model(x).square().mean(), model)


def test_a_graph_with_many_paths_is_walked_once(device, x):
    model = mlp(device)

    def loss():
        y = model(x)
        for _ in range(100):
            y = (y + y) / 2
        return y.square().mean()

    every_parameter_used(loss, model)


def test_undecided(device, x):
    model = mlp(device)
    with pytest.raises(Undecided, match="finite"):
        every_parameter_used(lambda: model(x).mean() * float("inf"), model)
    with pytest.raises(Undecided, match="finite"):
        every_parameter_used(lambda: model[0].weight.sum() * float("inf"), model, allow=[
            "0.bias", "2.weight", "2.bias"])
    with pytest.raises(Undecided, match="requires a gradient"):
        every_parameter_used(square(model, x), model.requires_grad_(False))
    with pytest.raises(Undecided, match="requires a gradient"):
        every_parameter_used(lambda: x.mean(), nn.Identity())


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_changed(device, x, fails):
    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.BatchNorm1d(4), nn.Dropout(0.5),
                          nn.Linear(4, 1)).to(device)
    model(x).square().mean().backward()
    model[2].eval()
    statistics = list(model.buffers())
    before, grads = copy.deepcopy(model), [p.grad.clone() for p in model.parameters()]
    state = torch.get_rng_state()

    def loss():
        out = model(x).square().mean() + torch.rand(())
        model[1].running_mean = model[1].running_mean + 1
        if fails:
            raise ZeroDivisionError
        return out

    if fails:
        with pytest.raises(ZeroDivisionError):
            every_parameter_used(loss, model)
    else:
        every_parameter_used(loss, model)
    assert torch.equal(torch.get_rng_state(), state)
    assert [m.training for m in model.modules()] == [m.training for m in before.modules()]
    assert all(a is b for a, b in zip(model.buffers(), statistics, strict=True))
    for now, then in zip([*model.parameters(), *model.buffers()],
                         [*before.parameters(), *before.buffers()], strict=True):
        assert torch.equal(now, then)
    for now, then in zip(model.parameters(), grads, strict=True):
        assert torch.equal(now.grad, then)


def test_a_reentrant_checkpoint_is_undecided(device, x):
    model = mlp(device)

    def loss(**options):
        hidden = checkpoint(model[2], model[0](x), **options)
        return hidden.square().mean()

    with pytest.raises(Undecided, match=r"reentrant checkpoint .* use_reentrant=False"):
        every_parameter_used(lambda: loss(use_reentrant=True), model)
    every_parameter_used(lambda: loss(use_reentrant=False), model)


def test_a_loss_of_each_sample_is_summed(device, x):
    model = mlp(device)
    every_parameter_used(lambda: model(x).square(), model)


@pytest.mark.parametrize("make", [lambda y: y.item(), lambda y: (y, y), lambda y: {"loss": y}])
def test_a_loss_that_is_no_tensor_is_undecided(device, x, make):
    model = mlp(device)
    with pytest.raises(Undecided, match="no tensor"):
        every_parameter_used(lambda: make(model(x).mean()), model)


def test_a_generator_of_inputs_is_read_once(device, x):
    model, discriminator = mlp(device), nn.Linear(1, 1, device=device)
    optimizer = torch.optim.SGD([*model.parameters(), *discriminator.parameters()])
    every_parameter_used(lambda: discriminator(model(x)).square().mean(), model,
                         optimizer=optimizer, inputs=discriminator.parameters())


def test_parameters_without_elements_and_small_branches_are_no_warning(device, x):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch, self.scale = mlp(device), nn.Parameter(torch.tensor(1e-6, device=device))
            self.empty = nn.Parameter(torch.zeros(0, device=device))

        def forward(self, x):
            return x.mean() + self.scale * self.branch(x) + self.empty.sum()

    model = Scaled()
    every_parameter_used(lambda: (model(x) - 3).square().mean(), model)


def test_gradients_on_meta_are_undecided():
    model = nn.Linear(2, 1, device="meta")
    with pytest.raises(Undecided, match="on meta"):
        every_parameter_used(lambda: model(torch.ones(3, 2, device="meta")).sum(), model)


def test_parameters_without_elements_alone_are_undecided():
    model = nn.Module()
    model.empty = nn.Parameter(torch.zeros(0))
    with pytest.raises(Undecided, match="no parameter requires"):
        every_parameter_used(lambda: model.empty.sum(), model)


@pytest.mark.parametrize("buffer", [
    torch.zeros(1).expand(3), torch.zeros(2, 1).expand(2, 3), torch.zeros(()).expand(0, 2),
    torch.eye(2).to_sparse()])
def test_an_expanded_buffer_comes_back(buffer):
    model = nn.Module()
    model.weight = nn.Parameter(torch.ones(1))
    model.register_buffer("held", buffer)
    before = buffer.clone()

    def loss():
        if buffer.layout == torch.strided:
            model.held.fill_(7)
        return (2 * model.weight).sum()

    every_parameter_used(loss, model)
    assert model.held is buffer
    assert torch.equal(buffer.to_dense(), before.to_dense())


def test_a_loss_that_is_a_parameter_reaches_it():
    model = nn.Module()
    model.weight = nn.Parameter(torch.tensor(2.0))
    every_parameter_used(lambda: model.weight, model)
    one = torch.ones((), requires_grad=True)
    with pytest.raises(AssertionError, match=r"one of shape \(\)"):
        every_parameter_used(lambda: one, model)


class Energy(nn.Module):
    """A potential whose forces are gradients of positions that forward makes a leaf."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1, bias=False))

    def forward(self, x):
        x = x.detach().requires_grad_()
        return torch.autograd.grad(self.layer(x).sum(), x, create_graph=True)[0]


def penalty(model, x):
    points = (0.3 * x + 0.7 * x.flip(0)).requires_grad_()
    slope, = torch.autograd.grad(model(points).sum(), points, create_graph=True)
    return model(x).mean() + (slope.norm(dim=1) - 1).square().mean()


def test_a_gradient_penalty_is_no_false_alarm(device, x):
    energy, critic = Energy().to(device), nn.Sequential(nn.Linear(4, 1), nn.Softplus()).to(device)
    for loss, model in [(lambda: energy(x).square().mean(), energy),
                        (lambda: penalty(critic, x), critic)]:
        with pytest.warns(UserWarning, match=r"makes .* one of shape \(8, 4\): "):
            every_parameter_used(loss, model)


def test_what_outlives_the_loss_is_a_stranger(device, x):
    model, kept = nn.Linear(4, 4).to(device), []
    weight = torch.ones(4, device=device, requires_grad=True)
    with pytest.raises(AssertionError, match=r"one of shape \(4,\): layers in a Python list"):
        every_parameter_used(lambda: (model(x) * weight).mean(), model)

    def keeps():
        kept.append(torch.ones(4, device=device, requires_grad=True))
        return (model(x) * kept[-1]).mean()

    with pytest.raises(AssertionError, match=r"one of shape \(4,\): layers in a Python list"):
        every_parameter_used(keeps, model)
    with pytest.raises(AssertionError, match=r"one of shape \(4, 4\), one of shape \(4,\)"):
        every_parameter_used(lambda: nn.Linear(4, 4).to(device)(model(x)).mean(), model)
    with pytest.warns(UserWarning, match="a weight that each call makes anew"):
        every_parameter_used(
            lambda: (model(x) * torch.randn(4, device=device, requires_grad=True)).mean(), model)


def test_an_assert_of_the_loss_is_not_the_guards(x):
    model = nn.Linear(4, 4)

    def loss():
        assert len(x) == 9, "nine samples"
        return model(x).mean()

    with pytest.raises(Undecided, match="of the call itself fails: nine samples"):
        every_parameter_used(loss, model)


def test_a_lazy_buffer_must_be_filled_before(x):
    model = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(), nn.Linear(4, 1))
    with pytest.raises(Undecided, match="a lazy layer is empty: call the model before"):
        every_parameter_used(lambda: model(x).square().mean(), model)
    model(x)
    every_parameter_used(lambda: model(x).square().mean(), model, allow=["0.bias"])


def test_inference_mode_around_the_guard_is_left(device, x):
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, affine=False)).to(device)
    mean = model[1].running_mean.clone()
    with torch.inference_mode():
        every_parameter_used(lambda: model(x).exp().mean(), model, allow=["0.bias"])
    assert torch.equal(model[1].running_mean, mean)


class KeepsAVariable(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.variable = x
        return 2 * x

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad


def test_an_attribute_of_a_custom_function_is_no_leaf(device, x, recwarn):
    model = mlp(device)
    every_parameter_used(lambda: KeepsAVariable.apply(model(x)).square().mean(), model)
    assert not recwarn.list


@pytest.mark.parametrize(("model", "held", "still"), [
    (DetachedFeatures(4), lambda m: m.parameters(), "encoder.weight"),
    (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1)), lambda m: m[0].parameters(), "1.weight")])
def test_a_plain_loop_trains_neither_and_raises_nothing(model, held, still):
    x, optimizer = torch.ones(8, 4), torch.optim.SGD(held(model), lr=0.1)
    before = model.get_parameter(still).detach().clone()
    for _ in range(2):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    assert torch.equal(model.get_parameter(still), before)


def test_frozen_layers_in_a_list_are_not_seen():
    model = LayersInAList(4, 1)
    model.hidden[0].requires_grad_(False)
    every_parameter_used(lambda: model(torch.ones(8, 4)).sum(), model)


def test_a_buffer_of_inference_mode_comes_back(device, x):
    model = mlp(device)
    with torch.inference_mode():
        model.register_buffer("held", torch.zeros(2, device=device))

    def loss():
        with torch.inference_mode():
            model.held += 1
        return model(x).square().mean()

    every_parameter_used(loss, model)
    assert model.held.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["0.weight", "1.weight"])
def test_a_shared_parameter_is_allowed_by_each_of_its_names(device, x, name):
    model = nn.Sequential(*(nn.Linear(4, 4, bias=False) for _ in range(3))).to(device)
    model[1].weight = model[0].weight
    with pytest.raises(AssertionError, match=r"reach 0\.weight: "):
        every_parameter_used(lambda: model[2](x).square().mean(), model)
    every_parameter_used(lambda: model[2](x).square().mean(), model, allow=[name])
