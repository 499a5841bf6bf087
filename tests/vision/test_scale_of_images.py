import pytest
import torch

from snippets.vision.scale_of_images import assert_red_is_1_0_0, unit_image
from tests.awkward import Case, LeftOut

META = {"on meta": "it takes no meta tensor"}

AWKWARD = [
    Case(unit_image, lambda unit, x: unit(x, 255), outside=META, compiled=False,
         holds=lambda x, got: torch.testing.assert_close(got * 255, x.float())),
    Case(unit_image, lambda unit, x: unit(x.sigmoid() * 255, 255), outside=META, compiled=False,
         like=lambda x: (x.sigmoid() * 255).float() / 255),
    LeftOut(assert_red_is_1_0_0, "it takes a loader and one red image"),
]


@pytest.mark.parametrize("dtype", [
    torch.uint8, torch.uint16, torch.int32, torch.int64, torch.float16, torch.float32,
    torch.float64])
def test_white_is_1_in_each_dtype(device, dtype):
    image = torch.tensor([[0, 51, 255]], device=device).to(dtype)
    torch.testing.assert_close(
        unit_image(image, 255), torch.tensor([[0.0, 0.2, 1.0]], device=device))


@pytest.mark.parametrize("image", [[-1.0, 3.0], [0.0, 256.0], [torch.nan, 2.0], [0.0, torch.inf]])
def test_numbers_beyond_black_and_white_are_refused(device, image):
    with pytest.raises(ValueError, match="is not 0 to 255"):
        unit_image(torch.tensor(image, device=device), 255)


def test_a_black_float_image_passes(device):
    black = torch.zeros(3, 2, 2, device=device)
    assert torch.equal(unit_image(black, 255), black)
    assert unit_image(black[:0], 255).shape == (0, 2, 2)


@pytest.mark.parametrize("white", [0, -1, float("nan")])
def test_white_is_above_black(device, white):
    with pytest.raises(ValueError, match="above 0"):
        unit_image(torch.zeros(2, device=device), white)


def test_complex_numbers_are_no_image(device):
    with pytest.raises(TypeError, match="complex"):
        unit_image(torch.zeros(2, dtype=torch.complex64, device=device), 1)


def test_an_image_divided_before_is_refused_or_taken_with_white_1(device):
    image = torch.rand(3, 4, 4, device=device)
    with pytest.raises(ValueError, match="divided before"):
        unit_image(image, 255)
    assert torch.equal(unit_image(image, 1), image)


def test_the_guard_names_the_shape_the_dtype_and_the_pixel(device):
    red = torch.zeros(3, 2, 5, device=device)
    red[0] = 1
    assert_red_is_1_0_0(lambda x: x, red)
    assert_red_is_1_0_0(lambda x: x, red * 0.99)
    for load, words in {
            lambda x: x.permute(1, 2, 0): "not .3, H, W", lambda x: (x * 255).byte(): "dtype",
            lambda x: x.flip(0): "0.0, 0.0, 1.0", lambda x: x / 255: "0.0039",
            lambda x: x[:, :0]: "empty", lambda x: x * 0.5: "0.5, 0.0"}.items():
        with pytest.raises(AssertionError, match=words):
            assert_red_is_1_0_0(load, red)


@pytest.mark.parametrize(("dtype", "white"), [
    (torch.uint8, 65535), (torch.int8, 255), (torch.bool, 255), (torch.int32, 2.0 ** 31)])
def test_a_white_that_integers_cannot_hold_raises(device, dtype, white):
    with pytest.raises(ValueError, match="ends at"):
        unit_image(torch.ones(2, device=device).to(dtype), white)


def test_white_itself_is_1_where_float32_rounds_it_up(device):
    for image, white in [(torch.tensor([0.6]), 0.6), (torch.tensor([0.3]).double(), 0.3),
                         (torch.tensor([2 ** 31 - 1], dtype=torch.int32), 2 ** 31 - 1)]:
        assert unit_image(image.to(device), white).item() == 1
