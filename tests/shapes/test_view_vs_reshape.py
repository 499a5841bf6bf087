import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.shapes.view_vs_reshape import (
    assert_input_unchanged,
    can_view_flat,
    clear_every_second,
    shares_storage,
)
from snippets.shapes.wrong_view_vs_reshape import clear_through_reshape
from tests.awkward import Case, Guard


def shares_where_it_has_elements(x, shares):
    assert shares == (x.numel() > 0)


def agrees_with_view(x, can):
    try:
        x.view(-1)
    except RuntimeError:
        assert not can
    else:
        assert can


def with_every_second_0(x):
    number = torch.arange(x.numel(), device=x.device).view(x.shape)
    return torch.where(number % 2 == 0, torch.zeros_like(x), x)


AWKWARD = [
    Case(shares_storage, lambda f, x: f(x, x.detach().mT), holds=shares_where_it_has_elements),
    Case(can_view_flat, lambda f, x: f(x), holds=agrees_with_view),
    Case(clear_every_second, lambda f, x: f(x), like=with_every_second_0),
    Guard(assert_input_unchanged, lambda guard, x: guard(clear_every_second, x),
          lambda guard, x: guard(clear_through_reshape, x)),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def strided(draw):
    """A size, a permutation and a step for each of up to four dimensions."""
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    order = draw(st.permutations(range(len(sizes))))
    steps = draw(st.tuples(*(st.integers(1, 3) for _ in sizes)))
    return sizes, order, steps


@FIXED_DEVICE
@given(strided())
def test_can_view_flat_agrees_with_view(device, layout):
    sizes, order, steps = layout
    x = torch.zeros(sizes, device=device).permute(order)[tuple(slice(None, None, s) for s in steps)]
    try:
        x.view(-1)
    except RuntimeError:
        assert not can_view_flat(x)
    else:
        assert can_view_flat(x)


@FIXED_DEVICE
@given(strided())
def test_reshape_shares_exactly_where_view_exists(device, layout):
    sizes, order, _ = layout
    x = torch.zeros(sizes, device=device).permute(order)
    assert shares_storage(x, x.reshape(-1)) == (can_view_flat(x) and x.numel() > 0)


@pytest.mark.parametrize("transposed", [False, True])
def test_the_idiom_leaves_its_input_alone(device, transposed):
    image = torch.ones(3, 3, device=device)
    image = image.T if transposed else image
    cleared = clear_every_second(image)
    assert image.sum() == 9
    assert cleared.flatten()[::2].sum() == 0


def test_a_write_through_reshape_depends_on_the_strides(device):
    rows, columns = torch.ones(3, 3, device=device), torch.ones(3, 3, device=device).T
    clear_through_reshape(rows)
    clear_through_reshape(columns)
    assert (rows.sum(), columns.sum()) == (4, 9)


def clear_through_a_view_of_columns(image):
    return clear_through_reshape(image.T).T


def double_in_place(x):
    return x.mul_(2)


@pytest.mark.parametrize("write", [
    clear_through_reshape, clear_through_a_view_of_columns, double_in_place])
@pytest.mark.parametrize("transposed", [False, True])
def test_the_guard_finds_a_write_whatever_the_layout_of_the_example(device, write, transposed):
    image = torch.arange(12, device=device).view(3, 4)
    image = image.T if transposed else image
    before = image.clone()
    with pytest.raises(AssertionError, match="the input is written to where axis"):
        assert_input_unchanged(write, image)
    assert torch.equal(image, before)


def clear_the_first(x):
    x.view(-1)[:1] = 0


@pytest.mark.parametrize("write", [clear_the_first, torch.Tensor.relu_])
@pytest.mark.parametrize("inference", [False, True])
def test_the_guard_finds_a_write_of_the_numbers_that_are_there(device, write, inference):
    with torch.inference_mode(inference), pytest.raises(AssertionError, match="is written to"):
        assert_input_unchanged(write, torch.arange(6, device=device))


@pytest.mark.parametrize("call", [clear_every_second, torch.ravel, torch.Tensor.clone])
def test_the_guard_passes_what_only_reads(device, call):
    for dtype in [torch.int64, torch.bfloat16, torch.float64]:
        assert_input_unchanged(call, torch.arange(12, device=device).view(3, 4).to(dtype))


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (2, 3)])
def test_the_guard_is_undecided_where_a_write_might_not_show(device, shape):
    with pytest.raises(Undecided):
        assert_input_unchanged(clear_through_reshape, torch.zeros(shape, device=device))


