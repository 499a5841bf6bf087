import pytest
import torch
from torch import nn

from snippets.autograd.backward_twice import assert_graph_does_not_grow, truncated_gradients
from snippets.autograd.wrong_backward_twice import gradients_of_carried_state


def pair(device):
    return torch.full((1,), 2.0, requires_grad=True, device=device), torch.ones(1, device=device)


def test_a_carried_state_raises_in_the_second_step(device):
    assert gradients_of_carried_state(*pair(device), steps=1) == [1]
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        gradients_of_carried_state(*pair(device), steps=2)


def test_a_retained_graph_gives_the_gradient_through_all_steps(device):
    found = gradients_of_carried_state(*pair(device), steps=4, retain_graph=True)
    assert found == [k * 2.0 ** (k - 1) for k in [1, 2, 3, 4]]


def test_a_detached_state_gives_the_gradient_of_one_step(device):
    assert truncated_gradients(*pair(device), steps=4) == [1, 2, 4, 8]


@pytest.mark.parametrize("detach", [True, False])
def test_the_guard_finds_the_state_of_an_lstm(device, detach):
    torch.manual_seed(0)
    lstm, x = nn.LSTM(2, 3, device=device), torch.randn(4, 1, 2, device=device)
    state = lstm(x)[1]

    def step():
        nonlocal state
        before = tuple(s.detach() for s in state) if detach else state
        output, state = lstm(x, before)
        return output.sum()

    step()
    if detach:
        assert_graph_does_not_grow(step)
    else:
        with pytest.raises(AssertionError, match="not detached"):
            assert_graph_does_not_grow(step)
