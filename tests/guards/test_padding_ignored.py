import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from snippets.guards.judge import Undecided
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.wrong_padding_ignored import (
    ReadBackwards,
    attend_with_queries_masked,
    average_over_length,
)
from tests.awkward import Guard

KEEP = torch.tensor([[True, True, True, False], [True, True, False, False], [True] * 4])


def zeroed(x, keep):
    return torch.where(keep, x, torch.zeros_like(x))


AWKWARD = [
    Guard(padding_values_ignored,
          right=lambda guard, x: guard(zeroed, x, KEEP[:len(x)].to(x.device)),
          wrong=lambda guard, x: guard(lambda x, keep: x.flip(1), x, KEEP[:len(x)].to(x.device))),
    Guard(padding_length_ignored,
          right=lambda guard, x: guard(zeroed, x, KEEP[:len(x)].to(x.device)),
          wrong=lambda guard, x: guard(
              lambda x, keep: x.flip(1), x, KEEP[:len(x)].to(x.device))),
]


@pytest.fixture
def x(device):
    return torch.randn(3, 5, 4, device=device)


@pytest.fixture
def keep(device):
    lengths = torch.tensor([3, 5, 1], device=device)
    return torch.arange(5, device=device) < lengths.unsqueeze(1)


def average(x, keep):
    return (x * keep.unsqueeze(-1)).sum(1) / keep.sum(1, keepdim=True)


def last_place(x, keep):
    return x[:, -1]


def attend(x, keep):
    return F.scaled_dot_product_attention(x, x, x, attn_mask=keep.unsqueeze(1))


def attend_to_padding(x, keep):
    return F.scaled_dot_product_attention(x, x, x, attn_mask=~keep.unsqueeze(1))


def normalize_all(x, keep):
    return F.batch_norm(x.mT, None, None, training=True).mT


def positions_from_the_end(x, keep):
    return x + torch.arange(x.shape[1], device=x.device).flip(0).view(-1, 1)


