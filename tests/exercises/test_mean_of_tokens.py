import pytest
import torch

from snippets.attention.mean_pooling import mean_of_kept
from snippets.exercises.mean_of_tokens import check_mean_of_kept
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_mean_of_kept, "it makes its own tokens")]


def by_einsum(x, keep):
    """In float64."""
    clean = torch.where(keep[..., None], x, 0).double()
    weight = keep.double() / keep.sum(1, keepdim=True).clamp(min=1)
    return torch.einsum("bld,bl->bd", clean, weight)


def by_loop(x, keep):
    return torch.stack([tokens[kept].sum(0) / max(1, int(kept.sum()))
                        for tokens, kept in zip(x, keep, strict=True)])


def by_nanmean(x, keep):
    return x.masked_fill(~keep[..., None], torch.nan).nanmean(1).nan_to_num(0)


def by_index_add(x, keep):
    sample = torch.arange(len(x))[:, None].expand(keep.shape)[keep]
    total = torch.zeros(len(x), x.shape[-1]).index_add(0, sample, x[keep])
    return total / torch.bincount(sample, minlength=len(x)).clamp(min=1)[:, None]


@pytest.mark.parametrize("right", [mean_of_kept, by_einsum, by_loop, by_nanmean, by_index_add])
def test_right_answers_written_in_another_way_pass(right):
    check_mean_of_kept(right)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda x, keep: x.mean(1), "the padding is averaged too"),
    (lambda x, keep: x.mean(0), "sum over dim=1"),
    (lambda x, keep: (x * keep[..., None]).sum(1), "this is the sum"),
    (lambda x, keep: (x * keep[..., None]).sum(1) / keep.sum(), "of the whole batch"),
    (lambda x, keep: torch.stack([a[:n].mean(0) for a, n in zip(x, keep.sum(1), strict=True)]),
     "padding on the left: .* may stand on the left"),
    (lambda x, keep: mean_of_kept(x, ~keep), "divide by their number"),
    (lambda x, keep: mean_of_kept(x, keep) + ~keep.any(1, keepdim=True), "gives zeros"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_mean_of_kept(wrong)
