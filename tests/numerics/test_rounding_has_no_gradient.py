import pytest
import torch


@pytest.mark.parametrize("name", ["round", "floor", "ceil", "trunc", "sign"])
def test_the_gradient_is_0_on_steps_and_between(name, device):
    x = torch.linspace(-2, 2, 33, device=device, requires_grad=True)
    getattr(torch, name)(x).sum().backward()
    assert not x.grad.any()
