import pytest
import torch
import torch.nn.functional as F

from snippets.vision.image_and_mask_together import assert_pair_stays_together, random_crop_pair
from tests.awkward import Case, LeftOut


def is_a_piece(x, got):
    """Whether the first result is one of the pieces of x, flipped or not, and the second its."""
    piece, mask = got
    torch.testing.assert_close(piece[0], mask, rtol=0, atol=0, equal_nan=True)
    places = [x[i:i + 2, j:j + 3] for i in range(2) for j in range(2)]
    assert any(torch.equal(torch.nan_to_num(piece[0]), torch.nan_to_num(each))
               for place in places for each in (place, place.flip(-1)))


AWKWARD = [
    Case(random_crop_pair, lambda crop, x: crop(x[None], x, 2, 3), holds=is_a_piece,
         compiled=False),
    LeftOut(assert_pair_stays_together, "it makes the pair that it needs"),
]


def test_image_and_mask_hold_the_same_place(device):
    image = torch.arange(48.0, device=device).view(1, 6, 8)
    seen = set()
    for _ in range(300):
        piece, mask = random_crop_pair(image, image[0].long(), 5, 7)
        assert torch.equal(piece[0].long(), mask)
        assert mask.shape == (5, 7)
        seen.add(tuple(mask[0, :2].tolist()))
    assert len(seen) == 8  # four places, flipped or not


@pytest.mark.parametrize(("shapes", "size", "words"), [
    (((1, 4, 4), (1, 4, 4)), (2, 2), "are not"), (((1, 4, 4), (4, 5)), (2, 2), "are not"),
    (((4, 4), (4, 4)), (2, 2), "are not"), (((1, 4, 4), (4, 4)), (5, 4), "no piece"),
    (((1, 4, 4), (4, 4)), (0, 4), "no piece")])
def test_other_shapes_are_refused(device, shapes, size, words):
    image, mask = (torch.zeros(shape, device=device) for shape in shapes)
    with pytest.raises(ValueError, match=words):
        random_crop_pair(image, mask, *size)


def resized(mode):
    def transform(image, mask):
        image, mask = random_crop_pair(image, mask, 48, 48)
        return (F.interpolate(image[None], (50, 50), mode="bilinear")[0],
                F.interpolate(mask[None, None].float(), (50, 50), mode=mode)[0, 0])
    return transform


def test_the_guard_passes_on_a_resize_by_nearest_and_fails_on_linear(device):
    with torch.device(device):
        assert_pair_stays_together(resized("nearest-exact"))
        with pytest.raises(AssertionError, match="classes 0 and 2 became"):
            assert_pair_stays_together(resized("bilinear"))


@pytest.mark.parametrize("wrong", [
    lambda image, mask: (image, mask.flip(-1)), lambda image, mask: (image, mask.T),
    lambda image, mask: (image.roll(9, -1), mask),
    lambda image, mask: (random_crop_pair(image, mask, 40, 40)[0],
                         random_crop_pair(image, mask, 40, 40)[1])])
def test_the_guard_fails_where_the_two_move_apart(device, wrong):
    with torch.device(device), pytest.raises(AssertionError, match="two random draws"):
        assert_pair_stays_together(wrong)


@pytest.mark.parametrize("dtype", [
    torch.uint16, torch.uint32, torch.uint64, torch.bool, torch.float8_e5m2, torch.float64])
def test_images_and_masks_of_any_dtype_are_cut(device, dtype):
    image = torch.arange(20, device=device).remainder(2).view(1, 4, 5).to(dtype)
    for _ in range(10):
        piece, mask = random_crop_pair(image, image[0], 3, 3)
        assert piece.dtype == mask.dtype == dtype
        assert torch.equal(piece[0].float(), mask.float())


def test_the_guard_does_not_see_a_shift_by_one_pixel(device):
    with torch.device(device):
        assert_pair_stays_together(lambda image, mask: (image.roll(1, -1), mask))
