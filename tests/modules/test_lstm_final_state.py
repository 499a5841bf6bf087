import pytest
import torch
from torch import nn

from snippets.modules.lstm_final_state import assert_first_token_read, final_state
from snippets.modules.wrong_lstm_final_state import last_column, state_by_reshape


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
