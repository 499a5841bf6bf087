import pytest
import torch
from torch import nn

from snippets.autograd.no_grad_vs_detach import (
    assert_gradient_passes,
    gradients_reach,
    through_frozen,
)
from snippets.autograd.wrong_no_grad_vs_detach import through_frozen_without_grad


def test_no_grad_around_a_frozen_layer_cuts_off_what_is_before_it():
    assert gradients_reach(through_frozen_without_grad) == (False, False)


def test_a_layer_that_requires_no_grad_lets_gradients_through():
    assert gradients_reach(through_frozen) == (False, True)


def test_both_compute_the_same(device):
    layer, x = nn.Linear(3, 2, device=device), torch.randn(4, 3, device=device)
    torch.testing.assert_close(through_frozen(layer, x), through_frozen_without_grad(layer, x))


def test_the_guard_refuses_a_gradient_of_zero(device):
    x = torch.ones(3, device=device)
    assert_gradient_passes(torch.square, x)
    with pytest.raises(AssertionError, match="is 0"):
        assert_gradient_passes(lambda x: x * 0, x)
    with pytest.raises(AssertionError, match="no gradient"):
        assert_gradient_passes(torch.Tensor.detach, x)
