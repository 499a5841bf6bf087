import pytest
import torch
from torch import nn

from snippets.autograd.in_place import assert_leaves_input_alone, saved_by, scale_by_count
from snippets.autograd.wrong_in_place import scale_and_count


def test_a_count_that_is_changed_in_place_stops_backward(device):
    x = torch.ones(3, requires_grad=True, device=device)
    y = scale_and_count(x, torch.ones(3, device=device))
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.sum().backward()


def test_a_new_count_does_not(device):
    x = torch.ones(3, requires_grad=True, device=device)
    count, total = torch.ones(3, device=device), 0
    for _ in range(3):
        y, count = scale_by_count(x, count)
        total = total + y.sum()
    total.backward()
    assert x.grad.tolist() == [6, 6, 6]


@pytest.mark.parametrize(("f", "saved"), [
    (torch.exp, ["output"]), (torch.square, ["input"]), (lambda x: 3 * x, []),
    (lambda x: x.exp() * x, ["input"])])
def test_saved_by_names_what_backward_needs(device, f, saved):
    assert saved_by(f, torch.ones(3, device=device)) == saved


def test_saved_by_does_not_swallow_other_errors(device):
    with pytest.raises(RuntimeError, match="does not require grad"):
        saved_by(torch.Tensor.detach, torch.ones(3, device=device))


@pytest.mark.parametrize(("f", "clean"), [
    (nn.ReLU(), True), (nn.ReLU(inplace=True), False), (lambda x: x[0].zero_(), False),
    (lambda x: x.clone().zero_(), True)])
def test_the_guard_sees_a_write_through_a_view(device, f, clean):
    x = torch.ones(2, 2, device=device)
    if clean:
        assert_leaves_input_alone(f, x)
    else:
        with pytest.raises(AssertionError, match="written to"):
            assert_leaves_input_alone(f, x)
    assert x.sum() == 4


@pytest.mark.parametrize("write", [
    lambda x: x.data.add_(1), lambda x: x.detach().numpy().fill(7.0)])
def test_the_guard_finds_a_write_that_the_version_does_not_count(write):
    with pytest.raises(AssertionError, match="input was written to"):
        assert_leaves_input_alone(write, torch.zeros(3))


def test_nan_in_the_input_is_no_alarm():
    assert_leaves_input_alone(torch.sin, torch.tensor([float("nan"), 1.0]))
