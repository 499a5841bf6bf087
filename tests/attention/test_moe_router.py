import pytest
import torch
from torch import nn

from snippets.attention.moe_router import balance_loss, mixture
from tests.awkward import Case

EXPERTS = [lambda x, n=n: n * x for n in (1, 2, 3)]


def by_hand(x, scores, experts, k, renormalise):
    """Each token for itself, with numbers of float64."""
    out = torch.zeros(x.shape, dtype=torch.float64)
    for n, (row, given) in enumerate(zip(x.double(), scores.double(), strict=True)):
        probabilities = given.softmax(0)
        chosen = given.argsort(descending=True)[:k].tolist()
        total = sum(probabilities[e] for e in chosen) if renormalise else 1.0
        for e in chosen:
            out[n] += probabilities[e] / total * experts[e](row[None])[0]
    return out


def balance_by_hand(scores):
    probabilities = torch.stack([row.softmax(0) for row in scores])
    best = [torch.zeros_like(row).scatter(0, row.topk(1).indices, 1) for row in scores]
    return scores.shape[1] * torch.stack(best).mean(0) @ probabilities.mean(0)


def mixed(function, x):
    scores = torch.linspace(-1, 1, 3 * len(x), dtype=torch.float64).view(-1, 3).to(x.device)
    return function(x, scores, EXPERTS, 2, True)


def mixed_by_hand(x):
    if not x.is_floating_point():
        raise TypeError
    return mixed(by_hand, x).to(x.dtype)


AWKWARD = [
    Case(balance_loss, lambda function, scores: function(scores, 1), balance_by_hand,
         shape=(6, 4), compiled=False),
    Case(mixture, mixed, mixed_by_hand, compiled=False),
]


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("renormalise", [True, False])
def test_each_token_is_the_weighted_sum_of_its_experts(k, renormalise):
    x, scores = torch.randn(7, 4), torch.randn(7, 3)
    experts = [nn.Linear(4, 4).double() for _ in range(3)]
    ours = mixture(x.double(), scores.double(), experts, k, renormalise)
    torch.testing.assert_close(ours, by_hand(x, scores, experts, k, renormalise))


def test_renormalised_top_k_is_the_softmax_of_the_top_k():
    x, scores = torch.ones(5, 1), torch.randn(5, 3)
    weights, chosen = scores.topk(2)
    expected = (weights.softmax(1) * (chosen + 1)).sum(1, keepdim=True)
    torch.testing.assert_close(mixture(x, scores, EXPERTS, 2, True), expected)


def test_an_empty_batch_gives_an_empty_output():
    assert mixture(torch.ones(0, 4), torch.ones(0, 3), EXPERTS, 2, True).shape == (0, 4)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_an_even_router_has_the_loss_k(k):
    scores = 5 * torch.eye(4) + 0.1 * torch.eye(4).roll(1, 1)
    scores = torch.stack([scores[0].roll(n) for n in range(4)])
    torch.testing.assert_close(balance_loss(scores, k), torch.tensor(float(k)))


@pytest.mark.parametrize(("x", "scores", "k", "words"), [
    (torch.ones(2, 3), torch.ones(2, 2), 1, "wanted x"),
    (torch.ones(2, 3), torch.ones(3, 3), 1, "wanted x"),
    (torch.ones(3), torch.ones(3), 1, "wanted x"),
    (torch.ones(2, 3), torch.ones(2, 3), 0, "k must be 1 to 3"),
    (torch.ones(2, 3), torch.ones(2, 3), 4, "k must be 1 to 3"),
])
def test_mixture_refuses_what_does_not_fit(x, scores, k, words):
    with pytest.raises(ValueError, match=words):
        mixture(x, scores, EXPERTS, k, True)


@pytest.mark.parametrize(("scores", "k"), [
    (torch.ones(3), 1), (torch.ones(0, 3), 1), (torch.ones(2, 3), 4), (torch.ones(2, 3), 0)])
def test_balance_loss_refuses_what_does_not_fit(scores, k):
    with pytest.raises(ValueError, match=r"wanted scores|k must be"):
        balance_loss(scores, k)


def test_mixture_refuses_integers():
    with pytest.raises(TypeError, match="floating dtype"):
        mixture(torch.ones(2, 3).long(), torch.ones(2, 3), EXPERTS, 1, True)