def test_tensors_without_elements_share_nothing_and_meta_is_refused(device):
    x = torch.zeros(2, 3, device=device)
    assert not shares_storage(x, x[:0])
    assert not shares_storage(x[:0], x[:0])
    with pytest.raises(ValueError, match="meta"):
        shares_storage(x, x.to("meta"))


def test_the_guard_takes_a_nan_that_stays_for_unchanged(device):
    x = torch.arange(6.0, device=device).view(2, 3)
    x[0, 1] = float("nan")
    assert_input_unchanged(torch.Tensor.clone, x)
    for write in [double_in_place, torch.Tensor.nan_to_num_]:
        with pytest.raises(AssertionError, match="the input is written to"):
            assert_input_unchanged(write, x)


def test_one_number_is_not_called_a_repetition(device):
    with pytest.raises(Undecided, match="fewer than two numbers"):
        assert_input_unchanged(torch.Tensor.clone, torch.ones(1, device=device))


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_a_list_that_holds_a_slice_gives_a_view(device):
    x = torch.zeros(2, 3, device=device)
    assert shares_storage(x, x[[slice(0, 1)]])
    assert not shares_storage(x, x[[0]])


@pytest.mark.parametrize("reshape", [torch.Tensor.view, torch.Tensor.reshape])
def test_minus_1_beside_a_size_of_0_is_ambiguous(device, reshape):
    x = torch.empty(0, 3, device=device)
    assert reshape(x, (0, 3)).shape == (0, 3)
    with pytest.raises(RuntimeError, match="is ambiguous"):
        reshape(x, (0, -1))


def test_the_guard_refuses_what_it_cannot_compare():
    with pytest.raises(TypeError, match="real numbers"):
        assert_input_unchanged(torch.Tensor.clone, torch.ones(2, dtype=torch.complex64))
    with pytest.raises(Undecided, match="on meta"):
        assert_input_unchanged(torch.Tensor.clone, torch.ones(2, device="meta"))


LAYOUTS = {
    "contiguous": lambda: torch.arange(24.0).view(2, 3, 4),
    "transposed": lambda: torch.arange(24.0).view(4, 3, 2).mT.transpose(0, 1),
    "every second": lambda: torch.arange(48.0).view(2, 3, 8)[..., ::2],
    "expanded": lambda: torch.arange(4.0).expand(2, 3, 4),
    "flipped": lambda: torch.arange(24.0).view(2, 3, 4).flip(0),
    "one element": lambda: torch.ones(1, 1, 1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_first_column_gives_views_of_each_layout(device, layout):
    x = LAYOUTS[layout]().to(device)
    for y in [x.view(x.shape), x.permute(2, 0, 1), x.transpose(0, 2), x[0].T, x.mT, x.squeeze(),
              x.squeeze(0), x.unsqueeze(1), x.expand(5, *x.shape), *x.chunk(2, -1), *x.split(1),
              x.detach(), x[0], x[-1:], x[:, None], x[..., 0], x[torch.tensor(0)],
              x.unfold(2, 1, 1)]:
        assert shares_storage(x, y)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_last_column_gives_copies_of_each_layout(device, layout):
    x = LAYOUTS[layout]().to(device)
    first = torch.tensor([0], device=device)
    for y in [x[[0]], x[first], x[:, [0]], x[x > -1], x[torch.tensor(True, device=device)],
              x.repeat(1, 1, 1), F.unfold(x[:, None], 1), x.clone()]:
        assert not shares_storage(x, y)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_view_shares_or_raises_and_a_clone_of_reshape_copies(device, layout):
    x = LAYOUTS[layout]().to(device)
    if can_view_flat(x):
        assert shares_storage(x, x.view(-1))
        assert shares_storage(x, x.reshape(-1))
    else:
        with pytest.raises(RuntimeError, match="view size is not compatible"):
            x.view(-1)
        assert not shares_storage(x, x.reshape(-1))
    assert not shares_storage(x, x.reshape(-1).clone())


def test_a_transpose_in_place_is_a_write(device):
    with pytest.raises(AssertionError, match="is written to"):
        assert_input_unchanged(lambda x: x.t_(), torch.arange(6, device=device).view(2, 3))
