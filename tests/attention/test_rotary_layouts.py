import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.attention.rotary_layouts import (
    assert_scores_by_distance,
    neighbours_to_halves,
    rotary_angles,
    rotate_halves,
    rotate_neighbours,
)
from snippets.attention.wrong_rotary_layouts import rotate_by_mixed_layouts
from snippets.guards.judge import Undecided
from tests.awkward import Case, LeftOut


def angles(x):
    return rotary_angles(torch.arange(3, device=x.device), 8)


def pair_by_pair(x, pairs):
    out, turn = torch.empty_like(x), angles(x)
    for j, (a, b) in enumerate(pairs):
        cos, sin = turn[:, j].cos().to(x.dtype), turn[:, j].sin().to(x.dtype)
        out[..., a] = x[..., a] * cos - x[..., b] * sin
        out[..., b] = x[..., a] * sin + x[..., b] * cos
    return out


def each_place(x):
    wide = x.to(torch.promote_types(x.dtype, torch.float64))
    return torch.stack([wide * 10000 ** (-2 * j / 8) for j in range(4)], dim=-1)


AWKWARD = [
    Case(rotary_angles, lambda f, x: f(x, 8), like=each_place, shape=(12,)),
    Case(rotate_neighbours, lambda f, x: f(x, angles(x)), shape=(2, 3, 8),
         like=lambda x: pair_by_pair(x, [(0, 1), (2, 3), (4, 5), (6, 7)])),
    Case(rotate_halves, lambda f, x: f(x, angles(x)), shape=(2, 3, 8),
         like=lambda x: pair_by_pair(x, [(0, 4), (1, 5), (2, 6), (3, 7)])),
    LeftOut(neighbours_to_halves, "it takes two numbers"),
    LeftOut(assert_scores_by_distance, "it makes its own queries and keys"),
]


def test_no_rotation_is_undecided():
    with pytest.raises(Undecided, match="do not change with the distance"):
        assert_scores_by_distance(lambda x, _: x, lambda x, _: x, 8)


def test_small_scores_are_compared_by_their_size():
    def at(rotate, scale):
        return lambda x, positions: scale * rotate(x, rotary_angles(positions, 8))

    for scale in [1e-6, 1e6]:
        mixed, right = at(rotate_by_mixed_layouts, scale), at(rotate_halves, scale)
        assert_scores_by_distance(right, right, 8)
        with pytest.raises(AssertionError, match="two layouts"):
            assert_scores_by_distance(mixed, mixed, 8)

FIXED_DEVICE = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.integers(0, 10000))
def test_permuted_rows_turn_one_layout_into_the_other(device, half, heads, L, start):
    d = 2 * half
    x = torch.randn(2, L, heads * d, dtype=torch.float64, device=device)
    angles = rotary_angles(torch.arange(start, start + L, device=device), d)
    rows = neighbours_to_halves(heads, d).to(device)

    def split(x):
        return x.view(2, L, heads, d).transpose(1, 2)

    expected = rotate_neighbours(split(x), angles).transpose(1, 2).flatten(2)[..., rows]
    actual = rotate_halves(split(x[..., rows]), angles).transpose(1, 2).flatten(2)
    torch.testing.assert_close(actual, expected)


def test_angles_are_those_of_the_paper(device):
    angles = rotary_angles(torch.tensor([0, 3], device=device), 4)
    torch.testing.assert_close(
        angles, torch.tensor([[0, 0], [3, 0.03]], dtype=torch.float64, device=device))


@pytest.mark.parametrize("rotate", [rotate_neighbours, rotate_halves])
def test_a_rotation_keeps_the_dtype_and_turns_a_pair(device, rotate):
    for dtype in [torch.float16, torch.bfloat16, torch.float32]:
        x = torch.tensor([[3.0, 4.0]], dtype=dtype, device=device)
        quarter = torch.tensor([[torch.pi / 2]], dtype=torch.float64, device=device)
        out = rotate(x, quarter)
        torch.testing.assert_close(out, torch.tensor([[-4, 3]], dtype=dtype, device=device))


def test_the_guard_fails_on_mixed_layouts_only(device):
    def at(rotate):
        return lambda x, positions: rotate(x, rotary_angles(positions, 6))

    with torch.device(device):
        for rotate in [rotate_neighbours, rotate_halves]:
            assert_scores_by_distance(at(rotate), at(rotate), 6)
        for q, k in [(rotate_by_mixed_layouts, rotate_by_mixed_layouts),
                     (rotate_halves, rotate_neighbours)]:
            with pytest.raises(AssertionError, match="mixed"):
                assert_scores_by_distance(at(q), at(k), 6)


@pytest.mark.parametrize("rotate", [rotate_neighbours, rotate_halves])
def test_integers_are_refused(device, rotate):
    x = torch.ones(3, 8, dtype=torch.int64, device=device)
    with pytest.raises(TypeError, match="not floating"):
        rotate(x, angles(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_scores_of_half_precision_are_undecided_and_no_alarm(dtype):
    def rotate(x, positions):
        return rotate_halves(x.to(dtype), rotary_angles(positions, 8))

    with pytest.raises(Undecided, match="rounds too much"):
        assert_scores_by_distance(rotate, rotate, 8)


@pytest.mark.parametrize("rotate", [rotate_neighbours, rotate_halves])
@pytest.mark.parametrize("d", [3, 8])
def test_an_odd_head_and_other_angles_are_refused(rotate, d):
    with pytest.raises(ValueError, match="need d/2 angles"):
        rotate(torch.ones(1, d), rotary_angles(torch.arange(1), 3))


def test_an_odd_number_of_features_has_no_pairs():
    with pytest.raises(ValueError, match="no pairs"):
        neighbours_to_halves(2, 3)
