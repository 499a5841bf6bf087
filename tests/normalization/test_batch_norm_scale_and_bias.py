import pytest
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from snippets.guards.judge import Undecided
from snippets.normalization.batch_norm_scale_and_bias import (
    assert_biases_act,
    conv_batch_norm,
    fold_batch_norm,
    undoing_scale_and_bias,
)
from snippets.normalization.wrong_batch_norm_scale_and_bias import conv_with_cancelled_bias
from tests.awkward import Case, Guard, LeftOut


def convolution_and_norm(x):
    """A convolution whose weight is x, and a batch norm with statistics of its own."""
    conv, norm = nn.Conv2d(4, 3, 2), nn.BatchNorm2d(3)
    conv.weight = nn.Parameter(x)
    conv.bias = nn.Parameter(x.new_tensor([1.0, -2.0, 0.5]))
    norm.running_mean, norm.running_var = torch.tensor([[0.5, -1.0, 8.0], [4.0, 1e-6, 9.0]])
    return conv, norm


def fused(x):
    folded = fuse_conv_bn_eval(*(part.eval() for part in convolution_and_norm(x)))
    return folded.weight, folded.bias


def folded_by_hand(fold, x):
    folded = fold(*convolution_and_norm(x))
    return folded.weight, folded.bias


def before_batch_norm(bias):
    layer = nn.Linear(4, 3, bias=bias)
    return nn.Sequential(layer, nn.BatchNorm1d(3))


NO_NUMBERS = dict.fromkeys(
    ["int64", "int32", "int8", "uint8", "bool", "complex64", "a batch of 0", "a batch of 1",
     "on meta"], "a batch that `model` takes in its mode")
AWKWARD = [
    LeftOut(conv_batch_norm, "it takes two sizes; the layers are torch's own"),
    Case(undoing_scale_and_bias, lambda undo, x: undo(x),
         like=lambda x: ((x.var(0, correction=0) + 1e-5).sqrt(), x.mean(0))),
    Case(fold_batch_norm, folded_by_hand, like=fused, shape=(3, 4, 2, 2), batch=None),
    Guard(assert_biases_act, lambda guard, x: guard(before_batch_norm(False), x),
          lambda guard, x: guard(before_batch_norm(True), x), outside=NO_NUMBERS),
]


def doubles(*shape, device):
    return torch.randn(shape, device=device, dtype=torch.float64)


def trained(model, x):
    """A model in double precision whose statistics and parameters are no defaults."""
    norm = model[1]
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    for _ in range(3):
        model(x)
    return model


def test_the_bias_has_no_effect_and_no_gradient(device):
    x = doubles(4, 3, 6, 6, device=device)
    model = trained(conv_with_cancelled_bias(3, 5).to(x), x)
    before = model(x)
    (before * torch.randn_like(before)).sum().backward()
    torch.testing.assert_close(
        model[0].bias.grad, torch.zeros(5).to(x), rtol=0, atol=1e-10)
    with torch.no_grad():
        model[0].bias += torch.arange(5, device=device)
    torch.testing.assert_close(model(x), before)


def test_the_idiom_computes_the_same_without_the_bias(device):
    x = doubles(4, 3, 6, 6, device=device)
    wrong, right = conv_with_cancelled_bias(3, 5).to(x), conv_batch_norm(3, 5).to(x)
    right[0].weight = wrong[0].weight
    assert right[0].bias is None
    torch.testing.assert_close(right(x), wrong(x))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_scale_and_bias_give_the_input_back(device, scale):
    x = 1e4 + scale * doubles(9, 3, device=device)
    norm = nn.BatchNorm1d(3).to(x)
    weight, bias = undoing_scale_and_bias(x)
    norm.weight, norm.bias = nn.Parameter(weight), nn.Parameter(bias)
    torch.testing.assert_close(norm(x), x)


@pytest.mark.parametrize("options", [
    {}, {"bias": False}, {"stride": 2, "padding": 1}, {"groups": 2}, {"dilation": 2},
    {"padding": "same", "padding_mode": "circular"}])
def test_folding_equals_both_layers_and_torch(device, options):
    x = doubles(4, 4, 9, 9, device=device)
    conv, norm = nn.Conv2d(4, 6, 3, **options), nn.BatchNorm2d(6, eps=0.1)
    model = trained(nn.Sequential(conv, norm).to(x), x).eval()
    weight = conv.weight.clone()

    folded = fold_batch_norm(conv, norm)

    reference = fuse_conv_bn_eval(conv, norm)
    torch.testing.assert_close(folded(x), model(x))
    torch.testing.assert_close(folded.weight, reference.weight)
    torch.testing.assert_close(folded.bias, reference.bias)
    assert folded.weight.requires_grad
    assert torch.equal(conv.weight, weight)
    assert (conv.bias is None) == ("bias" in options)


def test_folding_without_statistics_or_a_convolution_raises(device):
    conv = nn.Conv2d(4, 6, 3, device=device)
    norm = nn.BatchNorm2d(6, track_running_stats=False, device=device)
    with pytest.raises(ValueError, match="norm has no"):
        fold_batch_norm(conv, norm)
    with pytest.raises(TypeError, match="ConvTranspose2d is no Conv2d"):
        fold_batch_norm(nn.ConvTranspose2d(4, 4, 3, device=device), nn.BatchNorm2d(4))


