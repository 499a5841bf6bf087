import pytest
import torch

from snippets.vision.float_to_uint8 import assert_bytes_survive, to_bytes
from tests.awkward import Case, LeftOut

META = {"on meta": "it takes no meta tensor"}


def nearest(x):
    """The nearest of the 256 levels, found by distance."""
    levels = torch.arange(256, device=x.device, dtype=torch.float64)
    return (x.double()[..., None] * 255 - levels).abs().argmin(-1).byte()


AWKWARD = [
    Case(to_bytes, lambda to_bytes, x: to_bytes(x), outside=META, compiled=False,
         holds=lambda x, got: torch.testing.assert_close(got, nearest(x))),
    Case(to_bytes, lambda to_bytes, x: to_bytes(x.sigmoid() * 1.5 - 0.2501), outside=META,
         compiled=False, like=lambda x: nearest(x.sigmoid() * 1.5 - 0.2501)),
    LeftOut(assert_bytes_survive, "it makes the one image that it needs"),
]


@pytest.mark.parametrize("dtype", [
    torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_each_level_comes_back(device, dtype):
    levels = torch.arange(256, device=device, dtype=torch.uint8)
    assert torch.equal(to_bytes(levels.to(dtype) / 255), levels)


@pytest.mark.parametrize("x", [-1.1, 2.5, 255.0, torch.nan, torch.inf])
def test_an_image_of_another_scale_is_refused(device, x):
    with pytest.raises(ValueError, match="near 0 to 1"):
        to_bytes(torch.tensor([0.5, x], device=device))


def test_integers_are_refused(device):
    with pytest.raises(TypeError, match="floats from 0 to 1"):
        to_bytes(torch.tensor([1, 2], device=device))


def test_an_empty_image_stays_empty(device):
    assert to_bytes(torch.zeros(3, 0, 2, device=device)).shape == (3, 0, 2)


@pytest.mark.parametrize(("bytes_of", "words"), [
    (lambda x: (x * 255).byte(), "level 1-0.3 becomes 0, not 1"),
    (lambda x: (x * 255).round().byte(), r"level 254\+2 becomes 0, not 255"),
    (lambda x: (x * 255).round().clamp(max=255).byte(), "level 0-2 becomes 254, not 0"),
    (lambda x: to_bytes(x).flip(0).transpose(1, 2), r"level 1\+0 becomes 16"),
    (lambda x: (x * 256).clamp(0, 255).byte(), r"becomes")])
def test_the_guard_fails_on_each_cast(device, bytes_of, words):
    with torch.device(device), pytest.raises(AssertionError, match=words):
        assert_bytes_survive(lambda image: image / 255, bytes_of)


def test_the_guard_passes_with_a_normalization_for_each_channel(device):
    with torch.device(device):
        mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
        assert_bytes_survive(
            lambda image: (image / 255 - mean) / std, lambda x: to_bytes(x * std + mean))


@pytest.mark.parametrize("dtype", [torch.float8_e5m2, torch.float8_e4m3fn])
def test_floats_of_8_bits_are_floats(device, dtype):
    x = torch.tensor([0, 0.5, 1], device=device)
    assert to_bytes(x.to(dtype)).tolist() == [0, 128, 255]
    with pytest.raises(ValueError, match="near 0 to 1"):
        to_bytes((x * 200).to(dtype))
