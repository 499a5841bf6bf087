import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.attention.split_heads import MultiHeadAttention
from snippets.attention.wrong_split_heads import merge_heads_by_reshape, split_heads_by_view
from snippets.guards.independent_samples import independent_samples
from snippets.guards.judge import Undecided
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.wrong_permutation_equivariant import AttendInFoldedHeads, SetWithPositions
from tests.awkward import Guard

AWKWARD = [
    Guard(permutation_equivariant, right=lambda guard, x: guard(lambda x: x.flip(0), x),
          wrong=lambda guard, x: guard(lambda x: x.roll(1, 1), x)),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("call", [
    AttendInFoldedHeads(6, 2), SetWithPositions(5, 6), nn.Conv1d(4, 4, 3, padding=1),
    lambda x: split_heads_by_view(x, 2).transpose(1, 2).flatten(2).cumsum(1),
    lambda x: merge_heads_by_reshape(x.unflatten(-1, (2, 3)).transpose(1, 2)),
    lambda x: x.cumsum(dim=1), lambda x: x.roll(1, dims=1) + x])
def test_outputs_that_do_not_follow_their_tokens_fail(device, call):
    call = call.to(device) if isinstance(call, nn.Module) else call
    x = torch.randn(3, 5, 6, device=device)
    x, dim = (x.mT[:, :4], 2) if isinstance(call, nn.Conv1d) else (x, 1)
    with pytest.raises(AssertionError, match="do not follow their tokens"):
        permutation_equivariant(call, x, dim=dim)


@pytest.mark.parametrize("call", [
    MultiHeadAttention(6, 2, 3), nn.TransformerEncoderLayer(6, 2, 12, batch_first=True).eval(),
    nn.Linear(6, 2), nn.LayerNorm(6), lambda x: x - x.mean(1, keepdim=True),
    lambda x: x.softmax(dim=1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("length", [2, 3, 6])
def test_attention_and_what_is_alike_for_each_token_pass(device, call, dtype, length):
    call = call.to(device, dtype) if isinstance(call, nn.Module) else call
    permutation_equivariant(call, torch.randn(2, length, 6, device=device, dtype=dtype))


@pytest.mark.parametrize("heads", [2, 3, 4, 6])
def test_folded_heads_are_seen_with_more_tokens_than_heads(device, heads):
    layer = AttendInFoldedHeads(12, heads).to(device)
    for length in range(2, 10):
        x = torch.randn(2, length, 12, device=device)
        if heads % length:
            with pytest.raises(AssertionError, match="do not follow"):
                permutation_equivariant(layer, x)
        else:
            permutation_equivariant(layer, x)


def test_a_layer_that_takes_tokens_for_samples_passes(device):
    layer = nn.TransformerEncoderLayer(6, 2, 12).eval().to(device)
    x = torch.randn(3, 5, 6, device=device)
    permutation_equivariant(layer, x)
    with pytest.raises(AssertionError):
        independent_samples(layer, x)


def test_heads_cut_by_view_keep_the_samples_apart(device):
    independent_samples(AttendInFoldedHeads(6, 2).to(device), torch.randn(3, 5, 6, device=device))


@FIXED_DEVICE
@given(st.permutations(range(5)))
def test_the_swap_and_the_turn_stand_for_every_permutation(device, order):
    """A map that commutes with the two commutes with all, as it is for linear maps."""
    swap, turn = [1, 0, 2, 3, 4], [1, 2, 3, 4, 0]
    reached, new = set(), {tuple(range(5))}
    while new:
        reached |= new
        new = {tuple(p[i] for i in step) for p in new for step in (swap, turn)} - reached
    assert tuple(order) in reached


def test_a_turn_alone_would_pass_a_circular_convolution(device):
    conv = nn.Conv1d(6, 6, 3, padding=1, padding_mode="circular").to(device).double()
    x = torch.randn(2, 6, 5, device=device).double()
    torch.testing.assert_close(conv(x.roll(1, -1)).roll(-1, -1), conv(x))
    with pytest.raises(AssertionError, match="do not follow"):
        permutation_equivariant(conv, x, dim=2)


def test_a_swap_alone_would_pass_what_moves_the_others(device):
    def call(x):
        return torch.cat([x[:, :2], x[:, 2:].flip(1)], dim=1)
    with pytest.raises(AssertionError, match="do not follow"):
        permutation_equivariant(call, torch.randn(2, 5, 3, device=device))


def test_what_cannot_be_told_is_undecided(device):
    x = torch.randn(2, 4, 3, device=device)
    with pytest.raises(Undecided, match="one token"):
        permutation_equivariant(nn.Identity(), x[:, :1])
    with pytest.raises(Undecided, match="leaves the output"):
        permutation_equivariant(nn.Identity(), x[:, :1].expand(2, 4, 3))
    with pytest.raises(Undecided, match="call eval"):
        permutation_equivariant(nn.Dropout(), x)
    with pytest.raises(Undecided, match=r"output 0, of shape \(2, 3\), has no axis 1 of size 4"):
        permutation_equivariant(lambda x: x.mean(1), x)


def test_rounding_of_a_second_output_is_no_failure(device):
    layer, x = nn.Linear(8, 8, device=device), torch.randn(2, 6, 8, device=device)

    def with_mean(x):
        h = layer(x).relu()
        return h, h.mean(1, keepdim=True).expand_as(h)

    def with_ones(x):
        return x, (x @ x.mT).softmax(-1).sum(-1)

    for call in (with_mean, with_ones):
        with pytest.raises(Undecided, match="leaves the output"):
            permutation_equivariant(call, x)


def first_two_of_an_expert(x):
    first = x[..., 0] > 0
    return x * (first & (first.cumsum(1) <= 2)).unsqueeze(-1) + x


def test_a_capacity_fails_though_this_input_does_not_meet_it(device):
    below = torch.tensor([[[1.0], [2.0], [-1.0], [-2.0]]], device=device)
    with pytest.raises(AssertionError):
        permutation_equivariant(first_two_of_an_expert, below)


def test_a_capacity_passes_where_no_token_is_sent_there(device):
    permutation_equivariant(first_two_of_an_expert,
                            torch.tensor([[[-1.0], [2.0], [1.0]]], device=device))


class Experts(nn.Module):
    """Send each token to one of two layers, that takes `capacity` tokens."""

    def __init__(self, capacity):
        super().__init__()
        self.router, self.capacity = nn.Linear(8, 2), capacity
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(2))

    def forward(self, x):
        tokens = x.flatten(0, -2)
        choice, out = self.router(tokens).argmax(-1), torch.zeros_like(tokens)
        for i, expert in enumerate(self.experts):
            mine = (choice == i).nonzero()[:self.capacity, 0]
            out[mine] = expert(tokens[mine])
        return out.view_as(x)


@pytest.mark.parametrize("seed", range(8))
def test_experts_with_a_capacity_fail_and_without_one_pass(device, seed):
    torch.manual_seed(seed)
    x = torch.randn(4, 5, 8, device=device)
    permutation_equivariant(Experts(20).to(device), x)
    with pytest.raises(AssertionError):
        permutation_equivariant(Experts(8).to(device), x)


def test_tokens_near_each_other_are_no_reason_to_be_undecided(device):
    permutation_equivariant(lambda x: x.round(), torch.tensor([[[0.1], [3.0], [-4.0]]],
                                                              device=device))
    permutation_equivariant(nn.Embedding(9, 4).to(device),
                            torch.tensor([[3, 1, 4]], device=device))


def test_a_positional_embedding_that_starts_at_0_fails(device):
    class Adds(nn.Module):
        def __init__(self):
            super().__init__()
            self.positions = nn.Parameter(torch.zeros(5, 8))

        def forward(self, x):
            return x + self.positions

    with pytest.raises(AssertionError):
        permutation_equivariant(Adds().to(device), torch.randn(2, 5, 8, device=device))


def test_a_last_token_of_its_own_kind_is_found():
    def marks_the_last(ids):
        return 2 * ids + (torch.arange(5) == 4)
    with pytest.raises(AssertionError):
        permutation_equivariant(marks_the_last, torch.arange(10).view(2, 5))


def test_a_default_device_moves_nothing():
    x = torch.randn(2, 5, 8)
    with torch.device("meta"):
        permutation_equivariant(torch.tanh, x)


@pytest.mark.parametrize("dim", [2, -3])
def test_an_axis_that_is_not_there_is_undecided(dim):
    with pytest.raises(Undecided, match=rf"shape \(3, 4\).* axis {dim}"):
        permutation_equivariant(lambda x: x, torch.randn(3, 4), dim=dim)
    permutation_equivariant(lambda x: x, torch.randn(3, 4), dim=dim % 3 - 2)
