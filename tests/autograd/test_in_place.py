import warnings

import pytest
import torch
from torch import nn

from snippets.autograd.in_place import assert_leaves_input_alone, saved_by, scale_by_count
from snippets.autograd.wrong_in_place import scale_and_count
from snippets.guards.judge import Undecided
from tests import populations
from tests.awkward import Case, Guard


def is_output(x, saved):
    assert saved == ["output"]


AWKWARD = [
    Case(saved_by, lambda f, x: f(torch.exp, x), holds=is_output),
    Case(scale_by_count, lambda f, x: f(x, x), like=lambda x: (x * x, x + 1)),
    Guard(assert_leaves_input_alone, right=lambda check, x: check(lambda t: 2 * t, x),
          wrong=lambda check, x: check(lambda t: t.zero_(), x)),
]


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


def test_saved_by_refuses_a_result_that_does_not_depend_on_the_input(device):
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        saved_by(lambda x: torch.ones(2, requires_grad=True) * 1, torch.ones(2, device=device))


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


def test_the_guard_counts_writes_in_inference_mode_too(device):
    with torch.inference_mode():
        x = -torch.ones(3, device=device)
        assert_leaves_input_alone(torch.exp, x)
        with pytest.raises(AssertionError, match="written to"):
            assert_leaves_input_alone(torch.relu_, x)
        assert torch.is_inference_mode_enabled()


def test_another_shape_of_the_input_is_a_write(device):
    with pytest.raises(AssertionError, match="written to"):
        assert_leaves_input_alone(torch.Tensor.t_, torch.ones(2, 3, device=device))


def test_nan_in_the_input_is_no_alarm():
    assert_leaves_input_alone(torch.sin, torch.tensor([float("nan"), 1.0]))


def test_the_guard_takes_token_ids(device):
    tokens = torch.arange(4, device=device)
    assert_leaves_input_alone(nn.Embedding(4, 2, device=device), tokens)
    with pytest.raises(AssertionError, match="written to"):
        assert_leaves_input_alone(lambda t: t.masked_fill_(t == 0, 3), tokens)
    assert tokens.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("inplace", [False, True])
def test_the_guard_leaves_the_model_and_the_random_state_as_they_were(device, inplace):
    model = nn.Sequential(nn.ReLU(inplace), nn.Dropout(), nn.BatchNorm1d(2)).to(device)
    x, state = torch.randn(8, 2, device=device), torch.get_rng_state()
    if inplace:
        with pytest.raises(AssertionError, match="written to"):
            assert_leaves_input_alone(model, x)
    else:
        assert_leaves_input_alone(model, x)
    assert torch.equal(torch.get_rng_state(), state)
    assert model[2].num_batches_tracked == 0


def test_saved_by_works_under_no_grad_and_with_complex_numbers(device):
    with torch.no_grad():
        assert saved_by(torch.exp, torch.ones(2, device=device)) == ["output"]
    x = torch.ones(2, dtype=torch.complex64, device=device)
    assert saved_by(torch.square, x) == ["input"]


def test_the_guard_is_undecided_on_meta():
    with pytest.raises(Undecided, match="on meta"):
        assert_leaves_input_alone(torch.sin, torch.zeros(2, device="meta"))


CUTS = {"chunk": (2,), "split": (1,), "split_with_sizes": ([1, 1],), "unbind": (),
        "tensor_split": (2,), "hsplit": (2,), "vsplit": (2,), "dsplit": (2,)}


def test_the_cuts_are_all_views_that_give_several_tensors():
    several = set()
    for name in populations.views():
        try:
            result = getattr(torch.ones(2, 2, 2), name)(*CUTS.get(name, ()))
        except Exception:  # it takes arguments, or another kind of tensor
            continue
        several |= {name} if isinstance(result, tuple | list) else set()
    assert several == set(CUTS)


@pytest.mark.parametrize("name", sorted(CUTS))
def test_a_part_may_be_written_to_where_each_is_a_view_of_its_own(device, name):
    leaf = torch.ones(2, 2, 2, device=device, requires_grad=True)
    whole = leaf * 1
    part = getattr(whole, name)(*CUTS[name])[0]
    if name in {"chunk", "split", "split_with_sizes", "unbind"}:
        with pytest.raises(RuntimeError, match="function that returns multiple views"):
            part.mul_(3)
    else:
        part.mul_(3)
        whole.sum().backward()
        assert sorted(leaf.grad.unique().tolist()) == [1, 3]
    getattr(torch.ones(2, 2, 2, device=device), name)(*CUTS[name])[0].mul_(3)


def test_anomaly_detection_shows_the_line_of_the_forward():
    x = torch.ones(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught, torch.autograd.detect_anomaly():
        y = scale_and_count(x, torch.ones(2))
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()
    assert "y = scale_and_count(x, torch.ones(2))" in str(caught[-1].message)
