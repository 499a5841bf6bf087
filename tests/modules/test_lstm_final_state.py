import pytest
import torch
from torch import nn

from snippets.guards.judge import Undecided
from snippets.modules.lstm_final_state import assert_first_token_read, final_state
from snippets.modules.wrong_lstm_final_state import last_column, state_by_reshape
from tests.awkward import Case, Guard


def model_for(x):
    dtype = x.dtype if x.is_floating_point() else torch.float32
    torch.manual_seed(0)
    return nn.LSTM(4, 3, batch_first=True, bidirectional=True).to(x.device, dtype)


def each_alone(x, state):
    model = model_for(x)
    for sample, length, row in zip(x, [5, 2], state, strict=False):
        output = model(sample[None, :length])[0][0]
        alone = torch.cat([output[-1, :3], output[0, 3:]])
        near = 1e-5 if x.dtype in (torch.float32, torch.float64) else 0.02
        torch.testing.assert_close(row, alone, rtol=0, atol=near, equal_nan=True)


AWKWARD = [
    Case(final_state, lambda f, x: f(model_for(x), x, [5, 2][:len(x)]), shape=(2, 5, 4),
         holds=each_alone, compiled=False),
    Guard(assert_first_token_read, shape=(2, 5, 4),
          right=lambda guard, x: guard(lambda x: x[:, 0] * 2 + x[:, 1], x),
          wrong=lambda guard, x: guard(lambda x: x[:, -1] * 2, x)),
]


def test_other_layers_and_layouts_are_refused(device):
    x = torch.zeros(2, 5, 4, device=device)
    with pytest.raises(TypeError, match="GRU is no"):
        final_state(nn.GRU(4, 3, num_layers=2, batch_first=True).to(device), x, [5, 5])
    with pytest.raises(ValueError, match="batch_first=True"):
        final_state(nn.LSTM(4, 3).to(device), x, [5, 5])


@pytest.mark.parametrize("lengths", [[5], [5, 5], [5, 5, 5, 5]])
def test_a_length_for_each_sample(device, lengths):
    model = nn.LSTM(4, 3, batch_first=True).to(device)
    with pytest.raises(ValueError, match="3 samples"):
        final_state(model, torch.zeros(3, 5, 4, device=device), lengths)


@pytest.mark.parametrize("L", [1, 200])
def test_too_few_and_too_many_tokens_are_undecided(device, L):
    model, x = nn.LSTM(4, 3, batch_first=True).to(device), torch.randn(2, L, 4, device=device)
    with pytest.raises(Undecided, match="2 to 50"):
        assert_first_token_read(lambda x: final_state(model, x, [L, L]), x)


def test_the_guard_leaves_the_generator_and_the_gradients_alone(device):
    model, x = nn.Linear(4, 3).to(device), torch.randn(2, 5, 4, device=device)
    state = torch.get_rng_state()
    with torch.no_grad():
        assert_first_token_read(lambda x: model(nn.functional.dropout(x, 0.1)).sum(1), x)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.weight.grad is None


def lstm(device, layers, bidirectional):
    torch.manual_seed(0)
    return nn.LSTM(4, 3, num_layers=layers, batch_first=True, bidirectional=bidirectional,
                   device=device, dtype=torch.float64)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_final_state_is_that_of_each_sample_alone(device, layers, bidirectional):
    model = lstm(device, layers, bidirectional)
    x, lengths = torch.randn(4, 6, 4, device=device, dtype=torch.float64), [1, 6, 3, 5]
    states = final_state(model, x, lengths)
    for sample, length, state in zip(x, lengths, states, strict=True):
        output, _ = model(sample[None, :length])
        halves = output[0, -1].split(3) if not bidirectional else (
            output[0, -1, :3], output[0, 0, 3:])
        torch.testing.assert_close(state, torch.cat(halves))


def test_the_wrong_states_are_not_the_final_state(device):
    model = lstm(device, 1, True)
    x = torch.randn(4, 6, 4, device=device, dtype=torch.float64)
    state = final_state(model, x, [6] * 4)
    for wrong in (last_column, state_by_reshape):
        assert wrong(model, x).shape == state.shape
        assert not torch.allclose(wrong(model, x), state, atol=1e-3)


def test_the_last_column_of_two_directions_ignores_the_first_token(device):
    x = torch.randn(4, 6, 4, device=device, dtype=torch.float64)
    model = lstm(device, 1, True)
    with pytest.raises(AssertionError, match=r"\[3, 4, 5\]"):
        assert_first_token_read(lambda x: last_column(model, x), x)
    assert_first_token_read(lambda x: final_state(model, x, [6] * 4), x)


def test_a_half_model_of_fifty_tokens_is_undecided_and_no_alarm(device):
    torch.manual_seed(0)
    model = nn.LSTM(4, 64, batch_first=True, bidirectional=True).to(device, torch.float16)
    x = torch.randn(3, 50, 4, device=device, dtype=torch.float16)
    with pytest.raises(Undecided, match="float16"):
        assert_first_token_read(lambda x: final_state(model, x, [50] * 3), x)


def test_the_last_column_of_two_layers_has_the_first_token_from_below(device):
    x = torch.randn(4, 6, 4, device=device, dtype=torch.float64)
    model = lstm(device, 2, True)
    assert_first_token_read(lambda x: last_column(model, x), x)
    assert not torch.allclose(last_column(model, x), final_state(model, x, [6] * 4), atol=1e-3)


@pytest.mark.parametrize("size", [30, 300])
def test_gates_that_large_numbers_saturate_are_undecided(device, size):
    torch.manual_seed(0)
    model = nn.LSTM(4, 2, batch_first=True, bidirectional=True, device=device)
    x = torch.randn(3, 50, 4, device=device) * size
    with pytest.raises(Undecided, match="up to 10"):
        assert_first_token_read(lambda x: final_state(model, x, [50] * 3), x)
