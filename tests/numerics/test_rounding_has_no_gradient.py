import pytest
import torch


@pytest.mark.parametrize("name", ["round", "floor", "ceil", "trunc", "sign"])
def test_the_gradient_is_0_on_steps_and_between(name, device):
    x = torch.linspace(-2, 2, 33, device=device, requires_grad=True)
    getattr(torch, name)(x).sum().backward()
    assert not x.grad.any()


def test_numbers_between_two_halves_round_to_the_bound_and_the_halves_to_even():
    inside = torch.linspace(126.5, 127.5, 101)[1:-1]
    assert (inside.round() == 127).all()
    assert torch.tensor([126.5, 127.5]).round().tolist() == [126, 128]


def test_the_layer_before_a_rounding_gets_no_gradient_and_the_layer_after_it_does(device):
    before = torch.nn.Linear(2, 2, device=device)
    after = torch.nn.Linear(2, 1, device=device)
    with torch.no_grad():
        before.bias.fill_(5.0)
    after(before(torch.ones(3, 2, device=device)).round()).sum().backward()
    assert not before.weight.grad.any()
    assert after.weight.grad.any()
