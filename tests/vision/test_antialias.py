import pytest
import torch
import torch.nn.functional as F


def test_pixels_are_skipped_above_a_factor_of_two():
    for old in range(1, 60):
        pixels = torch.eye(old, device="cpu")[:, None, None]
        for new in range(1, old + 1):
            small = F.interpolate(pixels, (1, new), mode="bilinear")
            assert small.flatten(1).any(1).all() == (old <= 2 * new)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("width", [1, 4])
def test_one_column_gets_the_numbers_of_its_first_row(mode, width):
    image = torch.arange(8.0, device="cpu")[:, None].expand(1, 3, 8, width).contiguous()
    column = F.interpolate(image, (5, 1), mode=mode, antialias=True)
    row = F.interpolate(image.mT, (1, 5), mode=mode, antialias=True)
    assert torch.equal(column, column[:, :, :1].expand_as(column))
    torch.testing.assert_close(column[:, :, 0], row[..., 0])
    assert row.flatten(0, 2)[0].diff().min() > 1
