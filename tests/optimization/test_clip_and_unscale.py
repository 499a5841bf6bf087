import pytest
import torch
from torch import nn

from snippets.guards.judge import Undecided
from snippets.optimization.clip_and_unscale import assert_step_ignores_scale, clipped_step
from snippets.optimization.wrong_clip_and_unscale import clip_then_step
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(clipped_step, "it takes a scaler and parameters; the tests try sizes of gradients"),
    LeftOut(assert_step_ignores_scale, "it takes a step; the tests try steps that do nothing"),
]


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_a_scaled_clipped_step_is_the_plain_one(device, size):
    plain, scaled = (nn.Parameter(torch.ones(3, device=device)) for _ in range(2))
    (size * plain ** 2).sum().backward()
    expected = nn.utils.clip_grad_norm_([plain], 0.5)
    torch.optim.SGD([plain], lr=0.1).step()
    scaler = torch.amp.GradScaler(device)
    scaler.scale((size * scaled ** 2).sum()).backward()
    norm = clipped_step(scaler, torch.optim.SGD([scaled], lr=0.1), [scaled], 0.5)
    torch.testing.assert_close(norm, expected)
    torch.testing.assert_close(scaled, plain)


def test_clipping_first_divides_the_step_by_the_scale(device):
    weight = nn.Parameter(torch.zeros(1, device=device))
    scaler = torch.amp.GradScaler(device, init_scale=1024.0)
    scaler.scale((8 * weight).sum()).backward()
    clip_then_step(scaler, torch.optim.SGD([weight], lr=1.0), [weight], 1.0)
    torch.testing.assert_close(1024 * weight.detach(), -torch.ones(1, device=device))
    with pytest.raises(AssertionError, match="loss scale"):
        assert_step_ignores_scale(clip_then_step, device)
    assert_step_ignores_scale(clipped_step, device)


@pytest.mark.parametrize("step", [
    lambda *_: None, lambda scaler, optimizer, parameters, max_norm: scaler.step(optimizer)])
def test_a_step_that_does_not_clip_is_undecided(device, step):
    with pytest.raises(Undecided, match="not clipped"):
        assert_step_ignores_scale(step, device)


def test_a_parameter_of_another_optimizer_is_refused_before_anything_changes(device):
    mine, other = (nn.Parameter(torch.zeros(1, device=device)) for _ in range(2))
    scaler = torch.amp.GradScaler(device)
    scaler.scale((3 * mine + 4 * other).sum()).backward()
    with pytest.raises(ValueError, match="not of this optimizer"):
        clipped_step(scaler, torch.optim.SGD([mine], lr=1.0), [mine, other], 1.0)
    assert mine.grad == 3 * 65536


@pytest.mark.parametrize(("elements", "first_step"), [(2, 0.1), (10**6, 0.06)])
def test_adam_hides_the_order_in_a_small_model_alone(device, elements, first_step):
    weight = nn.Parameter(torch.zeros(elements, device=device))
    optimizer = torch.optim.Adam([weight], lr=0.1)
    scaler = torch.amp.GradScaler(device)
    scaler.scale(weight.sum()).backward()
    clip_then_step(scaler, optimizer, [weight], 1.0)
    assert round(-weight[0].item(), 2) == first_step


def test_a_step_that_never_unscales_is_noticed(device):
    def clip_and_plain_step(scaler, optimizer, parameters, max_norm):
        nn.utils.clip_grad_norm_(parameters, max_norm)
        optimizer.step()

    with pytest.raises(AssertionError, match="loss scale"):
        assert_step_ignores_scale(clip_and_plain_step, device)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_only_float16_gradients_are_refused(device, dtype):
    weight = nn.Parameter(torch.zeros(2, dtype=dtype, device=device))
    optimizer, scaler = torch.optim.SGD([weight], lr=1.0), torch.amp.GradScaler(device)
    scaler.scale((3 * weight).sum()).backward()
    clipped_step(scaler, optimizer, [weight], 1.0)
    assert 0.98 < weight.detach().norm().item() < 1.02


def test_the_parameters_may_be_a_generator(device):
    model = nn.Linear(2, 1, bias=False, device=device)
    before = model.weight.detach().clone()
    scaler = torch.amp.GradScaler(device)
    scaler.scale(3 * model(torch.ones(1, 2, device=device)).sum()).backward()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    norm = clipped_step(scaler, optimizer, model.parameters(), 1.0)
    torch.testing.assert_close(norm.item(), 18 ** 0.5)
    torch.testing.assert_close((model.weight - before).norm().item(), 1.0)


def half_and_scaler(device, fused=False, **options):
    weight = nn.Parameter(torch.zeros(2, dtype=torch.float16, device=device))
    scaler = torch.amp.GradScaler(device, **options)
    scaler.scale((3 * weight).sum()).backward()
    return weight, torch.optim.SGD([weight], lr=1.0, fused=fused), scaler


def test_a_disabled_scaler_takes_float16_gradients(device):
    weight, optimizer, scaler = half_and_scaler(device)
    with pytest.raises(ValueError, match="FP16"):
        clipped_step(scaler, optimizer, [weight], 1.0)
    weight, optimizer, scaler = half_and_scaler(device, enabled=False)
    clipped_step(scaler, optimizer, [weight], 1.0)
    assert 0.98 < weight.detach().float().norm() < 1.02


def test_a_fused_optimizer_steps_on_float16_gradients_and_unscale_refuses_them(device):
    _, optimizer, scaler = half_and_scaler(device)
    with pytest.raises(ValueError, match="FP16"):
        scaler.step(optimizer)
    _, optimizer, scaler = half_and_scaler(device, fused=True)
    scaler.step(optimizer)
    _, optimizer, scaler = half_and_scaler(device, fused=True)
    with pytest.raises(ValueError, match="FP16"):
        scaler.unscale_(optimizer)


def test_the_scale_grows_beyond_65536(device):
    weight = nn.Parameter(torch.zeros(2, device=device))
    scaler = torch.amp.GradScaler(device)
    for _ in range(scaler.get_growth_interval()):
        weight.grad = None
        scaler.scale(weight.sum()).backward()
        clip_then_step(scaler, torch.optim.SGD([weight], lr=1.0), [weight], 1.0)
    assert scaler.get_scale() == 2 * 65536
