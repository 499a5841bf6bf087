import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm
from torch.utils.checkpoint import checkpoint

from snippets.guards.judge import Undecided
from snippets.guards.keeps_layout import keeps_layout
from snippets.guards.wrong_keeps_layout import (
    ContiguousBeforeTheShortcut,
    ShuffleByReshape,
    normalize_as_one_sample,
)
from tests.awkward import Guard

AWKWARD = [
    Guard(keeps_layout, right=lambda guard, x: guard(lambda x: x.clone(), x),
          wrong=lambda guard, x: guard(lambda x: x.contiguous(), x), shape=(2, 3, 4, 5)),
]


class Calls(nn.Module):
    """Call a function on (N, C, H, W)."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


class ChannelNorm(nn.LayerNorm):
    """Normalize over the channels, as ConvNeXt does."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Attention(nn.Module):
    """Attend among pixels; `back` makes an image of the tokens (N, HW, C)."""

    def __init__(self, back):
        super().__init__()
        self.qkv, self.back = nn.Linear(4, 12), back

    def forward(self, x):
        q, k, v = (part.unflatten(2, (2, 2)).transpose(1, 2)
                   for part in self.qkv(x.flatten(2).mT).chunk(3, 2))
        share = F.dropout((q @ k.mT).softmax(-1), 0.1)
        return x + self.back((share @ v).transpose(1, 2).flatten(2), x)


class Residual(nn.Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.Sequential(*parts)

    def forward(self, x):
        return x + self.parts(x)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.inner = conv(stride=2), conv()
        self.up, self.out = nn.ConvTranspose2d(4, 4, 2, 2), nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x):
        inner = self.inner(self.down(x).relu())
        skip = torch.cat([x, self.up(inner)], 1)
        return self.out(F.interpolate(skip, scale_factor=0.5, mode="bilinear"))


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(4, 3)
        self.experts = nn.ModuleList(conv() for _ in range(3))

    def forward(self, x):
        share = self.router(x.mean((2, 3))).softmax(1)
        return sum(share[:, i, None, None, None] * expert(x)
                   for i, expert in enumerate(self.experts))


class Recomputed(nn.Conv2d):
    def forward(self, x):
        return checkpoint(super().forward, x, use_reentrant=False)


class LowRank(nn.Conv2d):
    def __init__(self):
        super().__init__(4, 4, 1)
        self.requires_grad_(False)
        self.a, self.b = nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)

    def forward(self, x):
        return super().forward(x) + self.b(self.a(x))


class Standardized(nn.Conv2d):
    """Standardize the weights, as a tensor (1, O, I k k)."""

    def forward(self, x):
        flat = self.weight.reshape(1, self.out_channels, -1)
        weight = F.batch_norm(flat, None, None, training=True).reshape_as(self.weight)
        return F.conv2d(x, weight, self.bias, padding=1)


class Autocast(nn.Conv2d):
    def forward(self, x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return super().forward(x)


def conv(**options):
    return nn.Conv2d(4, 4, 3, padding=1, **options)


def stack(*parts):
    return nn.Sequential(conv(), *parts, conv())


def by_view(tokens, x):
    return tokens.mT.unflatten(2, x.shape[2:])


def by_permute(tokens, x):
    return tokens.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)


def by_contiguous(tokens, x):
    return by_permute(tokens, x).contiguous()


def gate(x):
    return x * x.mean((2, 3), keepdim=True).sigmoid()


def frozen(model):
    return model.requires_grad_(False)


IMAGES = torch.randn(2, 4, 6, 8, generator=torch.Generator("cpu").manual_seed(0), device="cpu")

