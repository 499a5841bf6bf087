import warnings

import pytest
import torch
from torch import nn

from snippets.autograd.nan_hunting import find_not_finite, finite_forward, what_is_not_finite
from tests.awkward import Case


def what_is(x):
    if x.isnan().any():
        return "nan"
    return "inf" if x.isinf().any() else ""


def has(x, found):
    assert found == what_is(x)


def forward(check, x):
    try:
        with check(model := nn.Sequential(nn.Identity())):
            model(x)
    except AssertionError as error:
        return str(error)
    return ""


def says(x, found):
    bad = what_is(x)
    assert found == (bad and f"0 (Identity) gave {bad}: it got {bad}")


def buffered(find, x):
    module = nn.Module()
    module.register_buffer("x", x.detach())
    return find(module)


def lists(x, found):
    bad = what_is(x)
    assert found == ([f"buffer x: {bad}"] if bad else [])


AWKWARD = [
    Case(what_is_not_finite, lambda what, x: what([{"a": x}]), holds=has, compiled=False),
    Case(finite_forward, forward, holds=says, compiled=False),
    Case(find_not_finite, buffered, holds=lists, compiled=False),
]


@pytest.mark.parametrize(("make", "found"), [
    (lambda: torch.tensor([torch.nan]).to(torch.float8_e5m2), "nan"),
    (lambda: torch.ones(2).to(torch.float8_e4m3fn), ""),
    (lambda: torch.eye(2).to_sparse() * torch.inf, "inf"),
    (lambda: torch.nested.nested_tensor([torch.ones(2), torch.full((1,), torch.nan)],
                                        layout=torch.jagged), "nan"),
    (lambda: torch.tensor([complex(1, torch.inf)]), "inf"),
    (lambda: [torch.tensor(torch.inf), (torch.tensor(torch.nan), None, 3)], "nan"),
    (lambda: [torch.tensor(torch.inf), torch.ones(1)], "inf"),
    (lambda: {}, ""), (lambda: torch.empty(0), ""), (lambda: "text", "")])
def test_nan_and_inf_are_found_in_each_layout(make, found):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert what_is_not_finite(make()) == found


def test_quantized_tensors_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.quantize_per_tensor(torch.ones(2, device="cpu"), 0.1, 0, torch.qint8)
    with pytest.raises(NotImplementedError):
        what_is_not_finite(x)


def test_infinities_can_be_allowed(device):
    x = torch.tensor([torch.inf], device=device)
    assert what_is_not_finite(x, allow_inf=True) == ""
    model = nn.Sequential(nn.Identity())
    with finite_forward(model, allow_inf=True):
        model(-x)
    with pytest.raises(AssertionError, match="gave nan"), finite_forward(model, allow_inf=True):
        model(x - x)


def test_no_hook_is_left_after_an_error(device):
    model = nn.Sequential(nn.Linear(1, 1, device=device), nn.ReLU())
    for x in (torch.nan, 1.0):
        try:
            with finite_forward(model):
                model(torch.full((1, 1), x, device=device))
        except AssertionError:
            pass
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


class LogInPlace(nn.Module):
    def forward(self, x):
        return x.log_()


def test_a_layer_that_writes_to_its_input_is_blamed(device):
    blamed = r"the model .LogInPlace. gave nan: what it got was finite$"
    model = LogInPlace()
    with pytest.raises(AssertionError, match=blamed), finite_forward(model):
        model(torch.tensor([-1.0], device=device))


def test_statistics_that_the_batch_made_nan_are_not_blamed(device):
    norm = nn.BatchNorm1d(1, device=device)
    x = torch.tensor([[torch.nan], [1.0]], device=device)
    blamed = r"the model .BatchNorm1d. gave nan: it got nan$"
    with pytest.raises(AssertionError, match=blamed), finite_forward(norm):
        norm(x)


def test_statistics_that_were_nan_are_blamed(device):
    norm = nn.BatchNorm1d(1, device=device).eval()
    norm(torch.ones(1, 1, device=device))
    norm.running_mean.fill_(torch.nan)
    blamed = r"the model .BatchNorm1d. gave nan: its running_mean is nan$"
    with pytest.raises(AssertionError, match=blamed), finite_forward(norm):
        norm(torch.ones(1, 1, device=device))


def test_weights_are_blamed_before_inputs(device):
    layer = nn.Linear(1, 1, device=device)
    nn.init.constant_(layer.weight, torch.nan)
    blamed = r"the model .Linear. gave nan: its weight is nan$"
    with pytest.raises(AssertionError, match=blamed), finite_forward(layer):
        layer(torch.ones(1, 1, device=device))


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_parts_of_a_transformer_layer_are_watched(device, mode):
    layer = nn.TransformerEncoderLayer(4, 2, batch_first=True, device=device)
    getattr(layer, mode)()
    x = torch.full((1, 3, 4), torch.nan, device=device)
    with torch.no_grad(), pytest.raises(AssertionError, match=r"^self_attn"), finite_forward(layer):
        layer(x)
