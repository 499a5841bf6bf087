import pytest
import torch
from torch import nn

from snippets.generative.gradient_penalty import gradient_penalty, slope_norms
from tests.awkward import Case


def square(x):
    return x.square().flatten(1).sum(1)


def norms(x):
    if not x.is_floating_point():
        raise ValueError("as the docstring says")
    return (2 * x).flatten(1).norm(dim=1)


AWKWARD = [
    Case(slope_norms, lambda f, x: f(square, x), like=norms, compiled=False),
    Case(slope_norms, lambda f, x: f(square, x), like=norms, shape=(3, 4, 2, 2), compiled=False),
    Case(gradient_penalty, lambda f, x: f(square, x, x),
         like=lambda x: (norms(x) - 1).square().mean(), compiled=False,
         outside=dict.fromkeys(["one inf", "one -inf"], "For finite samples.")),
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(5, 4), (5, 3, 2, 2), (1, 2, 3, 4, 5), (0, 3)])
def test_a_norm_is_that_of_each_sample_alone(device, dtype, shape):
    x = torch.randn(shape, device=device).to(dtype)
    found = slope_norms(lambda x: x.square().flatten(1).sum(1), x)
    assert found.shape == shape[:1]
    assert found.dtype == dtype
    for norm, one in zip(found, x, strict=True):
        torch.testing.assert_close(norm, (2 * one).norm())


def test_points_lie_between_their_two_samples(device):
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.flatten(1).sum(1)
    real, fake = torch.ones(64, 3, 2, device=device), torch.zeros(64, 3, 2, device=device)
    gradient_penalty(critic, real, fake)
    points, = seen
    assert torch.equal(points, points[:, :1, :1].expand_as(points))  # one number a sample
    assert len(points[:, 0, 0].unique()) > 32
    assert ((points >= 0) & (points <= 1)).all()


def test_the_penalty_trains_the_critic_and_no_generator(device):
    critic = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).to(device)
    fake = torch.randn(5, 3, device=device, requires_grad=True)
    gradient_penalty(critic, torch.randn(5, 3, device=device), fake).backward()
    assert fake.grad is None
    assert critic[0].weight.grad.any()
    assert critic[2].weight.grad.any()
    assert critic[2].bias.grad is None


def test_what_does_not_fit_is_refused(device):
    x = torch.zeros(3, 2, device=device)
    with pytest.raises(ValueError, match="fake"):
        gradient_penalty(square, x, x[:1])
    for points in [x[:, 0], x.long()]:
        with pytest.raises(ValueError, match="must be floats"):
            slope_norms(square, points)
    with pytest.raises(RuntimeError, match="does not require grad"):
        slope_norms(lambda x: x.detach(), x)


def test_samples_without_an_axis_raise(device):
    one = torch.tensor(1.0, device=device)
    for shape in [(), (1,)]:
        with pytest.raises(ValueError, match="points must be floats"):
            gradient_penalty(square, one.expand(shape), one.expand(shape))
