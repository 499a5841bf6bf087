import pytest
import torch
from torch import nn


def pair(device):
    parameters = [nn.Parameter(torch.ones(shape, device=device)) for shape in [(2, 3), (3, 2)]]
    for p in parameters:
        p.grad = torch.ones_like(p)
    return parameters


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(
    "family",
    [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad],
    ids=lambda f: f.__name__,
)
def test_only_a_fused_optimizer_steps_with_states_of_other_shapes(family, fused, device):
    options = {"momentum": 0.9} if family is torch.optim.SGD else {}
    a, b = pair(device)
    first = family([a, b], lr=0.1, fused=fused, **options)
    first.step()
    second = family([b, a], lr=0.1, fused=fused, **options)
    second.load_state_dict(first.state_dict())
    if fused:
        second.step()
    else:
        with pytest.raises(RuntimeError, match="must match the size"):
            second.step()
