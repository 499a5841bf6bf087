import pytest
import torch
import torch.nn.functional as F

from snippets.attention.wrong_split_heads import merge_heads_by_reshape, split_heads_by_view
from snippets.guards.judge import Undecided
from snippets.guards.round_trip import round_trip
from snippets.guards.wrong_round_trip import patchify_by_view, unpatchify_channels_last
from snippets.shapes.image_patches import patches_by_slicing, patchify, unpatchify
from snippets.shapes.wrong_image_patches import patchify_interleaved, unpatchify_interleaved
from snippets.shapes.wrong_permute_vs_reshape import image_to_tokens_by_reshape
from tests.awkward import Guard

AWKWARD = [
    Guard(round_trip, shape=(2, 3),
          right=lambda guard, x: guard(
              lambda x: x.T.clone(), lambda y: y.T, x, spec=lambda x: x.T),
          wrong=lambda guard, x: guard(
              lambda x: x.reshape(3, 2), lambda y: y.reshape(x.shape), x, spec=lambda x: x.T)),
]

SIZE, PATCH = (4, 12), (2, 3)


def images(device, dtype=torch.int64):
    return torch.arange(288, device=device).view(2, 3, 4, 12).to(dtype)


def spec(x):
    return patches_by_slicing(x, PATCH)


def back(y):
    return unpatchify(y, SIZE, PATCH)


def there(x):
    return patchify(x, PATCH)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float64])
def test_the_right_layout_passes(device, dtype):
    round_trip(there, back, images(device, dtype), spec=spec)


def test_a_right_layout_through_unfold_passes(device):
    x = images(device, torch.float32)
    round_trip(
        lambda x: F.unfold(x, PATCH, stride=PATCH).mT,
        lambda y: F.fold(y.mT, SIZE, PATCH, stride=PATCH), x, spec=spec)


@pytest.mark.parametrize("wrong", [
    (lambda x: patchify_by_view(x, PATCH), lambda y: y.reshape(2, 3, 4, 12)),
    (lambda x: patchify_interleaved(x, PATCH), lambda y: unpatchify_interleaved(y, SIZE, PATCH)),
    (lambda x: x.flip(-1), lambda y: y.flip(-1)),
    (lambda x: x, lambda y: y),
], ids=["view", "interleaved", "flip", "identity"])
def test_an_exact_inverse_of_a_wrong_layout_fails(device, wrong):
    x = images(device)
    assert torch.equal(wrong[1](wrong[0](x)), x)
    with pytest.raises(AssertionError, match=r"^there: "):
        round_trip(*wrong, x, spec=spec)


def test_a_right_layout_with_a_wrong_inverse_fails(device):
    with pytest.raises(AssertionError, match=r"^back: "):
        round_trip(
            there, lambda y: unpatchify_channels_last(y, SIZE, PATCH), images(device), spec=spec)


def test_a_wrong_shape_fails(device):
    with pytest.raises(AssertionError, match=r"^there: shape"):
        round_trip(lambda x: there(x).mT, back, images(device), spec=spec)


def test_heads_split_or_merged_without_a_permute_fail(device):
    x = torch.arange(120, device=device).view(2, 5, 12)
    for there, back, which in [
            (lambda x: split_heads_by_view(x, 3), lambda y: y.reshape(2, 5, 12), "there"),
            (lambda x: x.unflatten(-1, (3, 4)).mT, lambda y: y.mT.flatten(2), "there"),
            (lambda x: x.unflatten(-1, (3, 4)).transpose(1, 2), merge_heads_by_reshape, "back")]:
        with pytest.raises(AssertionError, match=f"^{which}: "):
            round_trip(there, back, x, spec=lambda x: torch.stack(x.chunk(3, dim=-1), dim=1))


def test_tokens_of_an_image_by_reshape_fail(device):
    with pytest.raises(AssertionError, match="permuted first"):
        round_trip(
            image_to_tokens_by_reshape, lambda y: y.reshape(2, 3, 4, 12), images(device),
            spec=lambda x: torch.stack([x[:, :, i, j] for i in range(4) for j in range(12)], 1))


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 3, 4, 6), (2, 0, 4, 6), ()])
def test_sizes_that_hide_a_swap_are_undecided(device, shape):
    x = torch.zeros(shape, device=device)
    with pytest.raises(Undecided, match="swap would not show"):
        round_trip(lambda x: x, lambda y: y, x, spec=lambda x: x)


@pytest.mark.parametrize("alike", [(2, 3), (-1, -2), (2,)])
def test_axes_named_alike_may_share_a_size(device, alike):
    x = torch.arange(96, device=device).view(2, 3, 4, 4)
    round_trip(
        lambda x: patchify(x, (2, 2)), lambda y: unpatchify(y, (4, 4), (2, 2)), x,
        spec=lambda x: patches_by_slicing(x, (2, 2)), alike=alike)


