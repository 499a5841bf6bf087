import pytest
import torch

from snippets.exercises.keep_top_p import check_top_p_filter
from snippets.generation.top_p import top_p_filter
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_top_p_filter, "it makes its own logits")]


def by_loop(logits, top_p):
    out = torch.full_like(logits, -torch.inf)
    for row, new in zip(logits, out, strict=True):
        left = top_p
        for token in row.argsort(descending=True).tolist():
            if left > 1e-6:
                new[token] = row[token]
                left -= row.softmax(-1)[token].item()
    return out


def by_least_logit(logits, top_p):
    """In float64, and logs of probabilities instead of logits."""
    probs = logits.double().softmax(-1)
    down = probs.sort(-1, descending=True).values
    count = (down.cumsum(-1) - down < top_p - 1e-6).sum(-1, keepdim=True)
    least = down.gather(-1, count - 1)
    return torch.where(probs >= least, probs.log(), -torch.inf)


def by_comparing_all(logits, top_p):
    """The sum of the more probable tokens, by einsum."""
    probs = logits.softmax(-1)
    above = (probs[..., None, :] > probs[..., :, None]).to(probs)
    before = torch.einsum("...ij,...j->...i", above, probs)
    return logits.masked_fill(before >= top_p - 1e-6, -torch.inf)


@pytest.mark.parametrize("right", [top_p_filter, by_loop, by_least_logit, by_comparing_all])
def test_right_answers_written_in_another_way_pass(right):
    check_top_p_filter(right)


def one_more(logits, top_p):
    probs, order = logits.softmax(-1).sort(-1, descending=True)
    keep = probs.cumsum(-1) - probs < top_p
    keep = torch.cat([keep[..., :1], keep[..., :-1]], -1)
    return logits.masked_fill(~torch.zeros_like(keep).scatter(-1, order, keep), -torch.inf)


def rows_of_the_first(logits, top_p):
    kept = top_p_filter(logits[:1], top_p).isfinite()
    return logits.masked_fill(~kept, -torch.inf)


def of_logits(logits, top_p):
    down, order = logits.sort(-1, descending=True)
    remove = down.cumsum(-1) - down > top_p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, order, remove), -torch.inf)


@pytest.mark.parametrize(("wrong", "message"), [
    (one_more, "one token too many"),
    (rows_of_the_first, "sort each row"),
    (of_logits, "not the logits"),
    (lambda logits, p: top_p_filter(logits, p)[..., :2], "keep each token in its place"),
    (lambda logits, p: top_p_filter(logits, p).softmax(-1).where(
        top_p_filter(logits, p).isfinite(), -torch.inf), "not probabilities"),
    (lambda logits, p: top_p_filter(logits, p).softmax(-1), "give them -inf"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_top_p_filter(wrong)
