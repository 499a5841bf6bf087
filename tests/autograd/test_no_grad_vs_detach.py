import warnings

import pytest
import torch
from torch import nn

from snippets.autograd.no_grad_vs_detach import (
    assert_gradient_passes,
    gradients_reach,
    through_frozen,
)
from snippets.autograd.wrong_no_grad_vs_detach import through_frozen_without_grad
from snippets.guards.judge import Undecided
from tests import populations
from tests.awkward import Case, Guard, LeftOut


def frozen_linear(through, x):
    dtype = x.dtype if x.is_floating_point() or x.is_complex() else torch.float32
    layer = nn.Linear(4, 2, bias=False, dtype=dtype, device=x.device)
    nn.init.ones_(layer.weight)
    return through(layer, x)


AWKWARD = [
    LeftOut(gradients_reach, "it takes a function, and makes the tensor"),
    Case(through_frozen, frozen_linear, like=lambda x: nn.functional.linear(
        x, torch.ones(2, 4, device=x.device, dtype=x.dtype if x.is_floating_point()
                      or x.is_complex() else torch.float32)), compiled=False),
    Guard(assert_gradient_passes,
          right=lambda check, x: check(lambda t: frozen_linear(through_frozen, t), x),
          wrong=lambda check, x: check(
              lambda t: frozen_linear(through_frozen_without_grad, t), x)),
]


def test_no_grad_around_a_frozen_layer_cuts_off_what_is_before_it():
    assert gradients_reach(through_frozen_without_grad) == (False, False)


def test_a_layer_that_requires_no_grad_lets_gradients_through():
    assert gradients_reach(through_frozen) == (False, True)


def test_both_compute_the_same(device):
    layer, x = nn.Linear(3, 2, device=device), torch.randn(4, 3, device=device)
    torch.testing.assert_close(through_frozen(layer, x), through_frozen_without_grad(layer, x))


def test_the_guard_lets_no_gradient_of_zero_pass(device):
    x = torch.ones(3, device=device)
    assert_gradient_passes(torch.square, x)
    with pytest.raises(Undecided, match="is 0"):
        assert_gradient_passes(lambda x: x * 0, x)
    with pytest.raises(Undecided, match="is 0"):
        assert_gradient_passes(torch.square, torch.zeros(3, device=device))
    with pytest.raises(AssertionError, match="no gradient"):
        assert_gradient_passes(torch.Tensor.detach, x)


@pytest.mark.parametrize("f", [lambda x: x - x.mean(-1, keepdim=True), lambda x: x.softmax(-1)])
def test_an_output_whose_sum_is_constant_is_no_alarm(device, f):
    assert_gradient_passes(f, torch.zeros(2, 4, device=device))


@pytest.mark.parametrize("way", [through_frozen, through_frozen_without_grad])
def test_the_guard_leaves_grads_buffers_modes_and_the_random_state_as_they_were(device, way):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout()).to(device)
    frozen = nn.Linear(2, 2, device=device)
    x, state = torch.randn(8, 2, device=device), torch.get_rng_state()
    with torch.no_grad():
        try:
            assert_gradient_passes(lambda x: way(frozen, model(x)), x)
        except AssertionError:
            assert way is through_frozen_without_grad
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert model[0].weight.grad is None
    assert model[1].num_batches_tracked == 0


def test_gradients_reach_works_under_no_grad():
    with torch.no_grad():
        assert gradients_reach(through_frozen) == (False, True)
    with torch.inference_mode():
        assert gradients_reach(through_frozen) == (False, True)


def test_requires_grad_on_the_loss_trains_nothing(device):
    model = nn.Linear(2, 1, device=device)
    with torch.no_grad():
        loss = model(torch.ones(1, 2, device=device)).sum()
    loss.requires_grad_().backward()
    assert [p.grad for p in model.parameters()] == [None, None]


def test_a_residual_around_a_cut_part_passes(device):
    layer, x = nn.Linear(3, 3, device=device), torch.ones(2, 3, device=device)
    assert_gradient_passes(lambda x: x + through_frozen_without_grad(layer, x), x)


def test_a_view_and_the_write_to_it_are_allowed_on_one_side_of_the_block(device):
    x = torch.ones(2, requires_grad=True, device=device)
    with torch.no_grad():
        x.view(2, 1).add_(1)
        view = x.view(2, 1)
    assert x.tolist() == [2, 2]
    (x * 1).view(2, 1).add_(1).sum().backward()
    assert x.grad.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        view.add_(1)


def recorded():
    """The methods of tensors, called without arguments, whose result has a node in the graph."""
    found = set()
    for name in populations.methods(lambda name, overloads: not name.endswith("_")):
        x = torch.full((2, 2), 0.5, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                results = getattr(x, name)()
            except Exception:  # it takes arguments, another shape or another device
                continue
        results = results if isinstance(results, tuple) else (results,)
        if any(getattr(result, "grad_fn", None) is not None for result in results):
            found.add(name)
    return found


def test_no_method_of_a_tensor_is_recorded_under_no_grad():
    found = recorded()
    assert {"exp", "sum", "t", "mean", "clone"} < found
    assert len(found) > 80
    with torch.no_grad():
        assert recorded() == set()


def test_a_view_made_under_no_grad_passes_no_gradient():
    def view(x):
        with torch.no_grad():
            return x.view(3, 1)

    with pytest.raises(AssertionError, match="no gradient reaches"):
        assert_gradient_passes(view, torch.ones(3))


def test_the_guard_differentiates_under_inference_mode_too():
    with torch.inference_mode():
        assert_gradient_passes(lambda x: x * 2, torch.ones(3))


def test_a_function_that_writes_in_place_or_does_nothing_passes(device):
    x = torch.ones(3, device=device)
    assert_gradient_passes(lambda x: nn.functional.relu(x, inplace=True), x)
    assert_gradient_passes(torch.Tensor.neg_, x)
    assert_gradient_passes(nn.Identity(), x)
    assert x.tolist() == [1, 1, 1]


def test_what_has_nothing_to_do_under_no_grad_gives_the_tensor_itself(device):
    x = torch.ones(3, device=device, requires_grad=True)
    with torch.no_grad():
        assert nn.Identity()(x) is x
        assert x.contiguous() is x
        assert x.to(torch.float32) is x
