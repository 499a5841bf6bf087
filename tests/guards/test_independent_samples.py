import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.judge import Undecided
from snippets.guards.wrong_independent_samples import (
    EncoderAcrossTheBatch,
    divide_by_batch_power,
    score_images,
)
from tests.awkward import Guard

AWKWARD = [
    Guard(independent_samples, right=lambda guard, x: guard(lambda x: x.flip(1), x),
          wrong=lambda guard, x: guard(lambda x: x.flip(0), x)),
    Guard(same_alone, right=lambda guard, x: guard(lambda x: x.flip(1), x),
          wrong=lambda guard, x: guard(lambda x: x.flip(0).squeeze(), x)),
]


def softmax_over_the_batch(x):
    return x.softmax(dim=0)


def merge_folded_heads(x):
    """Attend in heads folded as (hB, L, d), then unfolded as if (B, h, L, d)."""
    B, L, size = x.shape
    heads = torch.cat(x.chunk(2, dim=-1))
    return F.scaled_dot_product_attention(heads, heads, heads).view(B, L, size)


def differences(x):
    """Subtract (B, 1) from (B,): row i holds every sample."""
    return x.mean(dim=(1, 2)) - x.mean(dim=(1, 2)).unsqueeze(1)


@pytest.mark.parametrize("call", [
    softmax_over_the_batch, divide_by_batch_power, merge_folded_heads, differences,
    nn.BatchNorm1d(4), EncoderAcrossTheBatch(6, 2), EncoderAcrossTheBatch(6, 2).eval(),
    lambda x: x - x.max(dim=0).values, lambda x: x.cumsum(0), lambda x: x.flip(0),
    lambda x: x.reshape(4, 5, 6).transpose(0, 1)])
def test_a_sample_that_sees_the_others_fails(device, call):
    call = call.to(device) if isinstance(call, nn.Module) else call
    with pytest.raises(AssertionError, match="changes with the rest of its batch"):
        independent_samples(call, torch.randn(5, 4, 6, device=device))


@pytest.mark.parametrize("call", [
    lambda x: x / len(x), lambda x: x + torch.arange(len(x), device=x.device).view(-1, 1, 1)])
def test_the_size_of_the_batch_and_the_place_in_it_are_seen_by_same_alone_only(device, call):
    x = torch.randn(5, 4, 6, device=device)
    independent_samples(call, x)
    with pytest.raises(AssertionError, match="alone has another output"):
        same_alone(call, x)


def test_a_frozen_gate_stays_at_0(device):
    class Gated(nn.Module):
        def __init__(self, trains):
            super().__init__()
            self.gate = nn.Parameter(torch.zeros(()), requires_grad=trains)

        def forward(self, x):
            return x + self.gate * x.mean(0)

    x = torch.randn(5, 4, 6, device=device)
    independent_samples(Gated(trains=False).to(device), x)
    with pytest.raises(AssertionError, match="changes with the rest"):
        independent_samples(Gated(trains=True).to(device), x)


RIGHT = [
    (lambda: nn.TransformerEncoderLayer(6, 2, 12, batch_first=True), 0),
    (lambda: nn.TransformerEncoderLayer(6, 2, 12), 1),
    (lambda: nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 3), nn.Dropout()), 0),
    (lambda: nn.GroupNorm(2, 4), 0),
    (lambda: nn.BatchNorm1d(4).eval(), 0),
    (lambda: nn.RNN(6, 3), 1),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize(("make", "batch_dim"), RIGHT)
def test_right_models_pass_in_their_own_mode(device, make, batch_dim, dtype):
    model = make().to(device, dtype)
    x = torch.randn(5, 4, 6, device=device, dtype=dtype)
    independent_samples(lambda x: model(x)[0] if isinstance(model, nn.RNN) else model(x), x,
                        batch_dim=batch_dim)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize(("make", "batch_dim"), RIGHT)
def test_right_models_give_the_same_alone(device, make, batch_dim, dtype):
    model = make().to(device, dtype).eval()
    x = torch.randn(5, 4, 6, device=device, dtype=dtype)
    same_alone(lambda x: model(x)[0] if isinstance(model, nn.RNN) else model(x), x,
               batch_dim=batch_dim)


def test_ids_and_inputs_that_are_not_contiguous(device):
    model = nn.Embedding(9, 4).to(device)
    ids = torch.arange(6, device=device).view(2, 3).T
    independent_samples(model, ids)
    same_alone(model, ids)


def test_an_input_changed_in_place_stays_as_it_was(device):
    x = torch.randn(3, 2, device=device, dtype=torch.float64)
    before = x.clone()
    independent_samples(lambda x: x.mul_(2), x)
    same_alone(lambda x: x.mul_(2), x)
    assert torch.equal(x, before)


def test_the_last_sample_is_looked_at_too(device):
    def last_sees_first(x):
        return torch.cat([x[:-1], x[-1:] + x[:1]])
    x = torch.randn(6, 2, device=device)
    with pytest.raises(AssertionError, match=r"sample 5 "):
        independent_samples(last_sees_first, x)


@pytest.mark.parametrize("call", [
    score_images, lambda x: x.squeeze(), nn.BatchNorm2d(2), lambda x: x / x.square().mean(),
    lambda x: x.sum(dim=(1, 2, 3)) - x.sum(dim=(1, 2, 3), keepdim=True).view(-1, 1)])
def test_a_batch_of_one_with_another_output_or_shape_fails(device, call):
    call = call.to(device) if isinstance(call, nn.Module) else call
    with pytest.raises(AssertionError, match="sample 0 alone has another output or shape"):
        same_alone(call, torch.randn(3, 2, 2, 2, device=device))


