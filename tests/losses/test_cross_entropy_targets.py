import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.losses.cross_entropy_targets import (
    assert_flat_at_truth,
    cross_entropy,
    soft_cross_entropy,
    token_cross_entropy,
)
from snippets.losses.wrong_cross_entropy_targets import (
    cross_entropy_of_truncated,
    cross_entropy_over_tokens,
)
from tests.awkward import Case, Guard


def classes(x):
    return torch.arange(len(x), device=x.device) % x.shape[-1]


def shares(x):
    """Class probabilities for each row, in eighths."""
    table = torch.tensor([1.0, 2.0, 1.0, 4.0], device=x.device) / 8
    return torch.stack([table.roll(n) for n in range(len(x))]).to(x.dtype) if len(x) else (
        x.new_zeros(x.shape))


def told(x):
    """Perfect logits for the classes, whatever x holds."""
    return 1000 * F.one_hot(classes(x), 4).to(x.dtype if x.is_floating_point() else None).float()


AWKWARD = [
    Case(cross_entropy, lambda f, x: f(x, classes(x)), like=lambda x: F.cross_entropy(
        x, classes(x))),
    Case(soft_cross_entropy, lambda f, x: f(x, shares(x)), like=lambda x: F.cross_entropy(
        x, shares(x))),
    Case(token_cross_entropy, lambda f, x: f(x[None], classes(x)[None]),
         like=lambda x: F.cross_entropy(x, classes(x))),
    Guard(assert_flat_at_truth, lambda guard, x: guard(F.cross_entropy, told(x), classes(x)),
          lambda guard, x: guard(lambda z, t: F.cross_entropy(z.softmax(1), t.roll(1)), told(x),
                                 classes(x)), outside={"on meta": "Not on meta"}),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def batches(draw, device):
    """Logits (N, C, ...) of any layout, class indices and class probabilities, in float64."""
    n, c, *rest = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    scale = draw(st.sampled_from([1, 100, 10_000]))
    z = torch.randn(*rest, c, n, dtype=torch.float64, generator=generator).movedim(-1, 0)
    z = (scale * z.movedim(-1, 1)).to(device).requires_grad_()
    index = torch.randint(c, (n, *rest), generator=generator).to(device)
    soft = torch.rand(n, c, *rest, dtype=torch.float64, generator=generator).to(device)
    return z, index, soft / soft.sum(dim=1, keepdim=True)


def value_and_gradient(loss, z, target):
    value = loss(z, target)
    return value, *torch.autograd.grad(value, z)


@FIXED_DEVICE
@given(st.data())
def test_each_kind_of_target_from_scratch(device, data):
    z, index, soft = data.draw(batches(device))
    for ours, target in [(cross_entropy, index), (soft_cross_entropy, soft)]:
        torch.testing.assert_close(
            value_and_gradient(ours, z, target), value_and_gradient(F.cross_entropy, z, target))


@FIXED_DEVICE
@given(st.data())
def test_token_cross_entropy_takes_the_classes_last(device, data):
    z, index, soft = data.draw(batches(device))
    for ours, reference in [(index, index), (soft.movedim(1, -1), soft)]:
        torch.testing.assert_close(
            token_cross_entropy(z.movedim(1, -1), ours), F.cross_entropy(z, reference))


def test_a_float64_target_does_not_change_the_dtype_from_scratch(device):
    z = torch.zeros(1, 2, device=device)
    target = torch.tensor([[0.5, 0.5]], dtype=torch.float64, device=device)
    assert soft_cross_entropy(z, target).dtype == torch.float32


def test_an_index_target_is_not_taken_for_probabilities(device):
    z = torch.zeros(3, 3, device=device)
    with pytest.raises(ValueError, match="is not"):
        soft_cross_entropy(z, torch.tensor([0, 1, 2], device=device))


@pytest.mark.parametrize("target", [torch.zeros(2, 3), torch.zeros(2, 3, 3, dtype=torch.int64),
                                    torch.zeros(3, 2, dtype=torch.int64)])
def test_token_targets_that_do_not_fit_raise(device, target):
    with pytest.raises(ValueError, match="does not fit"):
        token_cross_entropy(torch.zeros(2, 3, 3, device=device), target.to(device))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_truncated_soft_targets_are_class_0(device, dtype):
    z = torch.tensor([[0, 2], [1, -1]], dtype=dtype, device=device)
    soft = torch.tensor([0.99, 0.01], dtype=dtype, device=device)
    zeros = torch.zeros(2, dtype=torch.int64, device=device)
    wrong = cross_entropy_of_truncated(z, soft)
    assert wrong == F.cross_entropy(z, zeros)
    assert wrong > 2 * F.cross_entropy(z, torch.stack((1 - soft, soft), dim=1))


def test_the_loss_over_tokens_is_the_loss_of_the_transposed_logits(device):
    z = torch.arange(18.0, device=device).view(2, 3, 3).square()
    index = torch.tensor([[0, 1, 2], [2, 2, 0]], device=device)
    wrong = cross_entropy_over_tokens(z, index)
    torch.testing.assert_close(wrong, token_cross_entropy(z.mT, index))
    assert not torch.allclose(wrong, token_cross_entropy(z, index))


@FIXED_DEVICE
@given(st.data())
def test_the_truth_is_flat_for_each_kind_of_target(device, data):
    z, index, soft = data.draw(batches(device))
    distinct = z.shape[0] > 1 and z.shape[1] > 1
    assume(distinct and not torch.equal(index, index.roll(1, 0)))
    perfect = 1000 * F.one_hot(index, z.shape[1]).movedim(-1, 1).to(z)
    assert_flat_at_truth(cross_entropy, perfect, index)
    assert_flat_at_truth(soft_cross_entropy, soft.log(), soft)
    assert_flat_at_truth(token_cross_entropy, perfect.movedim(1, -1), index)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_truncated_targets_are_not_flat_at_the_truth(device, dtype):
    soft = torch.tensor([0.75, 0.25, 0.5], dtype=dtype, device=device)
    both = torch.stack((1 - soft, soft), dim=1)
    with pytest.raises(AssertionError, match=r"\.long"):
        assert_flat_at_truth(cross_entropy_of_truncated, both.log(), soft)
    assert_flat_at_truth(soft_cross_entropy, both.log(), both)


def test_classes_on_another_axis_are_not_flat_at_the_truth(device):
    index = torch.tensor([[0, 0], [1, 0]], device=device)
    one_hot = F.one_hot(index, 2).float()
    with pytest.raises(AssertionError, match="another axis"):
        assert_flat_at_truth(cross_entropy_over_tokens, 1000 * one_hot, index)


@pytest.mark.parametrize("T", [2, 3, 5])
def test_probabilities_of_tokens_need_a_constant_for_each(device, T):
    p = torch.rand(2, T, 3, dtype=torch.float64, device=device).softmax(dim=2)
    logits = p.log() + torch.arange(T, device=device)[:, None]
    assert_flat_at_truth(token_cross_entropy, logits, p)
    assert_flat_at_truth(cross_entropy_over_tokens, p.log(), p)
    with pytest.raises(AssertionError, match="another axis"):
        assert_flat_at_truth(cross_entropy_over_tokens, logits, p)


def test_what_teaches_nothing_or_cannot_be_wrong_does_not_pass(device):
    index = torch.tensor([0, 1], device=device)
    perfect = 1000 * torch.eye(2, device=device)
    with pytest.raises(AssertionError, match="second softmax"):
        assert_flat_at_truth(
            lambda z, t: F.cross_entropy(z.softmax(dim=1), t), perfect, index)
    with pytest.raises(AssertionError, match="no gradient"):
        assert_flat_at_truth(
            lambda z, t: F.cross_entropy(z, t - 100 - t), perfect[:, :1], index)
    with pytest.raises(Undecided, match="the same"):
        assert_flat_at_truth(F.cross_entropy, perfect, torch.zeros_like(index))


def test_a_target_per_pixel_has_no_channel_axis(device):
    z = torch.zeros(2, 4, 3, 3, device=device)
    with pytest.raises(RuntimeError, match="spatial targets"):
        F.cross_entropy(z, torch.zeros(2, 1, 3, 3, dtype=torch.int64, device=device))


def test_a_loss_that_writes_to_its_targets_is_judged_on_copies(device):
    def clears(z, t):
        return F.cross_entropy(z, t.fill_(0))
    target = torch.tensor([0, 1], device=device)
    with pytest.raises(AssertionError, match="have a gradient"):
        assert_flat_at_truth(clears, 1000 * torch.eye(2, device=device), target)
    assert target.tolist() == [0, 1]
