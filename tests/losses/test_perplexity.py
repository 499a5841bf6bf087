import math

import pytest
import torch
import torch.nn.functional as F

from snippets.losses.perplexity import perplexity
from tests.awkward import Case


def next_tokens(x):
    """Class indices for logits (B, L, V), every third of them ignored."""
    index = torch.arange(x[..., 0].numel(), device=x.device).view(x.shape[:-1]) % x.shape[-1]
    return index.masked_fill(index % 3 == 2, -100)


def by_torch(x):
    """The exponential of torch's own mean, in one batch."""
    if x.is_meta or not x.is_floating_point():
        raise TypeError("no number on meta, no loss of integers")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return F.cross_entropy(wide.flatten(0, -2), next_tokens(x).flatten()).double().exp().item()


AWKWARD = [
    Case(perplexity, lambda f, x: f([(x, next_tokens(x))]), like=by_torch, shape=(3, 4, 5),
         compiled=False),
]


@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_the_batch_size_does_not_matter(device, size):
    logits = torch.randn(6, 5, 7, dtype=torch.float64, device=device)
    target = torch.randint(7, (6, 5), device=device)
    target[0, 1:], target[3, 2:], target[5] = -100, -100, -100
    found = perplexity(zip(logits.split(size), target.split(size), strict=True))
    expected = F.cross_entropy(logits.flatten(0, 1), target.flatten()).exp().item()
    assert math.isclose(found, expected, rel_tol=1e-12)


def test_equal_logits_give_the_size_of_the_vocabulary(device):
    logits = torch.zeros(2, 3, 50, device=device)
    target = torch.ones(2, 3, dtype=torch.int64, device=device)
    assert math.isclose(perplexity([(logits, target)] * 3), 50, rel_tol=1e-5)


def test_logits_of_one_token_need_no_other_axis(device):
    logits = torch.tensor([3.0, 1.0, 0.0], dtype=torch.float64, device=device)
    target = torch.tensor(1, device=device)
    expected = F.cross_entropy(logits, target).exp().item()
    assert math.isclose(perplexity([(logits, target)]), expected, rel_tol=1e-12)


@pytest.mark.parametrize(("target", "error"), [
    (torch.tensor([7]), IndexError), (torch.tensor([1], dtype=torch.int32), RuntimeError),
    (torch.tensor([True]), RuntimeError), (torch.tensor([1j]), RuntimeError)])
def test_targets_that_are_no_class_raise(target, error):
    with pytest.raises(error):
        perplexity([(torch.zeros(1, 5), target)])


def test_a_loss_above_709_is_inf(device):
    logits = torch.tensor([[0.0, 1000.0]], device=device)
    assert perplexity([(logits, torch.tensor([0], device=device))]) == math.inf


@pytest.mark.parametrize("batches", [
    [], [(torch.tensor(0.0), torch.tensor(0))], [(torch.zeros(2, 3), torch.full((2,), -100))],
    [(torch.zeros(2, 3), torch.zeros(3, dtype=torch.int64))],
    [(torch.zeros(2, 3, 4), torch.zeros(2, 4, dtype=torch.int64))]])
def test_nothing_to_count_and_shapes_that_do_not_fit_raise(batches):
    with pytest.raises(ValueError, match=r"no token|targets"):
        perplexity(batches)


def test_integers_and_probabilities_as_targets_raise(device):
    logits = torch.zeros(2, 3, device=device)
    with pytest.raises(TypeError, match="targets"):
        perplexity([(logits, logits)])
    with pytest.raises(TypeError, match="logits"):
        perplexity([(logits.long(), logits[:, 0].long())])
