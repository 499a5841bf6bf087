import pytest
import torch
import torch.nn.functional as F

from snippets.exercises.two_logits import check_two_logits
from snippets.losses.bce_vs_cross_entropy import two_logits
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_two_logits, "it makes its own logits")]


def halves(logit):
    return torch.cat([-logit[:, None] / 2, logit[:, None] / 2], dim=1)


def by_einsum(logit):
    """In float64."""
    return torch.einsum("n,c->nc", logit.double(), torch.tensor([0, 1], dtype=torch.float64))


def log_probabilities(logit):
    return torch.stack([F.logsigmoid(-logit), F.logsigmoid(logit)], dim=-1)


def by_loop(logit):
    return torch.stack([torch.stack([x - x, x]) for x in logit])


def padded(logit):
    return F.pad(logit[:, None], (1, 0))


@pytest.mark.parametrize("right", [halves, by_einsum, log_probabilities, by_loop, padded])
def test_right_answers_written_in_another_way_pass(right):
    check_two_logits(right)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda x: two_logits(x).T, "samples first"),
    (lambda x: x[:, None], "not .4, 2."),
    (lambda x: torch.stack([x, -x], 1), "and the classes are swapped"),
    (lambda x: torch.stack([1 - x, x], 1), "class 1 minus class 0 must be"),
    (lambda x: torch.stack([torch.ones_like(x), x], 1), "class 1 minus class 0 must be"),
    (lambda x: two_logits(x.detach()), "no gradient reaches"),
    (lambda x: torch.stack([-x.detach() / 2, x / 2], 1), "a part of the result is detached"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_two_logits(wrong)
