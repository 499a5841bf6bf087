import contextlib
import operator

import pytest
import torch
from torch import nn

from snippets.guards.judge import Undecided
from snippets.shapes.contiguous import assert_any_layout, flatten_images
from snippets.shapes.wrong_contiguous import flatten_images_by_view
from tests.awkward import Case, Guard


def flat_by_view(x):
    return x.view(len(x), x[:1].numel() if len(x) else 0)


def flat_by_strides(x):
    return x.as_strided((x.numel(),), (1,))


AWKWARD = [
    Case(flatten_images, lambda flatten, x: flatten(x), shape=(2, 3, 4, 5),
         like=lambda x: torch.cat([x[:, c, h] for c in range(3) for h in range(4)], dim=1)),
    Guard(assert_any_layout, shape=(2, 3, 4, 5), right=lambda guard, x: guard(flatten_images, x),
          wrong=lambda guard, x: guard(flat_by_view, x)),
    Guard(assert_any_layout, right=lambda guard, x: guard(lambda x: x.T.flatten(), x),
          wrong=lambda guard, x: guard(flat_by_strides, x)),
]


def test_contiguous_without_an_assignment_does_nothing(device):
    images = torch.zeros(2, 3, 4, 5, device=device)
    assert flatten_images_by_view(images).shape == (2, 60)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        flatten_images_by_view(images.to(memory_format=torch.channels_last))


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_flatten_images_has_one_order_in_every_layout(device, batch):
    images = torch.randn(batch, 3, 4, 5, device=device)
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(flatten_images(last), images.view(batch, 60))


@pytest.mark.parametrize("function", [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt,
    torch.maximum, torch.atan2, torch.hypot, torch.fmod])
def test_an_elementwise_result_has_the_layout_of_the_first_of_two_operands(device, function):
    images = torch.rand(2, 3, 4, 5, device=device)
    last = images.to(memory_format=torch.channels_last)
    assert function(images, last).is_contiguous()
    assert function(last, images).is_contiguous(memory_format=torch.channels_last)


def test_the_guard_passes_what_any_layout_leaves_alone(device):
    x = torch.randn(2, 3, 4, device=device, dtype=torch.float64)
    assert_any_layout(lambda x: x.permute(2, 0, 1).reshape(4, 6), x)
    assert_any_layout(lambda x: x.cumsum(1), x)
    with pytest.raises(AssertionError, match="another result where axis 0"):
        assert_any_layout(flat_by_strides, x)


def cast_to_bytes(x):
    memoryview(x.cpu().numpy()).cast("B")
    return x.flatten()


def test_the_guard_says_where_code_outside_torch_fails(device):
    with pytest.raises(AssertionError, match="fails where axis 0"):
        assert_any_layout(cast_to_bytes, torch.randn(2, 3, device=device))


@pytest.mark.parametrize("result", [True, "text", None, (torch.ones(2),)])
def test_the_guard_wants_a_tensor(result):
    with pytest.raises(Undecided, match="no tensor"):
        assert_any_layout(lambda x: result, torch.randn(2, 3))


def test_the_guard_takes_unsigned_integers():
    assert_any_layout(torch.flatten, torch.arange(6).view(2, 3).to(torch.uint16))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_guard_compares_with_the_size_of_the_numbers(device, scale):
    x = scale * torch.randn(2, 3, device=device)
    assert_any_layout(torch.relu, x)
    with pytest.raises(AssertionError, match="another result"):
        assert_any_layout(flat_by_strides, x)


def test_nan_in_the_data_is_no_false_alarm(device):
    x = torch.tensor([[1.0, torch.nan, 2.0], [3.0, 4.0, 5.0]], device=device)
    assert_any_layout(torch.relu, x)
    with pytest.raises(AssertionError, match="another result"):
        assert_any_layout(flat_by_strides, x)


def test_the_guard_compares_integers_exactly_and_looks_at_the_shape(device):
    x = torch.arange(6, device=device).view(2, 3)
    x[0, 0] = torch.iinfo(x.dtype).max
    assert_any_layout(torch.Tensor.flatten, x)
    with pytest.raises(AssertionError, match="another result"):
        assert_any_layout(flat_by_strides, x)
    with pytest.raises(AssertionError, match="another result"):
        assert_any_layout(lambda x: x if x.is_contiguous() else x[:1], x)


@pytest.mark.parametrize("x", [
    torch.tensor(1.0), torch.zeros(1, 5), torch.zeros(0, 3), torch.ones(2, 3),
    torch.arange(6, device="meta").view(2, 3), torch.ones(2, 3).to_sparse()])
def test_the_guard_is_undecided_where_nothing_could_fail(x):
    with pytest.raises(Undecided):
        assert_any_layout(flat_by_strides, x)


def test_the_guard_leaves_modules_numbers_and_the_generator_as_they_were(device):
    layer = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(4)).to(device)
    x, state = torch.randn(3, 4, device=device), torch.get_rng_state()
    before = x.clone()
    for f in [layer, lambda x: layer(x.mul_(2)), lambda x: layer(x).view(-1)]:
        with contextlib.suppress(AssertionError, Undecided):
            assert_any_layout(f, x)
    assert torch.equal(x, before)
    assert layer[1].num_batches_tracked == 0
    assert torch.equal(torch.get_rng_state(), state)


def test_the_guard_is_undecided_on_dropout_in_training(device):
    x = torch.randn(20, 30, device=device)
    with pytest.raises(Undecided, match="random"):
        assert_any_layout(nn.Dropout(), x)
    assert_any_layout(nn.Dropout().eval(), x)


def test_the_memory_of_a_conjugate_holds_the_number_itself(device):
    x = torch.tensor([1 + 2j], device=device).conj()
    for y, held in [(x.contiguous(), 1 + 2j), (x.resolve_conj().contiguous(), 1 - 2j)]:
        memory = torch.empty(0, dtype=y.dtype, device=y.device)
        assert y.item() == 1 - 2j
        assert memory.set_(y.untyped_storage()).item() == held