def test_numbers_that_repeat_are_undecided(device):
    x = images(device, torch.bfloat16)  # no 257
    with pytest.raises(Undecided, match="repeat"):
        round_trip(there, back, x, spec=spec)


def test_a_specification_that_moves_nothing_is_undecided(device):
    x = torch.arange(24, device=device).view(4, 6)
    with pytest.raises(Undecided, match="order of memory"):
        round_trip(lambda x: x.view(2, 12), lambda y: y.view(4, 6), x,
                   spec=lambda x: torch.stack([x[:2].flatten(), x[2:].flatten()]))


def test_nothing_is_left_changed(device):
    x, state = images(device), torch.get_rng_state()

    def scribbling(function):
        def call(y):
            torch.rand(3)
            result = function(y)
            y.zero_()
            return result
        return call

    round_trip(scribbling(there), scribbling(back), x, spec=scribbling(spec))
    assert torch.equal(x, images(device))
    assert torch.equal(torch.get_rng_state(), state)


def test_what_is_no_tensor_is_undecided(device):
    x = torch.arange(24, device=device).view(2, 3, 4)
    for there, back in [(lambda x: [x.mT], lambda y: y.mT), (lambda x: x.mT, lambda y: (y.mT,))]:
        with pytest.raises(Undecided, match="no tensor"):
            round_trip(there, back, x, spec=lambda x: x.mT)
    with pytest.raises(Undecided, match="spec gives no tensor"):
        round_trip(lambda x: x.mT, lambda y: y.mT, x, spec=lambda x: x.mT.tolist())


def test_a_cast_that_loses_numbers_fails():
    x = torch.arange(4096).view(4, 32, 32)
    for dtype, fails in [(torch.float16, True), (torch.bfloat16, True), (torch.float32, False)]:
        for there, back in [(lambda x, dtype=dtype: x.mT.to(dtype), lambda y: y.mT),
                            (lambda x: x.mT, lambda y, dtype=dtype: y.mT.to(dtype))]:
            if fails:
                with pytest.raises(AssertionError, match="numbers are misplaced"):
                    round_trip(there, back, x, spec=lambda x: x.mT, alike=(1, 2))
            else:
                round_trip(there, back, x, spec=lambda x: x.mT, alike=(1, 2))


@pytest.mark.parametrize("dtype", [torch.complex64, torch.float16, torch.uint8, torch.uint16])
def test_other_dtypes_are_compared(device, dtype):
    x = torch.arange(24, device=device).view(2, 3, 4).to(dtype)

    def moved(x):
        return x.permute(2, 0, 1)

    round_trip(moved, lambda y: y.permute(1, 2, 0), x, spec=moved)
    with pytest.raises(AssertionError, match="misplaced"):
        round_trip(lambda x: x.reshape(4, 2, 3), lambda y: y.reshape(2, 3, 4), x, spec=moved)


@pytest.mark.parametrize("x", [torch.full((2, 3), torch.nan), torch.ones(2, 3, device="meta"),
                               torch.arange(6).view(2, 3).to(torch.float8_e4m3fn),
                               torch.arange(6).view(2, 3).to(torch.complex32)])
def test_numbers_that_cannot_be_compared_are_undecided(x):
    with pytest.raises(Undecided, match=r"take torch\.arange|on meta"):
        round_trip(lambda x: x.T, lambda y: y.T, x, spec=lambda x: x.T)


def test_an_assert_of_a_function_is_not_the_guards():
    def picky(x):
        assert x.shape[0] == 9, "nine rows"
        return x.T

    def turned(x):
        return x.T

    x = torch.arange(6).view(2, 3)
    for there, back, spec in [(picky, turned, turned), (turned, picky, turned),
                              (turned, turned, picky)]:
        with pytest.raises(Undecided, match="of the call itself fails: nine rows"):
            round_trip(there, back, x, spec=spec)


def test_one_number_that_is_wrong_is_named_and_an_imaginary_part_counts():
    x = torch.arange(6.0).view(2, 3)

    def one_wrong(x):
        return x.T + F.one_hot(torch.tensor(1), 2) * (x.T == 4)
    for wrong, says in ((one_wrong, "there: 1 of 6 numbers"),
                        (lambda x: torch.complex(x.T, x.T), "there: 5 of 6 numbers")):
        with pytest.raises(AssertionError, match=says):
            round_trip(wrong, lambda y: y.T, x, spec=lambda x: x.T)


@pytest.mark.parametrize("functions", [
    (lambda x: there(x).to_sparse(), back), (there, lambda y: back(y).to("meta"))])
def test_results_that_are_not_dense_are_undecided(functions):
    with pytest.raises(Undecided, match="sparse, nested or on meta"):
        round_trip(*functions, images("cpu"), spec=spec)