class Packed(ReadBackwards):
    """The same recurrent layer, told where each sequence ends."""

    def forward(self, x, keep):
        packed = pack_padded_sequence(
            x, keep.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(
            self.gru(packed)[0], batch_first=True, total_length=x.shape[1])[0]


class Encoder(nn.TransformerEncoderLayer):
    def forward(self, x, keep):
        return super().forward(x, src_key_padding_mask=~keep)


@pytest.mark.parametrize(("call", "pooled"), [
    (attend_with_queries_masked, False), (ReadBackwards(4), False), (attend_to_padding, False),
    (normalize_all, False), (last_place, True), (lambda x, keep: x.mean(1), True),
    (lambda x, keep: x.amax(1), True)])
def test_values_in_padded_places_that_reach_the_output_fail(device, call, pooled, x, keep):
    call = call.to(device) if isinstance(call, nn.Module) else call
    with pytest.raises(AssertionError, match="padded places reach the output"):
        padding_values_ignored(call, x, keep, pooled=pooled)


@pytest.mark.parametrize(("call", "pooled"), [
    (average_over_length, True), (positions_from_the_end, False)])
def test_the_padded_length_is_seen_by_the_second_guard_only(call, pooled, x, keep):
    padding_values_ignored(call, x, keep, pooled=pooled)
    with pytest.raises(AssertionError, match="more padding changes the output"):
        padding_length_ignored(call, x, keep, pooled=pooled)


@pytest.mark.parametrize(("call", "pooled"), [
    (attend_with_queries_masked, False), (ReadBackwards(4), False), (last_place, True),
    (normalize_all, False)])
def test_both_guards_see_a_call_without_a_mask(device, call, pooled, x, keep):
    call = call.to(device) if isinstance(call, nn.Module) else call
    with pytest.raises(AssertionError, match="more padding changes the output"):
        padding_length_ignored(call, x, keep, pooled=pooled)


RIGHT = [(attend, False), (average, True), (Packed(4), False),
         (Encoder(4, 2, 8, batch_first=True), False), (lambda x, keep: x, False)]


@pytest.mark.parametrize(("call", "pooled"), RIGHT)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_right_calls_pass(device, call, pooled, dtype, x, keep):
    call = call.to(device, dtype).train() if isinstance(call, nn.Module) else call
    padding_values_ignored(call, x.to(dtype), keep, pooled=pooled)
    if isinstance(call, nn.Module):
        call.eval()
    padding_length_ignored(call, x.to(dtype), keep, pooled=pooled)


def test_a_mask_of_ones_and_zeros(x, keep):
    for guard in (padding_values_ignored, padding_length_ignored):
        guard(attend, x, keep.long())


def test_padding_on_the_left_and_in_the_middle(x, keep):
    for other in (keep.flip(1), keep ^ keep[:1]):
        padding_values_ignored(average, x, other | ~other.any(1, keepdim=True), pooled=True)


def test_ids_and_a_mask_made_of_them(device):
    embedding = nn.Embedding(9, 4).to(device)
    ids = torch.tensor([[3, 4, 5, 8], [6, 7, 8, 8]], device=device)

    def call(ids, keep):
        return average(embedding(ids), ids != 8)

    padding_length_ignored(call, ids, ids != 8, pooled=True, pad=8)
    with pytest.raises(AssertionError, match="more padding"):
        padding_length_ignored(call, ids, ids != 8, pooled=True)
    with pytest.raises(AssertionError, match="padded places"):
        padding_values_ignored(call, ids, ids != 8, pooled=True)


def test_the_inputs_stay_as_they_were(x, keep):
    def call(x, keep):
        keep.fill_(True)
        return x.zero_() + torch.rand_like(x)

    before = x.clone(), keep.clone()
    for guard in (padding_values_ignored, padding_length_ignored):
        with pytest.raises(Undecided):
            guard(call, x, keep)
        assert torch.equal(x, before[0])
        assert torch.equal(keep, before[1])


def test_what_cannot_be_told_is_undecided(x, keep):
    for guard in (padding_values_ignored, padding_length_ignored):
        with pytest.raises(Undecided, match="keep must hold"):
            guard(attend, x, torch.zeros_like(keep))
        with pytest.raises(Undecided, match="has no axis 1 of size 5"):
            guard(average, x[..., :3], keep)
        with pytest.raises(Undecided, match="leaves the output"):
            guard(lambda x, keep: torch.zeros_like(x), x, keep)
    with pytest.raises(Undecided, match="keep must hold"):
        padding_values_ignored(attend, x, torch.ones_like(keep))
    with pytest.raises(Undecided, match="already holds real values"):
        padding_values_ignored(attend, torch.ones_like(x), keep)
    with pytest.raises(Undecided, match="call eval"):
        padding_length_ignored(lambda x, keep: F.dropout(x), x, keep)


def test_padding_on_the_left_finds_positions_that_are_counted_from_it(device):
    places = nn.Embedding(9, 4).to(device)
    x, keep = torch.randn(2, 5, 4, device=device), torch.tensor(
        [[False, False, True, True, True], [True] * 5], device=device)

    def by_arange(x, keep):
        return x + places(torch.arange(x.shape[1], device=device))

    def by_mask(x, keep):
        return x + places((keep.cumsum(1) - 1).clamp(min=0))

    padding_length_ignored(by_arange, x, keep)
    padding_length_ignored(by_mask, x, keep)
    padding_length_ignored(by_mask, x, keep, left=True)
    with pytest.raises(AssertionError, match="more padding"):
        padding_length_ignored(by_arange, x, keep, left=True)


@pytest.mark.parametrize("learned", [lambda p, x: p(torch.arange(x.shape[1], device=x.device)),
                                     lambda p, x: p.weight[:x.shape[1]]])
def test_a_short_context_is_undecided_and_extra_is_named(device, learned):
    places = nn.Embedding(6, 4).to(device)
    x, keep = torch.randn(2, 5, 4, device=device), torch.ones(2, 5, device=device).bool()
    keep[0, 3:] = False

    def call(x, keep):
        return x + learned(places, x)

    if x.device.type == "cpu":
        with pytest.raises(Undecided, match="takes no 3 places more: make `extra` smaller"):
            padding_length_ignored(call, x, keep)
    padding_length_ignored(call, x, keep, extra=1)


@pytest.mark.parametrize("extra", [0, -1])
def test_no_more_padding_is_undecided(extra, x, keep):
    with pytest.raises(Undecided, match="extra must be 1 or more"):
        padding_length_ignored(average_over_length, x, keep, pooled=True, extra=extra)


@pytest.mark.parametrize("guard", [padding_values_ignored, padding_length_ignored])
def test_data_on_meta_is_undecided(guard):
    with pytest.raises(Undecided, match="on meta"):
        guard(zeroed, torch.ones(3, 4, device="meta"), KEEP)


def test_a_maximum_without_a_mask_fails_on_negative_numbers(device):
    torch.manual_seed(0)
    keep = torch.tensor([[True] * 5, [True, True, True, False, False]], device=device)
    x = torch.rand(2, 5, 8, device=device) * keep.unsqueeze(-1)

    def largest(x, keep):
        return x.amax(dim=1)

    alone, padded = x[1:], keep[1:]
    with pytest.raises(AssertionError):
        padding_values_ignored(largest, alone, padded, pooled=True)
    padding_length_ignored(largest, alone, padded, pooled=True)
    for guard in (padding_values_ignored, padding_length_ignored):
        with pytest.raises(AssertionError):
            guard(largest, -x, keep, pooled=True)


@pytest.mark.parametrize("padded", [0, 1])
def test_a_maximum_over_ids_fails_but_for_one_sample(padded):
    def largest(ids, keep):
        return ids.amax(dim=1)

    ids = torch.tensor([[1, 2, 3, 7], [4, 5, 6, 7]]).roll(padded, 0)
    ids[padded, 3], keep = 0, torch.ones(2, 4) == 1
    keep[padded, 3] = False
    with pytest.raises(AssertionError, match="padded places reach"):
        padding_values_ignored(largest, ids, keep, pooled=True)
    padding_values_ignored(largest, ids[padded:][:1], keep[padded:][:1], pooled=True)


def test_the_largest_id_is_seen_at_the_end_of_the_last_sentence_alone():
    keep = torch.tensor([[True, True, False], [True, True, True]])
    at_the_end, inside = torch.tensor([[[4, 5, 0], [1, 2, 7]], [[4, 5, 0], [1, 7, 2]]])
    with pytest.raises(AssertionError, match="padded places reach"):
        padding_values_ignored(lambda ids, keep: ids.amax(dim=1), at_the_end, keep, pooled=True)
    padding_values_ignored(lambda ids, keep: ids.amax(dim=1), inside, keep, pooled=True)


def test_ids_that_equal_one_of_the_fills_are_no_reason_to_be_undecided():
    ids = torch.tensor([[1, 2, 1], [4, 5, 6]])
    keep = torch.tensor([[True, True, False], [True, True, True]])
    with pytest.raises(AssertionError, match="padded places reach"):
        padding_values_ignored(lambda ids, keep: ids.amax(dim=1), ids, keep, pooled=True)
    with pytest.raises(Undecided, match="already holds real values"):
        padding_values_ignored(lambda ids, keep: ids, ids.clamp(max=1), keep)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_a_number_above_all_is_no_false_alarm(device, dtype):
    x = torch.rand(2, 5, 3, device=device).to(dtype)
    keep = torch.tensor([[True] * 5, [True, True, False, False, False]], device=device)
    weight = torch.randn(3, 3, device=device).to(dtype)

    def logs(x, keep):
        return x.log().masked_fill(~keep.unsqueeze(-1), 0).sum(1) @ weight

    def largest(x, keep):
        return (x @ weight).masked_fill(~keep.unsqueeze(-1), -torch.inf).amax(1)

    for call in (logs, largest):
        padding_values_ignored(call, x, keep, pooled=True)


def test_experts_with_dropout_are_undecided(device):
    router, drop = nn.Linear(3, 2).to(device), nn.Dropout()

    def experts(x, keep):
        choice, out = router(x).argmax(-1), torch.zeros_like(x)
        for i in range(2):
            out[choice == i] = drop(x[choice == i])
        return out

    keep = torch.tensor([[True] * 5, [True, True, False, False, False]], device=device)
    x = torch.randn(2, 5, 3, device=device)
    x[~keep] = -5 * x[0, 0]
    with pytest.raises(Undecided, match="draws follow the data"):
        padding_values_ignored(experts, x, keep)


def test_a_branch_that_starts_at_0_hides_no_padding(device):
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Parameter(torch.zeros(3))

        def forward(self, x, keep):
            return x + self.gate * x.mean(dim=1, keepdim=True)

    keep = torch.tensor([[True] * 5, [True, True, False, False, False]], device=device)
    for guard in (padding_values_ignored, padding_length_ignored):
        with pytest.raises(AssertionError):
            guard(Gated().to(device), torch.randn(2, 5, 3, device=device), keep)


def test_nan_that_float64_alone_gives_is_no_failure(device):
    """Attention as in transformers' eager Llama, whose softmax runs in float32."""
    def attend(x, keep):
        lowest = torch.finfo(x.dtype).min
        mask = torch.zeros(keep.shape, dtype=x.dtype, device=device).masked_fill(~keep, lowest)
        causal = torch.full((x.shape[1],) * 2, lowest, dtype=x.dtype, device=device).triu(1)
        for _ in range(2):
            scores = x @ x.mT + (mask[:, None] + causal).clamp(min=lowest)
            x = scores.softmax(-1, dtype=torch.float32).to(x.dtype) @ x
        return x

    keep = torch.ones(2, 4, device=device) == 1
    keep[0, :2] = False
    table = nn.Embedding(9, 3, device=device)
    ids = torch.tensor([[0, 0, 3, 4], [5, 6, 7, 8]], device=device)

    def call(ids, keep):
        return attend(table(ids), keep)

    assert call(ids, keep).isfinite().all()
    with pytest.raises(Undecided, match="in float64 the call gives nan"):
        padding_length_ignored(call, ids, keep, left=True)


def test_noise_that_no_padding_changes_is_undecided():
    x, keep = torch.randn(2, 4, 3), torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]]).bool()
    with pytest.raises(Undecided, match="a repetition changes the output"):
        padding_length_ignored(lambda x, keep: x + 9 * torch.randn(()), x, keep)


@pytest.mark.parametrize("guard", [padding_values_ignored, padding_length_ignored])
@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 4), (3, 4, 1)])
def test_a_mask_of_another_shape_is_undecided(guard, shape):
    with pytest.raises(Undecided, match=r"keep is \(B, L\)"):
        guard(zeroed, torch.ones(3, 4), torch.ones(shape).bool())


@pytest.mark.parametrize("guard", [padding_values_ignored, padding_length_ignored])
def test_a_mask_on_meta_is_undecided(guard, x, keep):
    with pytest.raises(Undecided, match="on meta"):
        guard(average, x, keep.to("meta"))
