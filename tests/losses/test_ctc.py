import itertools

import pytest
import torch
import torch.nn.functional as F

from snippets.losses.ctc import ctc_of_logits, steps_needed
from tests.awkward import Case, LeftOut


def numbers(values, x):
    """Whole numbers for each sample of x: on meta, too, they stand on the CPU."""
    device = "cpu" if x.is_meta else x.device
    return torch.tensor(values, device=device)[:len(x)]


def ours(f, x):
    targets = numbers([[1, 2], [3, 3], [2, 0]], x)
    return f(x, targets, numbers([5, 4, 3], x), numbers([2, 2, 1], x))


def by_torch(x):
    """Torch's own for float32 and float64, and the sum over all paths in no other way."""
    if not x.is_floating_point():
        raise TypeError("no log softmax of integers")
    log_probs = x.to(torch.promote_types(x.dtype, torch.float32)).log_softmax(-1)
    return ours(lambda z, *rest: F.ctc_loss(z.movedim(1, 0), *rest, reduction="none"), log_probs)


AWKWARD = [
    Case(ctc_of_logits, ours, like=by_torch, shape=(3, 5, 4), compiled=False),
    LeftOut(steps_needed, "it takes labels and lengths, and each is tried below"),
]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_with_the_steps_needed_the_loss_is_finite_and_with_one_less_infinite(device, length):
    for text in itertools.product([1, 2], repeat=length):
        targets = torch.tensor([text], device=device)
        size = torch.tensor([length], device=device)
        steps = steps_needed(targets, size)
        for extra, finite in ((0, True), (-1, False)):
            logits = torch.zeros(int(steps) + extra, 1, 3, device=device)
            if len(logits):
                loss = F.ctc_loss(logits.log_softmax(2), targets, steps + extra, size)
                assert loss.isfinite() == finite


def test_padding_behind_the_target_needs_no_steps(device):
    targets = torch.tensor([[1, 1, 1, 1], [1, 1, 2, 2], [1, 2, 1, 2]], device=device)
    lengths = torch.tensor([1, 3, 4], device=device)
    assert steps_needed(targets, lengths).tolist() == [1, 4, 4]
    assert steps_needed(targets[:, :0], 0 * lengths).tolist() == [0, 0, 0]
    assert steps_needed(targets[:0], lengths[:0]).tolist() == []
    two = torch.tensor([2, 2, 2], device=device)
    assert steps_needed(targets[:, ::2], two).tolist() == [3, 2, 3]


def paths(log_probs, target, blank):
    """Minus the log of the sum over all paths of one sample (T, C), one by one."""
    found = []
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        merged = [label for label, _ in itertools.groupby(path) if label != blank]
        if merged == target:
            found.append(log_probs[range(len(path)), list(path)].sum())
    return -torch.stack(found).logsumexp(0)


@pytest.mark.parametrize(("target", "blank"), [([1, 2], 0), ([1, 1], 0), ([0, 1], 2), ([2], 0)])
def test_the_loss_is_the_sum_over_all_paths(device, target, blank):
    logits = torch.randn(1, 4, 3, dtype=torch.float64, device=device, requires_grad=True)
    steps, size = (torch.tensor([n], device=device) for n in (4, len(target)))
    loss = ctc_of_logits(logits, torch.tensor([target], device=device), steps, size, blank)
    expected = paths(logits[0].log_softmax(-1), target, blank)
    torch.testing.assert_close(loss[0], expected)
    torch.testing.assert_close(*(torch.autograd.grad(y.sum(), logits) for y in (loss, expected)))


@pytest.mark.parametrize(("targets", "steps", "sizes", "blank", "words"), [
    ([[1, 1, 2]], [3], [3], 0, r"samples \[0\] need \[4\] steps, and have \[3\]"),
    ([[1, 0, 2]], [3], [3], 0, "the blank, 0"),
    ([[1, 2, 2]], [3], [2], 1, "the blank, 1"),
    ([[1, 5, 2]], [3], [3], 0, "not below 5"),
    ([[1, -1, 2]], [3], [3], 0, "not below 5"),
    ([[1, 2, 3], [1, 2, 3]], [3, 3], [3, 3], 0, r"\(N, T, C\)"),
    ([1, 2, 3], [3], [3], 0, r"\(N, T, C\)"),
    ([[1, 2, 3]], [3], [3, 3], 0, r"\(N, T, C\)")])
def test_what_cannot_be_raises(device, targets, steps, sizes, blank, words):
    with pytest.raises(ValueError, match=words):
        ctc_of_logits(torch.zeros(1, 3, 5, device=device), *(
            torch.tensor(each, device=device) for each in (targets, steps, sizes)), blank)


def test_labels_behind_the_length_do_not_count(device):
    targets = torch.tensor([[1, 2, 0, 99]], device=device)
    three, two = (torch.tensor([n], device=device) for n in (3, 2))
    loss = ctc_of_logits(torch.zeros(1, 3, 5, device=device), targets, three, two)
    assert loss.isfinite().all()


def test_integers_and_lengths_of_another_shape_raise(device):
    targets, lengths = torch.tensor([[1, 2]], device=device), torch.tensor([2], device=device)
    with pytest.raises(TypeError, match="not floating"):
        ctc_of_logits(targets[..., None], targets, lengths, lengths)
    with pytest.raises(ValueError, match=r"\(N, S\)"):
        steps_needed(targets, targets)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gives_the_loss_in_float32(device, dtype):
    logits = torch.randn(1, 4, 3, device=device).to(dtype)
    rest = [torch.tensor(each, device=device) for each in ([[1, 2]], [4], [2])]
    torch.testing.assert_close(ctc_of_logits(logits, *rest), ctc_of_logits(logits.float(), *rest))
