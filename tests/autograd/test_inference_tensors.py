import pytest
import torch
from torch import nn

from snippets.autograd.inference_tensors import LazyScaleSafe, assert_trains_after_inference
from snippets.autograd.wrong_inference_tensors import LazyScale
from tests.awkward import Case, Guard

AWKWARD = [
    Case(LazyScaleSafe, lambda cls, x: cls()(x), like=lambda x: x * torch.ones_like(x)),
    Guard(assert_trains_after_inference, right=lambda check, x: check(LazyScaleSafe(), x),
          wrong=lambda check, x: check(LazyScale(), x)),
]


@pytest.mark.parametrize(("layer", "mode", "raises"), [
    (LazyScale, torch.inference_mode, True), (LazyScale, torch.no_grad, False),
    (LazyScaleSafe, torch.inference_mode, False)])
def test_a_cache_filled_under_inference_mode_stops_training(device, layer, mode, raises):
    layer, x = layer(), torch.ones(2, 3, device=device, requires_grad=True)
    with mode():
        layer(x)
    if raises:
        with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
            layer(x)
    else:
        layer(x).sum().backward()
        assert x.grad.tolist() == [[1] * 3] * 2


def test_the_guard_looks_into_submodules_and_buffers(device):
    model = nn.Sequential(nn.Linear(3, 3, device=device), LazyScaleSafe())
    x = torch.ones(2, 3, device=device)
    assert_trains_after_inference(model, x)
    with torch.inference_mode():
        model[1].register_buffer("table", torch.ones(3, device=device))
    with pytest.raises(AssertionError, match=r"^1\.table was made"):
        assert_trains_after_inference(model, x)


def test_the_safe_layer_keeps_the_dtype_of_each_input(device):
    layer = LazyScaleSafe()
    for dtype in [torch.float32, torch.float16, torch.float64]:
        assert layer(torch.ones(2, dtype=dtype, device=device)).dtype == dtype
    assert layer(torch.ones(2, device="meta")).is_meta
    assert layer(torch.ones(2, device=device)).tolist() == [1, 1]


class Caches(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cache = {} if kind is dict else []

    def forward(self, x):
        if not self.cache and isinstance(self.cache, dict):
            self.cache["mask"] = [x > 0]
        elif not self.cache:
            self.cache.append((x > 0,))
        return x


@pytest.mark.parametrize(("kind", "place"), [(dict, r"cache\['mask'\]\[0\]"),
                                             (list, r"cache\[0\]\[0\]")])
def test_the_guard_looks_into_dicts_and_lists(device, kind, place):
    with pytest.raises(AssertionError, match=f"^0.{place} was made"):
        assert_trains_after_inference(nn.Sequential(Caches(kind)), torch.ones(2, device=device))


@pytest.mark.parametrize("layer", [LazyScale, LazyScaleSafe])
def test_the_guard_leaves_the_model_and_the_random_state_as_they_were(device, layer):
    model = nn.Sequential(layer(), nn.BatchNorm1d(3), nn.Dropout()).to(device)
    x, state = torch.ones(2, 3, device=device), torch.get_rng_state()
    try:
        assert_trains_after_inference(model, x)
    except AssertionError:
        assert layer is LazyScale
    assert model[0].scale is None
    assert model[1].num_batches_tracked == 0
    assert torch.equal(torch.get_rng_state(), state)
    model(x.requires_grad_()).sum().backward()


@pytest.mark.parametrize("make", [
    lambda: nn.Linear(3, 3), lambda: nn.Linear(3, 3).to(torch.float64).to(torch.float32)])
def test_the_guard_finds_a_model_that_was_made_inside(make):
    with torch.inference_mode():
        model = make()
    with pytest.raises(AssertionError, match=r"^weight was made"):
        assert_trains_after_inference(model, torch.ones(2, 3))


def test_the_guard_finds_a_lazy_weight_made_by_the_call(device):
    model, x = nn.LazyLinear(1, device=device), torch.ones(2, 3, device=device)
    with pytest.raises(AssertionError, match=r"^weight was made"):
        assert_trains_after_inference(model, x)
    model(x)
    assert_trains_after_inference(model, x)


def test_the_guard_may_be_called_under_inference_mode(device):
    model, x = nn.Linear(3, 1, device=device), torch.ones(2, 3, device=device)
    with torch.inference_mode():
        assert_trains_after_inference(model, x)
        with pytest.raises(AssertionError, match=r"^scale was made"):
            assert_trains_after_inference(LazyScale(), x)


def test_an_additive_mask_cached_under_inference_mode_does_not_stop_training(device):
    with torch.inference_mode():
        mask, keep = torch.zeros(3, device=device), torch.ones(3, device=device) > 0
    x = torch.ones(2, 3, device=device, requires_grad=True)
    (x + mask).sum().backward()
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved"):
        x.masked_fill(keep, 0)


@pytest.mark.parametrize(("optimizer", "fused", "raises"), [
    (torch.optim.SGD, False, True), (torch.optim.Adam, False, True),
    (torch.optim.Adam, True, False)])
def test_the_step_after_a_linear_layer_made_inside(device, optimizer, fused, raises):
    with torch.inference_mode():
        layer = nn.Linear(3, 1, device=device)
    weight, bias = layer.weight.clone(), layer.bias.clone()
    layer(torch.ones(2, 3, device=device)).sum().backward()
    step = optimizer(layer.parameters(), lr=0.1, fused=fused).step
    if raises:
        with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
            step()
    else:
        step()
        assert torch.equal(layer.weight, weight)
        assert not torch.equal(layer.bias, bias)


def test_a_lazy_layer_first_called_inside_trains_its_bias_alone():
    layer, x = nn.LazyLinear(1), torch.ones(2, 3)
    with torch.inference_mode():
        layer(x)
    weight, bias = layer.weight.clone(), layer.bias.clone()
    layer(x).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    assert torch.equal(layer.weight, weight)
    assert not torch.equal(layer.bias, bias)