RIGHT = {
    "convolutions, BatchNorm and ReLU": lambda: stack(nn.BatchNorm2d(4), nn.ReLU(inplace=True)),
    "BatchNorm in eval": lambda: stack(nn.BatchNorm2d(4)).eval(),
    "GroupNorm": lambda: stack(nn.GroupNorm(2, 4)),
    "one group for each channel": lambda: stack(nn.GroupNorm(4, 4)),
    "norm over channels by permute": lambda: stack(ChannelNorm(4)),
    "dropout of channels": lambda: stack(nn.Dropout2d(), nn.Dropout()),
    "pooling": lambda: stack(nn.MaxPool2d(2), nn.Upsample(scale_factor=2), nn.AvgPool2d(2)),
    "classifier": lambda: nn.Sequential(
        conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)),
    "depthwise and dilated": lambda: nn.Sequential(conv(groups=4), conv(dilation=2)),
    "reflected borders": lambda: nn.Sequential(conv(padding_mode="reflect"), nn.ZeroPad2d(1)),
    "squeeze and excitation": lambda: stack(Calls(gate)),
    "attention, back by a view": lambda: stack(Attention(by_view)),
    "attention, back by permute": lambda: stack(Attention(by_permute)),
    "U-Net": UNet,
    "residual in bfloat16": lambda: stack(Residual(conv(), nn.GELU())).bfloat16(),
    "float64": lambda: stack(nn.PReLU(4)).double(),
    "autocast": lambda: Autocast(4, 4, 3),
    "compiled": lambda: torch.compile(stack(nn.SiLU()), backend="eager"),
    "compiled inside": lambda: stack(torch.compile(conv(), backend="eager")),
    "mixture of experts": Experts,
    "recomputed": lambda: Recomputed(4, 4, 3),
    "LoRA": LowRank,
    "frozen": lambda: frozen(stack(nn.BatchNorm2d(4))),
    "weight norm": lambda: weight_norm(conv()),
    "spectral norm": lambda: spectral_norm(conv()),
    "standardized weights": lambda: Standardized(4, 4, 3),
    "channel shuffle of torch": lambda: stack(nn.ChannelShuffle(2)),
    "pixel shuffle": lambda: nn.Sequential(conv(), nn.PixelUnshuffle(2), nn.Conv2d(16, 8, 1),
                                           nn.PixelShuffle(2)),
    "halves": lambda: Calls(lambda x: torch.cat([x[:, :2].relu(), x[:, 2:]], 1)),
    "a function": lambda: torch.tanh,
    "two outputs": lambda: Calls(lambda x: (x + 1, x.mean(1))),
    "gray image out": lambda: nn.Sequential(conv(), nn.Conv2d(4, 1, 1)),
    "noise": lambda: Calls(lambda x: x + torch.randn_like(x)),
    "writes in place": lambda: Calls(lambda x: x.mul_(2)),
    "mean of an image at each place": lambda: Calls(
        lambda x: x - x.mean((2, 3), keepdim=True).expand_as(x)),
    "one number for each channel": lambda: stack(
        Calls(lambda x: x.mean((2, 3), keepdim=True).expand_as(x))),
    "pixels first, by tensordot": lambda: stack(Calls(
        lambda x: torch.tensordot(x, torch.eye(4).to(x), ([1], [0])).permute(0, 3, 1, 2))),
    "pixels first, by einsum": lambda: Calls(
        lambda x: torch.einsum("nchw,cd->nhwd", x, torch.eye(4).to(x))),
    "output (N, H, W, C)": lambda: nn.Sequential(
        conv(stride=2), Calls(lambda x: x.permute(0, 2, 3, 1)), nn.Linear(4, 7)),
    "rows as samples, a view": lambda: stack(
        Calls(lambda x: x.transpose(1, 2).flip(3).transpose(1, 2))),
    "mask": lambda: Calls(lambda x: torch.where(x > 0, x, x.new_zeros(()))),
}
ON_THE_CPU = {"GroupNorm", "one group for each channel", "reflected borders", "pixel shuffle",
              "channel shuffle of torch"}  # a GPU may have no kernel for channels-last
WRONG = {
    "ContiguousBeforeTheShortcut": (lambda: ContiguousBeforeTheShortcut(4), "contiguous, conv2d"),
    "normalize_as_one_sample": (lambda: normalize_as_one_sample, "reshape"),
    "ShuffleByReshape": (lambda: stack(ShuffleByReshape(4)), "conv2d of 1.conv:"),
    "InstanceNorm": (lambda: stack(nn.InstanceNorm2d(4)), "instance_norm of 1, conv2d of 2:"),
    "softmax over channels": (lambda: Calls(lambda x: x.softmax(1)), "softmax, the output:"),
    "attention, back by a copy": (
        lambda: stack(Attention(by_contiguous)), "contiguous of 1:"),
    "masked_fill": (lambda: stack(Calls(lambda x: x.masked_fill(x > 0, 0.0))), "masked_fill of 1"),
    "channels picked by a list": (
        lambda: stack(Calls(lambda x: x[:, [1, 0, 3, 2]])), "__getitem__ of 1"),
    "sampled at a grid": (
        lambda: Calls(lambda x: F.grid_sample(x, x.new_zeros(2, 6, 8, 2), align_corners=False)),
        "grid_sample, the output:"),
    "spectrum and back": (
        lambda: stack(Calls(lambda x: torch.fft.irfft2(torch.fft.rfft2(x)))), "of 1"),
    "written into a new tensor": (
        lambda: stack(Calls(lambda x: torch.zeros(x.shape, device=x.device).copy_(x))),
        "conv2d of 2:"),
    "output of another order": (
        lambda: Calls(lambda x: x.flatten(2).mT.contiguous().mT.reshape(2, 2, 2, 6, 8).transpose(
            1, 2).reshape(x.shape)), "the output:"),
    "compiled": (
        lambda: torch.compile(stack(nn.InstanceNorm2d(4)), backend="eager"), "instance_norm of 1"),
    "bfloat16": (lambda: stack(Calls(torch.Tensor.contiguous)).bfloat16(), "contiguous of 1"),
}


