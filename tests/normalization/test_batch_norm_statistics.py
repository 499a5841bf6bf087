import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.normalization.batch_norm_statistics import (
    batch_norm,
    freeze_batch_norm,
    updated_statistics,
)
from snippets.normalization.wrong_batch_norm_statistics import (
    freeze_weights_only,
    normalize_without_eps,
)
from tests import populations
from tests.awkward import Case

BATCH_NORMS = sorted(
    name for name, kind in populations.norms().items()
    if issubclass(kind, nn.modules.batchnorm._BatchNorm))


def moved(x):
    """The same numbers with the first sample at 0, so that no digit of a large mean is lost."""
    return x - x.detach()[:1]


def updated(x):
    """The running statistics that torch has after a batch."""
    mean, var = torch.zeros_like(x[0]), torch.ones_like(x[0])
    F.batch_norm(x, mean, torch.ones_like(x[0]), training=True)
    F.batch_norm(moved(x), torch.zeros_like(x[0]), var, training=True)
    return mean, var


AWKWARD = [
    Case(batch_norm, lambda f, x: f(x, torch.ones_like(x[0]), torch.zeros_like(x[0])),
         like=lambda x: F.batch_norm(
             moved(x), None, None, torch.ones_like(x[0]), torch.zeros_like(x[0]), training=True)),
    Case(updated_statistics, lambda f, x: f(x, torch.zeros_like(x[0]), torch.ones_like(x[0])),
         like=updated),
    Case(freeze_batch_norm, lambda f, x: f(nn.BatchNorm1d(4))(x),
         like=lambda x: nn.BatchNorm1d(4).eval()(x), compiled=False),
]

FIXED_DEVICE = settings(
    deadline=None, max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.integers(2, 5), st.integers(1, 4), st.lists(st.integers(1, 4), max_size=3),
       st.sampled_from([0.0, 1e4]))
def test_both_halves_equal_the_layer_in_value_and_gradient(device, B, C, rest, mean):
    kind = [nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d][len(rest)]
    x = mean + torch.randn(B, *rest, C, device=device, dtype=torch.float64).movedim(-1, 1)
    norm = kind(C, momentum=0.3, device=device, dtype=torch.float64)
    weight, bias = nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    expected = updated_statistics(x, norm.running_mean, norm.running_var, 0.3)

    x.requires_grad_()
    by_hand, by_torch = batch_norm(x, weight, bias), norm(x)
    torch.testing.assert_close(by_hand, by_torch)
    torch.testing.assert_close((norm.running_mean, norm.running_var), expected)

    out = torch.randn_like(x)
    ours = torch.autograd.grad(by_hand, (x, weight, bias), out)
    theirs = torch.autograd.grad(by_torch, (x, weight, bias), out)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_by_hand_in_lower_precision(device, dtype):
    x = torch.randn(64, 3, device=device).to(dtype)
    weight, bias = torch.ones(3, device=device), torch.zeros(3, device=device)
    expected = batch_norm(x.double(), weight.double(), bias.double())
    torch.testing.assert_close(
        batch_norm(x, weight.to(dtype), bias.to(dtype)), expected.to(dtype), rtol=0.05, atol=0.05)


def model_with_norms(device):
    return nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2), nn.BatchNorm1d(2),
        nn.BatchNorm1d(2, affine=False)).to(device)


def statistics(model):
    return copy.deepcopy([b for name, b in model.named_buffers() if "running" in name])


def test_freezing_holds_statistics_and_weights_and_nothing_else(device):
    model = freeze_batch_norm(model_with_norms(device).train())
    before = statistics(model)
    model(torch.randn(5, 3, 2, 2, device=device))
    assert all(map(torch.equal, before, statistics(model)))
    assert model.training
    assert model[0].training
    assert [name for name, p in model.named_parameters() if p.requires_grad] == [
        "0.weight", "0.bias", "3.weight", "3.bias"]


