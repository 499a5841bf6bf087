import pytest
import torch
from torch import nn

from snippets.autograd.inference_tensors import LazyScaleSafe, assert_trains_after_inference
from snippets.autograd.wrong_inference_tensors import LazyScale


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