@pytest.mark.parametrize("channels", [1, 3])
def test_folding_a_norm_of_other_channels_is_refused(device, channels):
    conv, norm = nn.Conv2d(2, 4, 3, device=device), nn.BatchNorm2d(channels, device=device)
    with pytest.raises(ValueError, match=f"4 channels, {channels} in norm"):
        fold_batch_norm(conv, norm)


def test_the_guard_names_the_bias_of_keys(device):
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(4, 4, device=device) for _ in range(3))

        def forward(self, x):
            return (self.q(x) @ self.k(x).mT / 2).softmax(-1) @ self.v(x)

    with pytest.raises(AssertionError, match=r"output: k\.bias;"):
        assert_biases_act(Attention(), torch.randn(2, 5, 4, device=device))


def without(name):
    norm = nn.BatchNorm2d(6)
    norm.register_parameter(name, None)
    return norm


@pytest.mark.parametrize("norm", [nn.BatchNorm2d(6, affine=False), without("bias")])
def test_folding_a_norm_without_scale_or_bias(device, norm):
    x = doubles(4, 4, 9, 9, device=device)
    conv = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 6, 3))
    model = nn.Sequential(conv, norm).to(x)
    model(x)
    torch.testing.assert_close(fold_batch_norm(conv, norm)(x), model.eval()(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_input_whose_square_overflows_is_given_back(device, dtype):
    x = (7 + 4000 * torch.randn(64, 3, device=device)).to(dtype)
    weight, bias = undoing_scale_and_bias(x)
    assert weight.dtype == bias.dtype == dtype
    assert weight.isfinite().all()
    norm = nn.BatchNorm1d(3, device=device)
    norm.weight, norm.bias = nn.Parameter(weight.float()), nn.Parameter(bias.float())
    torch.testing.assert_close(norm(x.float()), x.float(), rtol=1e-2, atol=32)


@pytest.mark.parametrize("x", [torch.zeros(0, 4), torch.zeros(2, 4, device="meta")])
def test_an_output_without_numbers_is_undecided(x):
    with pytest.raises(Undecided, match="no numbers"):
        assert_biases_act(nn.Linear(4, 4, device=x.device), x)


def test_statistics_of_integers_are_refused(device):
    with pytest.raises(TypeError, match="int64, not floating"):
        undoing_scale_and_bias(torch.ones(2, 3, dtype=torch.int64, device=device))


def test_a_guard_that_could_not_fail_is_undecided(device):
    x = doubles(4, 3, 6, 6, device=device)
    for model in [nn.Conv2d(3, 5, 3, bias=False), conv_with_cancelled_bias(3, 5).eval()]:
        with pytest.raises(Undecided):
            assert_biases_act(model.to(x), x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_guard_names_a_bias_before_batch_norm(device, dtype):
    x = torch.randn(4, 3, 6, 6, device=device, dtype=dtype)
    model = conv_with_cancelled_bias(3, 5).to(x)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(AssertionError, match=r"output: 0\.bias; before"):
        assert_biases_act(model, x)
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert_biases_act(conv_batch_norm(3, 5).to(x), x)


def test_a_bias_acts_before_layer_norm_and_beside_dropout(device):
    class TableOfBiases(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(5, 6, device=device))

        def forward(self, x):
            return x + self.bias

    x = torch.randn(64, 5, 4, device=device)
    linear = nn.Linear(4, 6, device=device)
    layer, batch = nn.LayerNorm(6, device=device), nn.BatchNorm1d(5, device=device)
    for after in [layer, batch, TableOfBiases()]:
        assert_biases_act(nn.Sequential(linear, after, nn.Dropout()), x)
    state = torch.get_rng_state()
    with pytest.raises(AssertionError, match=r"output: 0\.bias;"):
        assert_biases_act(
            nn.Sequential(linear, nn.BatchNorm1d(6, device=device), nn.Dropout()), x[:, 0])
    assert torch.equal(torch.get_rng_state(), state)


class SmallBranch(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return x + 1e-6 * self.layer(x)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.GRU(4, 4, batch_first=True)

    def forward(self, x):
        return self.layer(x[:, None])[0]


@pytest.mark.parametrize(("kind", "scale"), [
    (SmallBranch, 1), (Recurrent, 1), (lambda: nn.Linear(4, 4), 1e8)])
def test_a_bias_with_a_small_effect_acts_and_one_of_a_recurrent_layer_is_tried(
        device, kind, scale):
    assert_biases_act(kind().to(device), scale * torch.randn(8, 4, device=device))


def test_a_model_that_writes_to_its_input_is_judged_and_leaves_x(device):
    class InPlace(nn.Module):
        def forward(self, x):
            return x.add_(1)

    x = doubles(8, 4, device=device)
    before = x.clone()
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).to(x)
    with pytest.raises(AssertionError, match=r"output: 1\.0\.bias;"):
        assert_biases_act(nn.Sequential(InPlace(), model), x)
    assert torch.equal(x, before)
