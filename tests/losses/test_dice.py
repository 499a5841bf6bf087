import pytest
import torch

from snippets.losses.dice import dice_loss
from tests.awkward import Case


def classes(x):
    """A class for each position of logits (N, C, ...); the last class does not occur."""
    shape = x.movedim(1, -1).shape[:-1]
    return (torch.arange(shape.numel(), device=x.device) % (x.shape[1] - 1)).view(shape)


def class_by_class(x, target=None):
    """The mean over the classes that occur, by a loop."""
    if not x.is_floating_point():
        raise TypeError("no softmax of integers")
    target = classes(x) if target is None else target
    p = x.to(torch.promote_types(x.dtype, torch.float32)).softmax(1)
    losses = []
    for number in range(x.shape[1]):
        here = target == number
        if x.is_meta or here.any():
            q = p[:, number]
            losses.append(1 - 2 * (q * here).sum() / (q.sum() + here.sum()))
    return torch.stack(losses).mean() if losses else p.sum()


AWKWARD = [
    Case(dice_loss, lambda f, x: f(x, classes(x)), like=class_by_class),
    Case(dice_loss, lambda f, x: f(x, classes(x)), like=class_by_class, shape=(3, 4, 2, 2)),
]


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 4, 5), (1, 2, 2, 2, 2)])
def test_the_loss_and_its_gradient_are_the_loop_s(device, shape):
    x = torch.randn(shape, dtype=torch.float64, device=device, requires_grad=True)
    target = torch.randint(shape[1], shape[:1] + shape[2:], device=device)
    ours, reference = dice_loss(x, target), class_by_class(x, target)
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(*(torch.autograd.grad(y, x) for y in (ours, reference)))


def test_a_perfect_prediction_costs_0_and_the_other_class_1(device):
    target = torch.tensor([[0, 1, 1, 1]], device=device)
    right = torch.stack([target == 0, target == 1], 1) * 1000.0
    torch.testing.assert_close(dice_loss(right, target), torch.tensor(0.0, device=device))
    torch.testing.assert_close(dice_loss(right.flip(1), target), torch.tensor(1.0, device=device))


def test_the_gradient_is_finite_where_a_class_is_neither_there_nor_predicted(device):
    x = torch.tensor([[1000.0, -1000.0]], device=device, requires_grad=True)
    dice_loss(x, torch.zeros(1, dtype=torch.int64, device=device)).backward()
    assert x.grad.isfinite().all()


def test_half_precision_sums_in_float32(device):
    x = torch.zeros(1, 2, 300, 300, device=device).half()
    target = torch.zeros(1, 300, 300, dtype=torch.int64, device=device)
    torch.testing.assert_close(dice_loss(x, target), torch.tensor(1 / 3, device=device))


@pytest.mark.parametrize(("shape", "target", "error"), [
    ((2, 3, 4), torch.zeros(2, 4), TypeError),
    ((2, 3, 4), torch.zeros(2, 4, dtype=torch.int32), TypeError),
    ((2, 3, 4), torch.zeros(2, 1, 4, dtype=torch.int64), ValueError),
    ((2, 1, 4), torch.zeros(2, 4, dtype=torch.int64), ValueError),
    ((2, 3, 4), torch.full((2, 4), 3), RuntimeError),
    ((2, 3, 4), torch.full((2, 4), -100), RuntimeError)])
def test_targets_that_do_not_fit_raise(shape, target, error):
    with pytest.raises(error):
        dice_loss(torch.zeros(shape), target)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_logits_without_an_axis_of_classes_raise(device, shape):
    target = torch.zeros(shape, dtype=torch.int64, device=device)
    with pytest.raises(ValueError, match="logits"):
        dice_loss(target.float(), target)
