import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.guards.judge import Undecided
from snippets.losses.mean_of_means import assert_parts_add_up, backward_in_parts, masked_mean
from snippets.losses.wrong_mean_of_means import backward_of_means, backward_undivided
from tests.awkward import Case, LeftOut


def mask(x):
    """Each row but the last element; without rows, the first axis decides."""
    return torch.arange(x.shape[1], device=x.device).expand(x.shape) < x.shape[1] - 1


def mean_of_kept(x):
    kept = x[:, :-1]
    return kept.mean() if kept.numel() else kept.sum()


AWKWARD = [
    Case(masked_mean, lambda f, x: f(x, mask(x)), like=mean_of_kept),
    LeftOut(backward_in_parts, "it runs a model on parts; its proof compares with the whole batch"),
    LeftOut(assert_parts_add_up, "it runs a training loop; the tests below try its edges"),
]

FIXED_DEVICE = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def parts_of(counts, device):
    """A part for each count, with so many targets of five."""
    x = torch.randn(len(counts), 5, 3, dtype=torch.float64, device=device)
    target = torch.randint(4, (len(counts), 5), device=device)
    for row, count in zip(target, counts, strict=True):
        row[count:] = -100
    return list(zip(x.split(1), target.split(1), strict=True))


@FIXED_DEVICE
@given(st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_parts_have_the_loss_and_gradient_of_the_batch(device, counts):
    parts = parts_of(counts, device)
    model = nn.Linear(3, 4, dtype=torch.float64, device=device)
    x, target = (torch.cat(column) for column in zip(*parts, strict=True))
    loss = F.cross_entropy(model(x).flatten(0, 1), target.flatten(), reduction="sum")
    loss = loss / max(sum(counts), 1)
    expected = torch.autograd.grad(loss, list(model.parameters()))
    assert backward_in_parts(model, parts) == pytest.approx(loss.item())
    torch.testing.assert_close([p.grad for p in model.parameters()], list(expected))


def test_the_guard_fails_on_both_and_leaves_no_gradient(device):
    parts = parts_of([5, 1], device)
    model = nn.Linear(3, 4, dtype=torch.float64, device=device)
    for wrong in [backward_of_means, backward_undivided]:
        with pytest.raises(AssertionError, match="2 parts"):
            assert_parts_add_up(wrong, model, parts)
    assert_parts_add_up(backward_in_parts, model, parts)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_masked_may_be_nan_and_gets_no_gradient(device, dtype):
    losses = torch.tensor([[1.0, float("nan")], [3.0, float("inf")]], dtype=dtype, device=device)
    losses.requires_grad_()
    keep = torch.tensor([[True, False], [True, False]], device=device)
    mean = masked_mean(losses, keep)
    mean.backward()
    assert mean == 2
    assert losses.grad.tolist() == [[0.5, 0.0], [0.5, 0.0]]


def test_parts_may_come_from_a_generator(device):
    parts = parts_of([5, 1], device)
    model = nn.Linear(3, 4, dtype=torch.float64, device=device)
    wanted = backward_in_parts(model, parts)
    assert backward_in_parts(model, (part for part in parts)) == wanted > 0


def test_the_mean_does_not_overflow_in_float16_and_refuses_what_does_not_fit(device):
    losses = torch.full((2, 3), 3e4, device=device).half()
    assert masked_mean(losses, losses > 0) == 3e4
    with pytest.raises(ValueError, match="is not"):
        masked_mean(losses, losses[:1] > 0)
    with pytest.raises(TypeError, match="not floating"):
        masked_mean(losses.long(), losses > 0)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.uint8])
def test_a_mask_of_numbers_raises(device, dtype):
    losses = torch.ones(2, 3, device=device)
    with pytest.raises(TypeError, match="not boolean"):
        masked_mean(losses, losses.to(dtype))


def test_without_parts_there_is_nothing_to_judge(device):
    with pytest.raises(Undecided, match="no parts"):
        assert_parts_add_up(backward_in_parts, nn.Linear(3, 4, device=device), [])


@pytest.mark.parametrize("normed", [
    nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm])
