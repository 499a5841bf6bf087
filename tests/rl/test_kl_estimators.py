import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from snippets.rl.kl_estimators import assert_penalty_is_kl, kl_penalty
from tests.awkward import Case, LeftOut


def written_out(x):
    if not x.is_floating_point():
        raise TypeError
    r = x - x.flip(0)
    square = r.square() / 2
    return torch.expm1(-r) + r + (square - square)


AWKWARD = [
    Case(kl_penalty, lambda penalty, x: penalty(x, x.flip(0)), like=written_out),
    LeftOut(assert_penalty_is_kl, "it makes the policy that it needs"),
]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("actions", [2, 3, 10])
def test_the_average_has_the_value_and_the_gradient_of_the_divergence(device, seed, actions):
    generator = torch.Generator().manual_seed(seed)
    logits, reference = torch.randn(
        2, actions, generator=generator, dtype=torch.float64, device="cpu").to(device)
    logits.requires_grad_()
    log_p, log_ref = logits.log_softmax(0), reference.log_softmax(0)
    got = (log_p.exp().detach() * kl_penalty(log_p, log_ref)).sum()
    want = kl_divergence(Categorical(logits=logits), Categorical(logits=reference))
    torch.testing.assert_close(got, want)
    torch.testing.assert_close(
        *(torch.autograd.grad(y, logits, retain_graph=True)[0] for y in (got, want)))


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_k1_is_0_and_that_of_k3_is_the_other_direction_s(device, seed):
    generator = torch.Generator().manual_seed(seed)
    logits, reference = torch.randn(
        2, 6, generator=generator, dtype=torch.float64, device="cpu").to(device)
    logits.requires_grad_()
    r = logits.log_softmax(0) - reference.log_softmax(0)
    weight = logits.softmax(0).detach()
    other = kl_divergence(Categorical(logits=reference), Categorical(logits=logits))
    k1, k3, want = (torch.autograd.grad(y.sum(), logits, retain_graph=True)[0]
                    for y in (weight * r, weight * ((-r).exp() - 1 + r), other))
    torch.testing.assert_close(k1, torch.zeros_like(k1))
    torch.testing.assert_close(k3, want)


def test_the_reference_gets_no_gradient(device):
    log_p, log_ref = (torch.rand(3, device=device, requires_grad=True) for _ in range(2))
    slopes = torch.autograd.grad(
        kl_penalty(log_p, log_ref).sum(), (log_p, log_ref), materialize_grads=True)
    torch.testing.assert_close(slopes[0], (log_p - log_ref).detach())
    assert not slopes[1].any()


def test_other_dtypes_and_shapes_are_refused(device):
    x = torch.zeros(3, device=device)
    with pytest.raises(TypeError, match="floats"):
        kl_penalty(x.long(), x)
    with pytest.raises(ValueError, match="is not"):
        kl_penalty(x, x[:, None])


def test_the_guard_fails_on_k3(device):
    def k3(log_p, log_ref):
        return (log_ref - log_p).exp() - 1 + log_p - log_ref
    with torch.device(device), pytest.raises(AssertionError, match="gradient"):
        assert_penalty_is_kl(k3)
    with torch.device(device):
        assert_penalty_is_kl(kl_penalty)


def test_an_action_that_the_policy_hides_is_missing_in_the_value(device):
    p = torch.tensor([0.5, 0.5], dtype=torch.float64, device=device)
    ref = torch.tensor([0.4, 0.3], dtype=torch.float64, device=device)
    got = (p * kl_penalty(p.log(), ref.log())).sum()
    torch.testing.assert_close(got, (p * (p.log() - ref.log())).sum() - 0.3)