def test_squeeze_is_seen_by_the_second_guard_only(device):
    independent_samples(score_images, torch.randn(3, 2, 2, 2, device=device))


@pytest.mark.parametrize("guard", [independent_samples, same_alone])
def test_what_cannot_be_told_is_undecided(device, guard):
    x = torch.randn(3, 2, device=device)
    with pytest.raises(Undecided, match="no other samples"):
        guard(nn.Identity(), x[:1])
    with pytest.raises(Undecided, match="leaves the output"):
        guard(nn.Identity(), x[:1].expand(3, 2))
    with pytest.raises(Undecided, match=r"output 1, of shape \(2,\), has no axis 0"):
        guard(lambda x: (x, x.sum(0)), x)


def test_dropout_is_undecided_where_the_shape_changes(device):
    x = torch.randn(3, 20, device=device)
    independent_samples(nn.Dropout(), x)
    with pytest.raises(Undecided, match="call eval"):
        same_alone(nn.Dropout(), x)


@pytest.mark.parametrize("guard", [independent_samples, same_alone])
def test_an_undecided_sample_hides_no_failure(device, guard):
    def mixes_the_last(x):
        return torch.cat([torch.zeros_like(x[:-1]), x[-1:] + x[:1]])

    with pytest.raises(AssertionError, match=r"sample \d"):
        guard(mixes_the_last, torch.randn(4, 3, device=device))


def test_a_mask_is_made_of_the_samples_that_are_passed(device):
    layer = nn.TransformerEncoderLayer(8, 2, batch_first=True).to(device).eval()
    embedding = nn.Embedding(10, 8).to(device)
    ids = torch.tensor([[1, 2, 3, 0, 0], [4, 5, 6, 7, 0], [1, 3, 5, 7, 9], [2, 4, 0, 0, 0]],
                       device=device)
    mask = ids == 0

    def from_outside(ids):
        return layer(embedding(ids), src_key_padding_mask=mask[:len(ids)])

    def from_ids(ids):
        return layer(embedding(ids), src_key_padding_mask=ids == 0)

    for guard in [independent_samples, same_alone]:
        guard(from_ids, ids)
    with pytest.raises(AssertionError, match="sample 2 alone"):
        same_alone(from_outside, ids)


@pytest.mark.parametrize(("guard", "calls"), [(independent_samples, 6), (same_alone, 5)])
def test_runs_are_shared_by_the_samples(guard, calls, device):
    seen = []
    guard(lambda x: seen.append(len(x)) or x, torch.randn(8, 3, device=device))
    assert len(seen) == calls
    assert seen.count(8) == (2 if guard is same_alone else 6)


def test_a_call_that_follows_the_place_alone_is_not_passed(device):
    with pytest.raises(AssertionError, match="sample 1 alone"):
        same_alone(lambda x: torch.arange(1.0, 1 + len(x), device=device), torch.randn(3, 2))
    with pytest.raises(Undecided, match="leaves the output"):
        same_alone(lambda x: torch.zeros(len(x), device=device), torch.randn(3, 2))


class Experts(nn.Module):
    """Send each token to one of two layers with dropout."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(8, 2)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 8)) for _ in range(2))

    def forward(self, x):
        choice, out = self.router(x).argmax(-1), torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            out[choice == i] = expert(x[choice == i])
        return out


@pytest.mark.parametrize("seed", range(4))
def test_experts_with_dropout_are_no_false_alarm(device, seed):
    torch.manual_seed(seed)
    model, x = Experts().to(device), torch.randn(6, 8, device=device)
    with pytest.raises(Undecided, match="random draws follow the data"):
        independent_samples(model, x)
    independent_samples(model.eval(), x)


def test_dropout_hides_no_sample_that_sees_the_others(device):
    class Mixes(Experts):
        def forward(self, x):
            return nn.functional.dropout(self.router(x)) - x.mean()

    with pytest.raises(AssertionError, match="sample 0 changes"):
        independent_samples(Mixes().to(device), torch.randn(6, 8, device=device))


def test_torch_itself_refuses_one_row_in_a_batch_norm_and_the_guard_one_image(device):
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        same_alone(nn.BatchNorm1d(3).to(device), torch.randn(5, 3, device=device))
    with pytest.raises(AssertionError, match="sample 0 alone"):
        same_alone(nn.BatchNorm2d(3).to(device), torch.randn(5, 3, 2, 2, device=device))


@pytest.mark.parametrize("guard", [independent_samples, same_alone])
def test_two_samples_are_enough_and_a_default_device_moves_nothing(guard):
    x = torch.randn(2, 3)
    guard(torch.tanh, x)
    with torch.device("meta"):
        guard(torch.tanh, x)


def test_noise_that_is_the_same_for_any_batch_is_undecided():
    with pytest.raises(Undecided, match="a repetition changes the output"):
        same_alone(lambda x: x + 9 * torch.randn(()), torch.randn(4, 3))


def test_a_last_sample_that_is_treated_otherwise_is_found():
    def triples_the_third(x):
        return torch.cat([x[:2] * 2, x[2:] * 3 + x[:1]])
    with pytest.raises(AssertionError):
        same_alone(triples_the_third, torch.randn(3, 4))


@pytest.mark.parametrize("guard", [independent_samples, same_alone])
@pytest.mark.parametrize("dim", [2, -3])
def test_an_axis_that_is_not_there_is_undecided(guard, dim):
    with pytest.raises(Undecided, match=rf"shape \(3, 4\).* axis {dim}"):
        guard(lambda x: x, torch.randn(3, 4), batch_dim=dim)
    guard(lambda x: x, torch.randn(3, 4), batch_dim=dim % 3 - 2)
