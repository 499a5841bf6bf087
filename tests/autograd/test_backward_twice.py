import pytest
import torch
from torch import nn

from snippets.autograd.backward_twice import assert_graph_does_not_grow, truncated_gradients
from snippets.autograd.wrong_backward_twice import gradients_of_carried_state
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard


def gradients_of(truncated, hidden):
    weight = torch.ones_like(hidden).requires_grad_()
    return torch.tensor(truncated(weight, hidden, 2), dtype=hidden.dtype)


def carries(state, cut):
    weight = torch.ones((), requires_grad=True)

    def step():
        nonlocal state
        state = weight * (state.detach() if cut else state)
        return state.sum()

    return step


AWKWARD = [
    Case(truncated_gradients, gradients_of, like=lambda x: torch.cat([x, x]), shape=(1,),
         batch=None, compiled=False),
    Guard(assert_graph_does_not_grow, right=lambda check, x: check(carries(x.detach(), True)),
          wrong=lambda check, x: check(carries(x.detach(), False))),
]


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


def test_a_state_that_is_none_at_first_is_no_alarm(device):
    inner, recurrent = nn.Linear(2, 3, device=device), nn.Linear(3, 3, device=device)
    x, state = torch.randn(1, 2, device=device), None

    def step():
        nonlocal state
        before = 0 if state is None else recurrent(state.detach())
        state = (inner(x) + before).tanh()
        return state.sum()

    assert_graph_does_not_grow(step)


@pytest.mark.parametrize("hide", [torch.Tensor.detach, torch.Tensor.item])
def test_the_guard_is_undecided_where_the_loss_has_no_graph(device, hide):
    weight, state = pair(device)

    def step():
        nonlocal state
        state = weight * state
        return hide(state.sum())

    with pytest.raises(Undecided, match="no graph"):
        assert_graph_does_not_grow(step)
