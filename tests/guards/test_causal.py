import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.attention.wrong_attention_by_hand import attend_to_the_future
from snippets.attention.wrong_split_heads import merge_heads_by_reshape, split_heads_by_view
from snippets.guards.causal import causal
from snippets.guards.judge import Undecided
from snippets.guards.wrong_causal import PaddedOnBothSides, attend_with_mask_added
from tests.awkward import Guard

AWKWARD = [
    Guard(causal, right=lambda guard, x: guard(lambda x: torch.cat([x[:, :1], x[:, :-1]], 1), x),
          wrong=lambda guard, x: guard(lambda x: x.flip(1), x)),
]


def attend(split, merge):
    def call(x):
        heads = split(x)
        return merge(F.scaled_dot_product_attention(heads, heads, heads, is_causal=True))
    return call


def split(x):
    return x.unflatten(-1, (2, -1)).transpose(1, 2)


def merge(heads):
    return heads.transpose(1, 2).flatten(2)


class Convolution(nn.Conv1d):
    """A causal convolution of (B, L, D)."""

    def forward(self, x):
        return super().forward(F.pad(x.mT, (2, 0))).mT


class Encoder(nn.TransformerEncoderLayer):
    """A causal encoder of (B, L, D)."""

    def forward(self, x):
        hide = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return super().forward(x, src_mask=hide)


@pytest.mark.parametrize("call", [
    attend_with_mask_added, PaddedOnBothSides(6), lambda x: attend_to_the_future(x, x, x),
    attend(lambda x: split_heads_by_view(x, 2), merge), attend(split, merge_heads_by_reshape),
    lambda x: F.layer_norm(x, x.shape[1:]), lambda x: x.softmax(dim=1), lambda x: x.flip(1),
    lambda x: x.roll(-1, dims=1), lambda x: F.batch_norm(x.mT, None, None, training=True).mT])
@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_call_that_looks_ahead_fails(device, call, length):
    call = call.to(device) if isinstance(call, nn.Module) else call
    x = torch.randn(3, length, 6, device=device)
    with pytest.raises(AssertionError, match="change with later positions"):
        causal(call, x)


