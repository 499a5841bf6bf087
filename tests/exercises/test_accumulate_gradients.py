import pytest
import torch
import torch.nn.functional as F

from snippets.exercises.accumulate_gradients import check_backward_in_parts
from snippets.losses.mean_of_means import backward_in_parts
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_backward_in_parts, "it makes its own parts")]


def in_one_batch(model, parts):
    x, target = (torch.cat(both) for both in zip(*parts, strict=True))
    F.cross_entropy(model(x).mT, target).backward()


def token_by_token(model, parts):
    tokens = [(x[at], target[at]) for x, target in parts
              for at in (target != -100).nonzero().unbind()
              for at in [tuple(at.tolist())]]
    for x, target in tokens:
        (F.cross_entropy(model(x), target) / len(tokens)).backward()


def divided_at_the_end(model, parts):
    """By gradients of its own, in float32, scaled before they are added."""
    _, weights = zip(*model.named_parameters(), strict=True)
    total = [torch.zeros_like(w) for w in weights]
    for x, target in parts:
        logits = torch.einsum("bld,cd->blc", x, weights[0]) + weights[1]
        picked = logits.float().log_softmax(-1).gather(-1, target.clamp(min=0)[..., None])[..., 0]
        loss = -(picked * (target != -100)).sum()
        for sum_, grad in zip(total, torch.autograd.grad(loss, weights), strict=True):
            sum_ += grad
    count = sum((target != -100).sum() for _, target in parts)
    for w, grad in zip(weights, total, strict=True):
        w.grad = grad / count if w.grad is None else w.grad + grad / count


def weighted_means(model, parts):
    """The mean of no targets is nan, and the gradient of 0 times it is 0."""
    counts = [int((target != -100).sum()) for _, target in parts]
    for (x, target), count in zip(parts, counts, strict=True):
        (F.cross_entropy(model(x).mT, target) * count / sum(counts)).backward()


@pytest.mark.parametrize("right", [backward_in_parts, in_one_batch, token_by_token,
                                   divided_at_the_end, weighted_means])
def test_right_answers_written_in_another_way_pass(right):
    check_backward_in_parts(right)


def by_sums(divisor, between=lambda model: None, first=lambda model: None):
    def answer(model, parts):
        first(model)
        counts = [int((target != -100).sum()) for _, target in parts]
        for (x, target), count in zip(parts, counts, strict=True):
            between(model)
            loss = F.cross_entropy(model(x).mT, target, reduction="sum")
            (loss / divisor(count, counts)).backward()
    return answer


def one_where_empty(model, parts):
    backward_in_parts(model, parts)
    if any((target == -100).all() for _, target in parts):
        model.weight.grad += 1


def means_by_hand(model, parts):
    """A gradient of 0 / 0 times a mask of 0."""
    count = sum((target != -100).sum() for _, target in parts)
    for x, target in parts:
        mask = (target != -100).double()
        losses = F.cross_entropy(model(x).mT, target, reduction="none") + 0 * model(x)[..., 0]
        ((losses * mask).sum() / mask.sum() * (mask.sum() / count)).backward()


@pytest.mark.parametrize(("wrong", "message"), [
    (by_sums(lambda n, ns: 1), "the sums are added up"),
    (by_sums(lambda n, ns: sum(ns), between=lambda m: m.zero_grad()), "only the last part"),
    (by_sums(lambda n, ns: max(n, 1), between=lambda m: m.zero_grad()), "only the last part"),
    (by_sums(lambda n, ns: 3), "divide by the number of targets in all parts"),
    (by_sums(lambda n, ns: sum(ns), first=lambda m: m.zero_grad()), "that stood there is gone"),
    (lambda model, parts: None, "no gradient was left"),
    (means_by_hand, "a part without targets gives nan"),
    (one_where_empty, "a part without targets changes"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_backward_in_parts(wrong)
