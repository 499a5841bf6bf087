import pytest
import torch

from snippets.attention.left_padding_and_positions import at_last_real, positions_without_padding
from tests.awkward import Case


def some(x):
    """A mask of the first place, and of every other place."""
    return torch.arange(x.shape[1], device=x.device).expand(x.shape[:2]) % 2 == 0


AWKWARD = [
    Case(positions_without_padding, lambda f, x: f(x > 0),
         like=lambda x: (x > 0).long().cumsum(-1).sub(1).clamp(min=0)),
    Case(at_last_real, lambda f, x: f(x, some(x)), like=lambda x: x[:, 2]),
    Case(at_last_real, lambda f, x: f(x, some(x)), like=lambda x: x[:, 2], shape=(3, 4, 2, 2)),
]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.uint8])
def test_positions_are_those_of_each_row_alone(device, dtype):
    for lengths in [[3, 5], [1, 5], [0, 4]]:
        for left in (True, False):
            places = torch.arange(5, device=device)
            n = torch.tensor(lengths, device=device)[:, None]
            keep = places >= 5 - n if left else places < n
            found = positions_without_padding(keep.to(dtype))
            for row, mask, length in zip(found, keep, lengths, strict=True):
                assert row[mask].tolist() == list(range(length))
            assert (found >= 0).all()
            x = torch.randn(2, 5, 3, device=device)
            for row, mask, got in zip(x, keep, at_last_real(x, keep), strict=True):
                assert torch.equal(got, row[mask][-1] if mask.any() else row[0])


def test_what_does_not_fit_is_refused(device):
    x = torch.zeros(2, 3, 4, device=device)
    with pytest.raises(ValueError, match="must be boolean"):
        positions_without_padding(x)
    for keep in [x[0, 0] > 0, x[:1, :, 0] > 0, x > 0]:
        with pytest.raises(ValueError, match="does not begin"):
            at_last_real(x, keep)
    with pytest.raises(IndexError):
        at_last_real(x[:, :0], x[:, :0, 0])


def test_an_empty_batch_and_a_gradient(device):
    x = torch.randn(0, 3, 4, device=device)
    assert at_last_real(x, x[..., 0] > 0).shape == (0, 4)
    x = torch.randn(2, 3, device=device, requires_grad=True)
    at_last_real(x, torch.tensor([[1, 1, 0], [0, 1, 1]], device=device)).sum().backward()
    assert x.grad.tolist() == [[0, 1, 0], [0, 0, 1]]


def test_rotary_like_distances_do_not_see_a_shift(device):
    """Scores that depend on differences of positions stay, as the page says of rotary models."""
    q, k = torch.randn(2, 5, dtype=torch.complex128, device=device)
    place = torch.arange(5, device=device)

    def scores(place):
        turn = torch.polar(torch.ones_like(q.real), place.double() * 0.3)
        return torch.outer(q * turn, (k * turn).conj()).real
    torch.testing.assert_close(scores(place), scores(place + 2))
