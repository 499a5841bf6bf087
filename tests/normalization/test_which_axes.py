import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.guards.judge import Undecided
from snippets.normalization.which_axes import ChannelLayerNorm, normalized_axes, rms_norm
from snippets.normalization.wrong_which_axes import layer_norm_over_columns
from tests.awkward import Case


def over_channels(x):
    return F.layer_norm(x.movedim(1, -1), (x.shape[1],)).movedim(-1, 1)


def has_axis_1(x, axes):
    assert axes == (1,), axes


AWKWARD = [
    Case(ChannelLayerNorm, lambda kind, x: kind(4).to(x.dtype).to(x.device)(x), like=over_channels,
         shape=(3, 4, 2, 2), compiled=False),
    Case(rms_norm, lambda f, x: f(x, torch.ones_like(x[0])),
         like=lambda x: F.rms_norm(x, x.shape[1:], torch.ones_like(x[0]), 1e-5)),
    Case(normalized_axes, lambda f, x: f(lambda x: F.layer_norm(x, (4,)), x), holds=has_axis_1,
         outside=dict.fromkeys(
             ["all equal", "zeros", "expanded"], "Use random values") | {
                 "on meta": "Not on meta"}, compiled=False),
]

FIXED_DEVICE = settings(
    deadline=None, max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture])


def over(*axes):
    """A norm over given axes, from torch's own mean and variance."""
    def norm(x):
        var, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        return (x - mean) / (var + 1e-5).sqrt()
    return norm


@FIXED_DEVICE
@given(st.integers(1, 4).flatmap(
    lambda rank: st.tuples(st.just(rank), st.sets(st.integers(0, rank - 1), min_size=1))))
def test_the_check_finds_the_axes_of_any_norm(device, norm):
    rank, axes = norm
    x = torch.randn([3, 4, 5, 3][:rank], device=device, dtype=torch.float64)
    assert normalized_axes(over(*axes), x) == tuple(sorted(axes))


def test_the_check_finds_no_axes_where_nothing_is_shared(device):
    assert normalized_axes(torch.tanh, torch.randn(3, 4, device=device)) == ()


@pytest.mark.parametrize(("layer", "rank", "axes"), [
    (nn.BatchNorm1d, 2, (0,)), (nn.BatchNorm1d, 3, (0, 2)), (nn.BatchNorm2d, 4, (0, 2, 3)),
    (nn.InstanceNorm2d, 4, (2, 3)), (ChannelLayerNorm, 4, (1,)),
    (lambda C: nn.GroupNorm(1, C), 4, (1, 2, 3))])
def test_each_norm_equals_the_norm_over_its_axes(device, layer, rank, axes):
    x = torch.randn([4, 6, 3, 5][:rank], device=device, dtype=torch.float64)
    torch.testing.assert_close(layer(6).to(x)(x), over(*axes)(x))


@FIXED_DEVICE
@given(st.integers(1, 5), st.lists(st.integers(1, 4), max_size=3), st.booleans())
def test_channel_layer_norm_equals_layer_norm_at_each_pixel(device, C, rest, transposed):
    x = torch.randn(2, C, *rest, device=device, dtype=torch.float64)
    x = x.transpose(0, -1).contiguous().transpose(0, -1) if transposed else x
    norm = ChannelLayerNorm(C).to(x)
    weight, bias = nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    x.requires_grad_()
    out = norm(x)
    pixels = x.movedim(1, -1).reshape(-1, C)
    expected = torch.stack([F.layer_norm(p, (C,), weight, bias) for p in pixels])
    torch.testing.assert_close(out.movedim(1, -1).reshape(-1, C), expected)

    (gradient,) = torch.autograd.grad(out.square().sum(), x)
    (reference,) = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(gradient, reference, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e4])
def test_rms_norm_equals_torch_in_value_and_gradient(device, scale):
    x = (scale * torch.randn(3, 5, device=device, dtype=torch.float64)).requires_grad_()
    weight = torch.randn(5, device=device, dtype=torch.float64, requires_grad=True)
    by_hand, by_torch = rms_norm(x, weight), F.rms_norm(x, (5,), weight, eps=1e-5)
    torch.testing.assert_close(by_hand, by_torch)
    out = torch.randn_like(x)
    torch.testing.assert_close(
        torch.autograd.grad(by_hand, (x, weight), out),
        torch.autograd.grad(by_torch, (x, weight), out))


def test_layer_norm_of_the_channel_count_normalizes_the_columns(device):
    square = torch.randn(2, 4, 3, 4, device=device)
    assert normalized_axes(layer_norm_over_columns, square) == (3,)
    with pytest.raises(RuntimeError, match="normalized_shape"):
        layer_norm_over_columns(torch.randn(2, 4, 3, 5, device=device))


@pytest.mark.parametrize("affected", [False, True])
def test_accumulated_gradients_equal_the_batch_only_without_batch_statistics(device, affected):
    norm = (nn.BatchNorm1d if affected else nn.LayerNorm)(5, device=device, dtype=torch.float64)
    x = torch.randn(8, 5, device=device, dtype=torch.float64)
    target = torch.randn_like(x)

    def gradient(*parts):
        norm.zero_grad()
        for part, wanted in parts:
            F.mse_loss(norm(part), wanted, reduction="sum").backward()
        return norm.weight.grad.clone()

    whole = gradient((x, target))
    accumulated = gradient(*zip(x.chunk(4), target.chunk(4), strict=True))
    assert torch.allclose(accumulated, whole) != affected


def test_the_check_reads_through_a_relu_and_leaves_the_running_statistics(device):
    model = nn.Sequential(nn.BatchNorm1d(4), nn.ReLU()).to(device)
    for seed in range(20):
        torch.manual_seed(seed)
        assert normalized_axes(model, torch.randn(5, 4, 3, device=device)) == (0, 2)
    assert model[0].num_batches_tracked == 0


def test_the_check_says_where_it_cannot_tell(device):
    x = torch.randn(3, 4, device=device)
    weight = torch.ones(3, 4, device=device, requires_grad=True)
    for wrong, error in [(lambda x: x.sum(0), ValueError), (lambda x: x * 0 + 1, Undecided),
                         (torch.ones_like, Undecided), (lambda x: weight * 1, Undecided)]:
        with pytest.raises(error):
            normalized_axes(wrong, x)
    with pytest.raises(TypeError, match="not floating"):
        normalized_axes(nn.LayerNorm(4), x.long())
    with pytest.raises(TypeError, match="not floating"):
        rms_norm(x.long(), x[0])


def test_the_axes_are_found_under_no_grad(device):
    with torch.no_grad():
        axes = normalized_axes(nn.LayerNorm(4, device=device), torch.randn(3, 4, device=device))
    assert axes == (1,)


def test_the_axes_are_found_under_inference_mode_and_of_a_norm_in_place(device):
    x = torch.randn(3, 4, device=device)
    before = x.clone()
    assert normalized_axes(lambda x: x.sub_(x.mean(1, keepdim=True)), x) == (1,)
    assert torch.equal(x, before)
    with torch.inference_mode():
        assert normalized_axes(lambda x: F.layer_norm(x, (4,)), x.clone()) == (1,)