def test_a_forward_that_changes_buffers_is_not_blamed_on_the_loop(device, normed):
    torch.manual_seed(0)
    model = normed(nn.Linear(3, 4, device=device), n_power_iterations=1)
    for name, buffer in model.named_buffers():
        if name.endswith(("_u", "_v")):
            buffer.copy_(F.normalize(torch.randn_like(buffer), dim=0))
    parts = parts_of([5, 1], device)
    with pytest.raises(Undecided, match="changes buffers"):
        assert_parts_add_up(backward_in_parts, model, parts)
    assert_parts_add_up(backward_in_parts, model.eval(), parts)
    with pytest.raises(AssertionError, match="2 parts"):
        assert_parts_add_up(backward_of_means, model, parts)


def test_the_guard_says_where_it_cannot_tell(device):
    model = nn.Linear(3, 4, device=device)
    parts = parts_of([5, 1], device)
    short = [(parts[0][0][:, :2], parts[0][1][:, :2]), parts[1]]
    for wrong, its_parts in [
            (nn.Sequential(model, nn.Dropout()), parts), (model, short),
            (nn.Sequential(nn.BatchNorm1d(5, device=device), model), parts),
            (model, parts_of([3, 3], device)), (model, parts_of([0, 0], device))]:
        with pytest.raises(Undecided):
            assert_parts_add_up(backward_in_parts, wrong, its_parts)


def test_the_guard_leaves_gradients_and_modes(device):
    model = nn.Linear(3, 4, device=device)
    model.weight.grad = torch.ones_like(model.weight)
    assert_parts_add_up(backward_in_parts, model, parts_of([5, 1], device))
    assert (model.weight.grad == 1).all()
    assert model.bias.grad is None


def test_a_random_gradient_is_not_judged(device):
    class Noisy(nn.Linear):
        def forward(self, x):
            return super().forward(F.dropout(x, 0.5, self.training))
    model, parts = Noisy(3, 4, device=device), parts_of([5, 1], device)
    with pytest.raises(Undecided, match="random"):
        assert_parts_add_up(backward_in_parts, model, parts)
    assert_parts_add_up(backward_in_parts, model.eval(), parts)


def test_batch_norm_without_running_statistics_is_not_judged(device):
    class Normed(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 4, device=device)
            self.norm = nn.BatchNorm1d(4, track_running_stats=False, device=device)

        def forward(self, x):
            return self.norm(self.linear(x).mT).mT
    with pytest.raises(Undecided, match="batch statistics"):
        assert_parts_add_up(backward_in_parts, Normed().eval(), parts_of([5, 1], device))


def test_the_guard_leaves_the_parts_as_they_were(device):
    def scales(model, parts):
        return backward_in_parts(model, [(x.mul_(2), target) for x, target in parts])
    parts = parts_of([5, 1], device)
    before = [x.clone() for x, _ in parts]
    assert_parts_add_up(scales, nn.Linear(3, 4, device=device), parts)
    assert all(torch.equal(x, old) for (x, _), old in zip(parts, before, strict=True))


def test_the_guard_says_how_far_a_gradient_of_the_same_norm_is(device):
    def clipped(model, parts):
        for x, target in parts:
            F.cross_entropy(model(x).flatten(0, 1), target.flatten(), reduction="sum").backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)

    torch.manual_seed(0)
    model = nn.Linear(3, 4, dtype=torch.float64, device=device)
    with pytest.raises(AssertionError, match=r"norm 1.00 of it, difference 0.\d[1-9]\)"):
        assert_parts_add_up(clipped, model, parts_of([5, 1], device))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_sums_the_loss_of_many_tokens(device, dtype):
    """The sum is above 65,504, the largest number of float16."""
    model = nn.Linear(3, 1000, device=device).to(dtype)
    x = torch.randn(2, 6000, 3, device=device).to(dtype)
    target = torch.randint(1000, (2, 6000), device=device)
    logits = model(x).float()
    loss = F.cross_entropy(logits.flatten(0, 1), target.flatten()).item()
    assert backward_in_parts(model, list(zip(x.split(1), target.split(1), strict=True))) == (
        pytest.approx(loss, rel=1e-5))


def test_a_sparse_gradient_is_compared():
    words = nn.Sequential(nn.Embedding(5, 3, sparse=True), nn.Linear(3, 4))
    parts = [(torch.randint(5, (1, 5)), target) for _, target in parts_of([5, 1], "cpu")]
    assert_parts_add_up(backward_in_parts, words, parts)
    with pytest.raises(AssertionError, match="2 parts"):
        assert_parts_add_up(backward_of_means, words, parts)