@pytest.mark.parametrize("call", [
    attend(split, merge), Convolution(6, 4, 3), Encoder(6, 2, 12, batch_first=True),
    nn.Linear(6, 2), nn.Dropout(), lambda x: x.cumsum(1), nn.LayerNorm(6)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_causal_call_passes_in_its_own_mode(device, call, dtype, length):
    call = call.to(device, dtype) if isinstance(call, nn.Module) else call
    causal(call, torch.randn(3, length, 6, device=device, dtype=dtype))


def test_a_recurrent_layer_with_time_first(device):
    x = torch.randn(5, 2, 6, device=device)
    one, both = nn.GRU(6, 3).to(device), nn.GRU(6, 3, bidirectional=True).to(device)
    causal(lambda x: one(x)[0], x, time_dim=0)
    with pytest.raises(AssertionError, match="change with later positions"):
        causal(lambda x: both(x)[0], x, time_dim=0)


def test_a_look_ahead_of_the_last_positions_only(device):
    def call(x):
        return torch.cat([x[:, :-2], x[:, -2:].flip(1)], dim=1)
    with pytest.raises(AssertionError, match="outputs up to 4 "):
        causal(call, torch.randn(2, 6, 3, device=device))


def test_ids(device):
    embedding = nn.Embedding(9, 4).to(device)
    ids = torch.arange(8, device=device).view(2, 4)
    causal(embedding, ids)
    with pytest.raises(AssertionError, match="later positions"):
        causal(lambda ids: embedding(ids).mean(1, keepdim=True).expand(2, 4, 4), ids)


def test_what_cannot_be_told_is_undecided(device):
    x = torch.randn(2, 4, 3, device=device)
    with pytest.raises(Undecided, match="no later positions"):
        causal(nn.Identity(), x[:, :1])
    with pytest.raises(Undecided, match="positions of x are equal"):
        causal(nn.Identity(), x[:, :1].expand(2, 4, 3))
    with pytest.raises(Undecided, match="has no axis 1 of size 4"):
        causal(lambda x: x[:, 1:], x)
    with pytest.raises(Undecided, match="leaves the output"):
        causal(lambda x: F.pad(x[:, :-1], (0, 0, 1, 0)), x)


def leaks_at(*pairs):
    """Let position t of each pair (t, u) read position u."""
    def call(x):
        out = x.clone()
        for t, u in pairs:
            if u < x.shape[1]:
                out[:, t] = out[:, t] + x[:, u]
        return out
    return call


@pytest.mark.parametrize("length", [2, 4, 6])
def test_every_place_is_tried(device, length):
    x = torch.arange(9.0, device=device).view(1, 9, 1).sin()[:, :length]
    for t in range(length - 1):
        for u in range(t + 1, length):
            with pytest.raises(AssertionError, match=f"outputs up to {t} "):
                causal(leaks_at((t, u)), x)


def test_an_undecided_place_hides_no_failure(device):
    def shifted_then_leaks(x):
        return torch.cat([torch.zeros_like(x[:, :1]), x[:, :-2], x[:, -1:]], dim=1).roll(-1, 1) * (
            torch.arange(x.shape[1], device=x.device).view(1, -1, 1) > 0)

    with pytest.raises(AssertionError, match="later positions"):
        causal(shifted_then_leaks, torch.randn(2, 5, 3, device=device))


class Gated(nn.Module):
    """Add a branch that sees the future, behind a gate."""

    def __init__(self, gate):
        super().__init__()
        self.gate = nn.Parameter(torch.full((3,), gate))

    def forward(self, x):
        return x + self.gate * x.mean(dim=1, keepdim=True)


@pytest.mark.parametrize("gate", [0.0, 1e-6, 1e-5, 1e-3, 1.0])
def test_a_gate_that_is_closed_hides_no_future(device, gate):
    model, x = Gated(gate).to(device), torch.randn(2, 4, 3, device=device)
    with pytest.raises(AssertionError):
        causal(model, x)
    assert torch.equal(model.gate, torch.full_like(model.gate, gate))


def test_of_a_long_sequence_five_places_are_tried(device):
    x = torch.arange(9.0, device=device).view(1, 9, 1).sin()
    for t in range(8):
        for u in range(t + 1, 9):
            cut = next((cut for cut in (0, 1, 3, 5, 7) if t <= cut < u), None)
            if cut is None:
                causal(leaks_at((t, u)), x)
                continue
            with pytest.raises(AssertionError, match=f"outputs up to {cut} "):
                causal(leaks_at((t, u)), x)


@pytest.mark.parametrize("length", [7, 9, 16, 31])
def test_a_long_sequence_hides_no_future_that_many_places_see(device, length):
    x = torch.arange(31.0, device=device).view(1, 31, 1).sin()[:, :length]
    for size in range(2, length + 1):  # of blocks, or steps ahead
        blocks = [(t, t // size * size + size - 1) for t in range(length)
                  if t % size < size - 1]
        ahead = [(t, t + size - 1) for t in range(length - size + 1)]
        for pairs in (blocks, ahead):
            with pytest.raises(AssertionError, match="later positions"):
                causal(leaks_at(*(pair for pair in pairs if pair[1] < length)), x)


@pytest.mark.parametrize("length", [2, 4, 6, 7, 40])
def test_each_cut_costs_one_call_and_all_of_them_three(device, length):
    calls = []

    def call(x):
        calls.append(x)
        return x

    causal(call, torch.arange(1.0, 1 + length, device=device).view(1, length, 1))
    assert len(calls) == min(length - 1, 5) + 3


@pytest.mark.parametrize("ids", [[1, 2, 1, 1], [1, 1, 1, 2], [1, 1, 2], [1, 2, 1]])
def test_ids_that_repeat_are_judged_at_each_cut(device, ids):
    x = torch.tensor([ids], device=device)
    causal(lambda x: x, x)
    for t in range(len(ids) - 1):
        with pytest.raises(AssertionError, match=f"up to {t} "):
            causal(leaks_at((t, len(ids) - 1)), x)


@pytest.mark.parametrize("heads", [2, 3])
def test_heads_that_a_view_splits_and_merges_are_causal(device, heads):
    def call(x):
        parts = split_heads_by_view(x, heads)
        return F.scaled_dot_product_attention(parts, parts, parts, is_causal=True).reshape(x.shape)

    for length in (2, 4, 5):
        causal(call, torch.randn(2, length, 6, device=device))


def test_data_on_meta_is_undecided():
    with pytest.raises(Undecided, match="on meta"):
        causal(nn.Identity(), torch.ones(2, 5, 8, device="meta"))


def test_a_default_device_moves_nothing():
    x = torch.randn(2, 5, 3)
    with torch.device("meta"):
        causal(torch.tanh, x)


@pytest.mark.parametrize("dim", [2, -3])
def test_an_axis_that_is_not_there_is_undecided(dim):
    with pytest.raises(Undecided, match=rf"shape \(3, 4\).* axis {dim}"):
        causal(lambda x: x, torch.randn(3, 4), time_dim=dim)
    causal(lambda x: x, torch.randn(3, 4), time_dim=dim % 3 - 2)
