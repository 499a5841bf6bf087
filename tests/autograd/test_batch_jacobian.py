import pytest
import torch
from torch import nn
from torch.func import grad, hessian, jacfwd, jacrev, vmap

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script")


@pytest.mark.parametrize("make", [jacrev, jacfwd])
@pytest.mark.parametrize("size", [1, 5])
def test_the_diagonal_blocks_are_what_vmap_gives(device, make, size):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to(device, torch.float64)
    x = torch.randn(size, 3, device=device, dtype=torch.float64)
    whole, each = make(net)(x), vmap(make(net))(x)
    assert whole.shape == (size, 2, size, 3)
    torch.testing.assert_close(whole.diagonal(dim1=0, dim2=2).permute(2, 0, 1), each)
    torch.testing.assert_close(torch.autograd.functional.jacobian(net, x), whole)
    torch.testing.assert_close(vmap(make(net), chunk_size=2)(x), each)


def test_the_gradient_of_a_sum_is_that_of_each_sample_and_of_a_mean_a_share(device):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).to(device, torch.float64)
    x = torch.randn(5, 3, device=device, dtype=torch.float64)
    each = vmap(jacrev(net))(x)[:, 0]
    torch.testing.assert_close(grad(lambda x: net(x).sum())(x), each)
    torch.testing.assert_close(grad(lambda x: net(x).mean())(x), each / 5)


def test_cdist_has_a_derivative_backward_alone(device):
    x = torch.randn(4, 3, device=device)

    def distances(x):
        return torch.cdist(x, x)

    assert jacrev(distances)(x).shape == (4, 4, 4, 3)
    for make in [jacfwd, hessian]:
        with pytest.raises(NotImplementedError, match="_cdist_forward"):
            make(lambda x: distances(x).sum())(x)


def test_dropout_under_vmap_needs_a_randomness():
    x, drop = torch.ones(3, 2), nn.Dropout()
    with pytest.raises(RuntimeError, match="randomness"):
        vmap(jacrev(drop))(x)
    assert vmap(jacrev(drop), randomness="different")(x).shape == (3, 2, 2)
    assert vmap(jacrev(drop.eval()))(x).shape == (3, 2, 2)


def test_the_hessian_of_a_relu_network_by_its_weights_is_not_zero():
    h = hessian(lambda w: (torch.relu(w[0] * torch.ones(1)) * w[1]).sum())(torch.ones(2))
    assert h.tolist() == [[0, 1], [1, 0]]
