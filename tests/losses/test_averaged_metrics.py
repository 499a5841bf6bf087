import pytest
import torch

from snippets.losses.averaged_metrics import confusion_counts, mean_iou
from tests.awkward import Case, LeftOut


def targets(x):
    """A class for each row of scores, every third of them ignored."""
    index = torch.arange(len(x), device=x.device) % x.shape[1]
    return index.masked_fill(index % 3 == 2, -100)


def pair_by_pair(x):
    """The counts by a loop over all pairs of classes."""
    prediction, target = x.argmax(-1), targets(x)
    if x.is_meta:
        raise NotImplementedError("no counts on meta")
    return torch.stack([
        torch.stack([((target == row) & (prediction == column)).sum()
                     for column in range(x.shape[1])]) for row in range(x.shape[1])])


AWKWARD = [
    Case(confusion_counts, lambda f, x: f(x.argmax(-1), targets(x), x.shape[1]),
         like=pair_by_pair, shape=(5, 4), compiled=False),
    LeftOut(mean_iou, "it takes counts, and those are tried below"),
]


def class_by_class(prediction, target, classes):
    """The mean IoU of masks, by a loop over the classes that occur."""
    keep, found = target != -100, []
    for number in range(classes):
        a, b = (prediction == number) & keep, (target == number) & keep
        if (a | b).any():
            found.append((a & b).sum() / (a | b).sum())
    return torch.stack(found).mean()


@pytest.mark.parametrize("shape", [(8,), (8, 3), (8, 4, 5)])
@pytest.mark.parametrize("size", [1, 3, 8])
def test_counts_of_batches_add_up_to_the_iou_of_the_whole(device, shape, size):
    prediction = torch.randint(4, shape, device=device)
    target = torch.randint(5, shape, device=device) - 1
    target[target < 0] = -100
    counts = sum(confusion_counts(p, t, 6) for p, t in zip(
        prediction.split(size), target.split(size), strict=True))
    torch.testing.assert_close(mean_iou(counts), class_by_class(prediction, target, 6))
    right = ((prediction == target) & (target != -100)).sum()
    assert counts.diagonal().sum() == right
    assert counts.sum() == (target != -100).sum()


def test_the_row_is_the_target(device):
    counts = confusion_counts(torch.tensor([1, 1], device=device),
                              torch.tensor([0, 0], device=device), 2)
    assert counts.tolist() == [[0, 2], [0, 0]]


def test_without_a_class_the_mean_is_nan(device):
    none = torch.zeros(0, dtype=torch.int64, device=device)
    assert mean_iou(confusion_counts(none, none, 3)).isnan()


@pytest.mark.parametrize(("prediction", "target", "error"), [
    ([0, 3], [0, 0], ValueError), ([0, 0], [0, 3], ValueError), ([0, -1], [0, 0], ValueError),
    ([0, 0], [0, -1], ValueError), ([0, 0, 0], [0, 0], ValueError),
    ([[0], [0]], [0, 0], ValueError),
    ([0.0, 1.0], [0, 0], TypeError), ([0, 0], [False, True], TypeError)])
def test_what_is_no_class_raises(prediction, target, error):
    with pytest.raises(error):
        confusion_counts(torch.tensor(prediction), torch.tensor(target), 3)


@pytest.mark.parametrize(("counts", "error"), [
    (torch.zeros(3, 3), TypeError), (torch.zeros(3, 2, dtype=torch.int64), ValueError),
    (torch.zeros(9, dtype=torch.int64), ValueError)])
def test_what_is_no_table_of_counts_raises(counts, error):
    with pytest.raises(error):
        mean_iou(counts)
