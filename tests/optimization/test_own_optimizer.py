"""The closure of the page's optimizer, and what load_state_dict does to the dtypes of a state."""

import pytest
import torch
from torch import nn

from tests.shown import shown


@pytest.fixture
def signs():
    return shown("docs/optimization/own-optimizer.md", "Signs", torch=torch)


def test_a_closure_is_called_with_gradients_and_its_loss_returned(signs, device):
    weight = nn.Parameter(torch.tensor(1.0, device=device))
    optimizer = signs([weight])

    def closure():
        optimizer.zero_grad()
        loss = weight.square()
        loss.backward()
        return loss

    assert [round(optimizer.step(closure).item(), 2) for _ in range(2)] == [1.0, 0.81]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(torch.bfloat16, torch.bfloat16), (torch.float64, torch.float64), (torch.complex64, None)],
)
def test_a_loaded_state_takes_the_dtype_of_a_floating_parameter(signs, device, dtype, expected):
    weight = nn.Parameter(torch.ones(2, dtype=dtype, device=device))
    saved, loaded = signs([weight]), signs([weight])
    state = {
        "mean": torch.zeros(2),
        "mask": torch.zeros(2).bool(),
        "count": torch.tensor(3),
        "step": torch.tensor(3.0),
    }
    saved.state[weight] = dict(state)
    loaded.load_state_dict(saved.state_dict())
    found = {name: value.dtype for name, value in loaded.state[weight].items()}
    assert found == {
        name: torch.float32 if name == "step" else expected or value.dtype
        for name, value in state.items()
    }