def test_freezing_again_after_train_holds(device):
    model = freeze_batch_norm(freeze_batch_norm(model_with_norms(device)).train())
    before = statistics(model)
    model(torch.randn(5, 3, 2, 2, device=device))
    assert all(map(torch.equal, before, statistics(model)))


@pytest.mark.parametrize("gradients", [False, True])
def test_freezing_the_weights_only_lets_the_statistics_move(device, gradients):
    model = freeze_weights_only(model_with_norms(device))
    before = statistics(model)
    with torch.set_grad_enabled(gradients):
        model(torch.randn(5, 3, 2, 2, device=device))
    moved = [not torch.equal(*pair) for pair in zip(before, statistics(model), strict=True)]
    *others, _mean_behind_a_norm, variance = moved  # that mean is 0, but for rounding
    assert all([*others, variance])


def test_without_eps_a_constant_channel_is_nan(device):
    x = torch.tensor([[2.0, 1.0], [2.0, 3.0]], device=device)
    norm = nn.BatchNorm1d(2, device=device)
    assert normalize_without_eps(x).isnan().tolist() == [[True, False], [True, False]]
    torch.testing.assert_close(norm(x)[:, 0], torch.zeros(2, device=device), rtol=0, atol=1e-3)


def made(name, **options):
    """A batch norm of two channels that has its shape, and a batch for it."""
    rank = {"1d": 2, "2d": 4, "3d": 5}.get(name[-2:], 4)
    channels = [] if name.startswith("Lazy") else [2]
    x = torch.arange(3.0 * 2 * 2 ** (rank - 2)).view(3, 2, *[2] * (rank - 2)).sin()
    layer = getattr(nn, name)(*channels, **options)
    with torch.no_grad():
        layer.eval()(x)  # a lazy one takes its shape
    return layer.train(), x


@pytest.mark.parametrize("name", BATCH_NORMS)
def test_one_value_for_each_channel_raises(name):
    for options in ({}, {"track_running_stats": False}):
        if options and name.startswith("Lazy"):
            continue  # takes its shape from a batch, in eval mode above
        norm, x = made(name, **options)
        single = torch.ones(1, 2, *[1] * (x.dim() - 2))
        with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
            norm(single)
        if options:
            with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
                norm.eval()(single)
        else:
            assert norm.eval()(single).isfinite().all()


@pytest.mark.parametrize("by_hand", [
    lambda x: batch_norm(x, torch.ones(2), torch.zeros(2)),
    lambda x: updated_statistics(x, torch.zeros(2), torch.ones(2))])
