import pytest
import torch
from torch import distributions as D

from snippets.distributions.log_prob_per_dimension import log_prob_of_rows
from tests.awkward import Case


def normal(x):
    """A normal distribution for x that asks nothing of its values: on meta there are none."""
    return D.Normal(torch.zeros_like(x), torch.ones_like(x), validate_args=False)


AWKWARD = [
    Case(log_prob_of_rows, lambda f, x: f(normal(x), x),
         like=lambda x: normal(x).log_prob(x).sum(-1)),
    Case(log_prob_of_rows, lambda f, x: f(normal(x), x), shape=(3,),
         like=lambda x: normal(x).log_prob(x)),
]


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 3, 2), (1, 3), (0, 3), (0,)])
def test_each_row_gets_the_sum_over_its_dimensions(device, shape):
    policy = D.Normal(torch.zeros(shape, device=device), 1.0)
    x = torch.randn(shape, device=device)
    total = policy.log_prob(x)
    while total.dim() > 1:
        total = total.sum(-1)
    torch.testing.assert_close(log_prob_of_rows(policy, x), total)
    if x.numel():  # without rows Independent itself raises
        independent = D.Independent(policy, len(shape) - 1)
        torch.testing.assert_close(log_prob_of_rows(independent, x), total)


def test_actions_of_a_categorical_have_one_axis(device):
    policy = D.Categorical(logits=torch.randn(4, 3, device=device))
    actions = policy.sample()
    torch.testing.assert_close(log_prob_of_rows(policy, actions), policy.log_prob(actions))
    with pytest.raises(ValueError, match=r"\(4, 1\) for rows of \(4,\)"):
        log_prob_of_rows(policy, actions.unsqueeze(1))


@pytest.mark.parametrize("value", [(4,), (4, 1), (1, 3), (2, 4, 3), (3, 3), ()])
def test_values_of_another_shape_raise(device, value):
    policy = D.Normal(torch.zeros(4, 3, device=device), 1.0)
    for each in (policy, D.Independent(policy, 1)):
        with pytest.raises(ValueError, match="for rows of"):
            log_prob_of_rows(each, torch.zeros(value, device=device))


def test_a_distribution_without_rows_raises(device):
    with pytest.raises(ValueError, match="for rows of"):
        log_prob_of_rows(D.Normal(torch.tensor(0.0, device=device), 1.0),
                         torch.tensor(0.0, device=device))


@pytest.mark.parametrize("make", [
    lambda x: D.Normal(x, 1.0), lambda x: D.Categorical(logits=x),
    lambda x: D.Independent(D.Normal(x, 1.0), 1)])
def test_samples_of_a_policy_have_the_shape_that_is_asked_for(device, make):
    policy = make(torch.randn(4, 3, device=device))
    assert log_prob_of_rows(policy, policy.sample()).shape == (4,)
