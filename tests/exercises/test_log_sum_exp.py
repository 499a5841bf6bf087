import math
from functools import reduce

import pytest
import torch

from snippets.exercises.log_sum_exp import check_logsumexp, logsumexp
from tests.awkward import Case, LeftOut

AWKWARD = [Case(logsumexp, lambda f, x: f(x, 1), lambda x: x.logsumexp(1)),
           LeftOut(check_logsumexp, "it makes its own rows")]


def by_logaddexp(x, dim):
    return reduce(torch.logaddexp, x.unbind(dim))


def by_lists(x, dim):
    """Plain Python, and float64 numbers for float32 ones."""
    def of_row(row):
        m = max(row)
        return m if math.isinf(m) else m + math.log(sum(math.exp(y - m) for y in row))
    return torch.tensor([of_row(row) for row in x.movedim(dim, -1).tolist()], dtype=torch.float64)


def by_log_softmax(x, dim):
    """Of a finite logit: its log-probability is this logit minus the log-sum-exp."""
    largest = x.amax(dim, keepdim=True)
    of_largest = x.log_softmax(dim).gather(dim, x.argmax(dim, keepdim=True))
    return torch.where(largest.isinf(), largest, largest - of_largest).squeeze(dim)


@pytest.mark.parametrize("right", [logsumexp, torch.logsumexp, by_logaddexp, by_lists,
                                   by_log_softmax])
def test_right_answers_written_in_another_way_pass(right):
    check_logsumexp(right)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda x, dim: logsumexp(x, dim)[..., None], "drop this axis at the end"),
    (lambda x, dim: x.clamp(min=-80, max=80).exp().sum(dim).log(), "subtract the maximum"),
    (lambda x, dim: logsumexp(x.clamp(min=-900), dim), "also where it is negative"),
    (lambda x, dim: logsumexp(x, 1), "dim=0 of"),
    (lambda x, dim: logsumexp(x.nan_to_num(0, None, 0), dim), "adds nothing"),
    (lambda x, dim: logsumexp(x, dim).nan_to_num(0, 9, -torch.inf), "a row with inf"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_logsumexp(wrong)


def test_integers_are_refused():
    with pytest.raises(TypeError, match="convert to floats"):
        logsumexp(torch.arange(6).view(2, 3), 1)