def test_what_has_no_variance_is_refused(by_hand):
    with pytest.raises(TypeError, match=r"torch\.int64, not floating"):
        by_hand(torch.ones(3, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="fewer than two values"):
        by_hand(torch.ones(1, 2, 1))


@pytest.mark.parametrize("name", BATCH_NORMS)
@pytest.mark.parametrize(("how", "moves"), [
    ("train", True), ("no_grad", True), ("inference_mode", True), ("requires_grad_", True),
    ("eval", False)])
def test_what_stops_the_running_statistics(name, how, moves):
    norm, x = made(name)
    before = statistics(norm)
    context = {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode}
    if how == "requires_grad_":
        norm.requires_grad_(False)
    with context.get(how, torch.enable_grad)():
        norm.train(how != "eval")(x)
    assert [torch.equal(*pair) for pair in zip(before, statistics(norm), strict=True)] == (
        [not moves] * 2)


@pytest.mark.parametrize("name", BATCH_NORMS)
def test_each_kind_of_batch_norm_is_frozen(name):
    norm, x = made(name)
    before = statistics(norm)
    freeze_batch_norm(nn.Sequential(norm))[0](x)
    assert all(map(torch.equal, before, statistics(norm)))
    assert not any(p.requires_grad for p in norm.parameters())
    if name.startswith("Lazy"):
        with pytest.raises(ValueError, match="lazy batch norm"):
            freeze_batch_norm(getattr(nn, name)())


def test_by_hand_where_squares_leave_float16_and_where_the_mean_is_rounded(device):
    one, zero = torch.ones(1, device=device), torch.zeros(1, device=device)
    wide = torch.tensor([[0.0], [600.0]], device=device)
    assert batch_norm(wide.half(), one.half(), zero.half()).tolist() == [[-1.0], [1.0]]
    odd = torch.tensor([[10_000.0], [10_000.0], [10_001.0]], device=device)
    exact = F.batch_norm(odd.double(), None, None, training=True).float()
    torch.testing.assert_close(batch_norm(odd, one, zero), exact)


@pytest.mark.parametrize(("freeze", "again", "changed"), [
    (freeze_weights_only, True, "running_mean"), (freeze_batch_norm, False, "running_mean"),
    (freeze_batch_norm, True, None)])
def test_the_guard_sees_a_freeze_that_training_undoes(device, freeze, again, changed):
    def train(model):
        freeze(model[1])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            model.train()
            if again:
                freeze(model[1])
            model(torch.tensor([[6.0], [10.0]], device=device)).sum().backward()
            optimizer.step()

    def layer_state(model):
        return model[1].state_dict()

    model = nn.Sequential(nn.Linear(1, 1, device=device), nn.BatchNorm1d(1, device=device))
    if changed is None:
        frozen_stays_frozen(train, model, frozen=layer_state)
    else:
        with pytest.raises(AssertionError, match=changed):
            frozen_stays_frozen(train, model, frozen=layer_state)


@pytest.mark.parametrize("last", [
    nn.LazyBatchNorm1d(affine=False), nn.BatchNorm1d(2, track_running_stats=False)])
def test_what_a_freeze_cannot_stop_is_refused_before_any_change(last):
    model = nn.Sequential(nn.BatchNorm1d(2), last)
    with pytest.raises(ValueError, match=r"lazy batch norm|no running statistics"):
        freeze_batch_norm(model)
    assert model[0].training
    assert all(p.requires_grad for p in model[0].parameters())


def test_a_freeze_removes_old_gradients():
    norm = nn.BatchNorm1d(1)
    norm(torch.tensor([[1.0], [2.0]])).square().sum().backward()
    optimizer = torch.optim.SGD(norm.parameters(), lr=1.0)
    freeze_batch_norm(norm)
    optimizer.step()
    assert (norm.weight.item(), norm.bias.item()) == (1.0, 0.0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("wrap", [lambda m: m, lambda m: nn.Sequential(nn.BatchNorm1d(3), m)])
def test_a_scripted_model_is_refused_before_any_change(wrap):
    scripted = torch.jit.script(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)))
    model = wrap(scripted)
    with pytest.raises(TypeError, match="before you script it"):
        freeze_batch_norm(model)
    assert all(p.requires_grad for p in model.parameters())
    assert all(module.training for module in model.modules())


def test_without_epsilon_a_channel_whose_mean_is_rounded_is_no_nan():
    assert normalize_without_eps(torch.full((7, 1), 3.0)).isnan().all()
    assert normalize_without_eps(torch.full((7, 1), 0.1)).isfinite().all()


def test_in_float32_a_large_mean_is_kept_better_by_hand_than_by_the_layer():
    """On a CPU the layer's variance of 1 is about 4000 beside a mean of 1e7."""
    torch.manual_seed(0)
    x = 1e7 + torch.randn(800, 3, device="cpu")
    ones, zeros = torch.ones(3, device="cpu"), torch.zeros(3, device="cpu")
    exact = batch_norm(x.double(), ones.double(), zeros.double())
    var = x.double().var(0)
    layer = nn.BatchNorm1d(3, momentum=1.0, device="cpu")
    layer_gap = (layer(x) - exact).abs().max()
    assert (batch_norm(x, ones, zeros) - exact).abs().max() < 1e-5
    assert layer_gap > 0.1
    assert (updated_statistics(x, zeros, ones, 1.0)[1] / var - 1).abs().max() < 1e-3
    assert (layer.running_var / var - 1).abs().max() > 0.1
