"""What the page says of orders and messages and its sessions do not print."""

import pytest
import torch
from torch import nn


def wrong_order(device, dtype=torch.float32, **options):
    one = torch.ones(1, 1, device=device, dtype=dtype)
    G, D = (nn.Linear(1, 1, bias=False, device=device, dtype=dtype) for _ in range(2))
    nn.init.constant_(G.weight, 3)
    nn.init.constant_(D.weight, 2)
    optimizer = torch.optim.SGD(D.parameters(), lr=0.5, **options)
    loss_D, loss_G = D(one).mean(), D(G(one)).square().mean()
    loss_D.backward()
    optimizer.step()
    loss_G.backward()
    return G.weight.grad.item()


@pytest.mark.parametrize("foreach", [True, False])
def test_the_message_names_the_transposed_weight_and_one_write_too_many(device, foreach):
    said = (r"FloatTensor \[1, 1\]\], which is output 0 of AsStrided(Backward0)?, "
            "is at version 3; expected version 2 instead")
    with pytest.raises(RuntimeError, match=said):
        wrong_order(device, foreach=foreach)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_fused_step_mixes_old_and_new_weights(device, dtype):
    assert wrong_order(device, dtype, fused=True) == 18


def test_a_step_of_the_first_layer_alone_raises_nothing(device):
    x = torch.ones(1, 1, device=device)
    trunk, actor, critic = (nn.Linear(1, 1, device=device) for _ in range(3))
    optimizer = torch.optim.Adam([*trunk.parameters(), *critic.parameters()])
    hidden = trunk(x)
    policy, value = actor(hidden).mean(), critic(hidden).mean()
    value.backward(retain_graph=True)
    optimizer.step()
    policy.backward()
    assert actor.weight.grad is not None
