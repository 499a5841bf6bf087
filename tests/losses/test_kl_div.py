import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.distributions import Categorical, kl_divergence

from snippets.losses.kl_div import assert_is_divergence, kl_from_logits
from snippets.losses.wrong_kl_div import kl_in_the_order_of_books, kl_of_probabilities
from tests.awkward import Case, LeftOut


def divergence(x):
    """The formula, with 0 for a class that the target forbids."""
    model, target = x.log_softmax(-1), x.flip(-1).log_softmax(-1)
    each = torch.where(target == -torch.inf, 0, target.exp() * (target - model))
    return each.sum(-1).mean()


AWKWARD = [
    Case(kl_from_logits, lambda f, x: f(x.flip(-1), x), like=divergence),
    LeftOut(assert_is_divergence, "it makes the two distributions that it needs"),
]

FIXED_DEVICE = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.floats(0.1, 50))
def test_it_is_the_divergence_of_torch_distributions(device, shape, scale):
    target, model = scale * torch.randn(2, *shape, dtype=torch.float64, device=device)
    reference = kl_divergence(Categorical(logits=target), Categorical(logits=model))
    torch.testing.assert_close(kl_from_logits(target, model), reference.mean())


def test_shapes_that_broadcast_are_refused(device):
    with pytest.raises(ValueError, match="is not"):
        kl_from_logits(torch.zeros(2, 3, device=device), torch.zeros(1, 3, device=device))


@pytest.mark.parametrize(("wrong", "cause"), [
    (kl_of_probabilities, "no log_softmax"),
    (lambda t, m: F.kl_div(m, t.softmax(1), reduction="batchmean"), "no log_softmax"),
    (lambda t, m: F.kl_div(m, t, reduction="batchmean", log_target=True), "no log_softmax"),
    (kl_in_the_order_of_books, "swapped"),
    (lambda p, q: kl_from_logits(p, q) / 3, "classes"),
    (lambda p, q: kl_from_logits(p, q) * 2, "summed")])
def test_the_guard_names_the_cause(device, wrong, cause):
    with torch.device(device), pytest.raises(AssertionError, match=cause):
        assert_is_divergence(wrong)
    with torch.device(device):
        assert_is_divergence(kl_from_logits)


def test_a_forbidden_class_adds_nothing_to_value_and_gradient(device):
    target = torch.tensor([[1.0, 2.0, -torch.inf]], device=device)
    model = torch.tensor([[0.0, 1.5, -torch.inf]], device=device, requires_grad=True)
    value = kl_from_logits(target, model)
    short = model[:, :2].detach().requires_grad_()
    reference = kl_from_logits(target[:, :2], short)
    torch.testing.assert_close(value, reference)
    gradient, = torch.autograd.grad(value, model)
    torch.testing.assert_close(gradient[:, :2], torch.autograd.grad(reference, short)[0])
    assert gradient[0, 2] == 0
    assert kl_from_logits(model[:, [0, 1, 0]], model).isinf()


def test_a_class_whose_target_underflows_adds_nothing(device):
    target = torch.tensor([[-200.0, 0.0]], device=device)
    model = torch.tensor([[-torch.inf, 0.0]], device=device, requires_grad=True)
    value = kl_from_logits(target, model)
    reference = kl_divergence(Categorical(logits=target), Categorical(logits=model.detach()))
    torch.testing.assert_close(value, reference.mean())
    assert torch.autograd.grad(value, model)[0].isfinite().all()