def try_on(device, model):
    torch.manual_seed(0)
    model = model.to(device) if isinstance(model, nn.Module) else model
    parameters = list(model.parameters()) if isinstance(model, nn.Module) else []
    keeps_layout(model, IMAGES.to(device, parameters[0].dtype if parameters else None))


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_model_passes(device, name):
    try_on("cpu" if name in ON_THE_CPU else device, RIGHT[name]())


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model_fails(device, name):
    make, says = WRONG[name]
    with pytest.raises(AssertionError, match=f"channels-last is lost in .*{says}"):
        try_on(device, make())


@pytest.mark.parametrize("wrong", [False, True])
def test_volumes(device, wrong):
    norm = nn.InstanceNorm3d(4) if wrong else nn.BatchNorm3d(4)
    # with one thread, torch computes a kernel of 1 in the order of axes
    model = nn.Sequential(nn.Conv3d(4, 4, 3), norm, nn.Conv3d(4, 4, 2)).to(device)
    volume = torch.randn(2, 4, 5, 5, 5, device=device)
    if wrong:
        with pytest.raises(AssertionError, match="instance_norm of 1, conv3d of 2:"):
            keeps_layout(model, volume)
    else:
        keeps_layout(model, volume)


def test_a_gray_image_is_followed_from_the_first_layer_on(device):
    gray = IMAGES[:, :1].to(device)
    keeps_layout(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3)).to(device), gray)
    with pytest.raises(AssertionError, match="instance_norm of 1"):
        keeps_layout(nn.Sequential(nn.Conv2d(1, 4, 3), nn.InstanceNorm2d(4)).to(device), gray)


def refuses(*_):
    assert 1 > 2, "no"


def test_what_cannot_be_told_is_undecided(device):
    images = IMAGES.to(device)
    for x in (images[0], images[:0], images.to("meta"), "images", 3, images.to_sparse()):
        with pytest.raises(Undecided, match="no batch of images, empty, sparse or on meta"):
            keeps_layout(nn.Identity(), x)
    for call, x in [(nn.Identity(), images), (torch.tanh, images[:, :1]),
                    (torch.tanh, images[..., :1, :1]), (lambda x: "images", images)]:
        with pytest.raises(Undecided, match="no function of torch gets"):
            keeps_layout(call, x)
    with pytest.raises(Undecided, match="an assert of the call itself fails: no"):
        keeps_layout(refuses, images)


def test_the_order_of_the_given_images_does_not_matter(device):
    last = IMAGES.to(device, memory_format=torch.channels_last)
    for x in (last, last.contiguous(), last.clone().requires_grad_()):
        keeps_layout(torch.tanh, x)
        keeps_layout(lambda x: x.mul_(2), x)
        assert torch.equal(x, IMAGES.to(device))
        with pytest.raises(AssertionError, match="lost in softmax, the output:"):
            keeps_layout(lambda x: x.softmax(1), x)


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("hidden", [False, True])
def test_everything_is_as_before(device, wrong, hidden):
    model = nn.Sequential(conv(), nn.BatchNorm2d(4), nn.Dropout(),
                          nn.InstanceNorm2d(4) if wrong else nn.Identity(), conv()).to(device)
    x = IMAGES.to(device).requires_grad_()
    model(x).sum().backward()
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    slope, state = model[0].weight.grad.clone(), torch.get_rng_state()
    call = (lambda x: model(x)) if hidden else model
    if wrong:
        with pytest.raises(AssertionError):
            keeps_layout(call, x)
    else:
        keeps_layout(call, x)
    with pytest.raises(ZeroDivisionError):
        keeps_layout(lambda x: model(x) + 1 / 0, x)
    assert torch.equal(x, IMAGES.to(device))
    assert x.is_contiguous()
    assert model[0].weight.is_contiguous()
    assert model.training
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert torch.equal(model[0].weight.grad, slope)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("images", [IMAGES[:, :2], IMAGES[..., :4, :4]])
def test_two_channels_and_sizes_that_are_equal_are_judged(images):
    keeps_layout(torch.tanh, images)
    with pytest.raises(AssertionError, match="lost in softmax, the output:"):
        keeps_layout(lambda x: x.softmax(1), images)


def test_tensors_in_a_list_are_followed():
    with pytest.raises(AssertionError, match="lost in cat, the output:"):
        keeps_layout(lambda x: torch.cat([x, torch.zeros(2, 1, 6, 8)], 1), IMAGES)


def test_a_convolution_with_a_weight_that_is_computed_is_watched():
    with pytest.raises(AssertionError, match="lost in contiguous, conv2d"):
        keeps_layout(lambda x: F.conv2d(x.contiguous(), torch.ones(4, 4, 3, 3)), IMAGES)
