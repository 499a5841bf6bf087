import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.losses.shifted_labels import (
    assert_end_is_learned,
    assert_next_token,
    keep_to_first,
    next_token_loss,
)
from snippets.losses.wrong_shifted_labels import (
    loss_shifted_twice,
    loss_without_end,
    loss_without_shift,
)
from tests.awkward import Case, LeftOut


def tokens(x):
    """Ids and a mask for logits (B, L, C); the last token of each row is padding."""
    B, L, C = x.shape
    ids = torch.arange(B * L, device=x.device).view(B, L) % C
    return ids, torch.arange(L, device=x.device).expand(B, L) < L - 1


def token_by_token(x):
    ids, _ = tokens(x)
    return F.cross_entropy(x[:, :-2].reshape(-1, x.shape[2]), ids[:, 1:-1].reshape(-1))


AWKWARD = [
    Case(next_token_loss, lambda f, x: f(x, *tokens(x)), like=token_by_token, shape=(2, 5, 3)),
    LeftOut(keep_to_first, "it takes ids; the tests below try rows that begin with the end"),
    LeftOut(assert_next_token, "it makes the logits itself; the tests below try its edges"),
    LeftOut(assert_end_is_learned, "it makes the logits itself; the tests below try its edges"),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.lists(st.integers(2, 6), min_size=1, max_size=4))
def test_padding_changes_nothing(device, lengths):
    texts = [torch.randint(1, 5, (n,), device=device) for n in lengths]
    logits = torch.randn(len(texts), 6, 5, dtype=torch.float64, device=device)
    each = [F.cross_entropy(z[:len(t) - 1], t[1:], reduction="sum")
            for z, t in zip(logits, texts, strict=True)]
    ids = torch.zeros(len(texts), 6, dtype=torch.int64, device=device)
    keep = torch.zeros_like(ids, dtype=torch.bool)
    for b, text in enumerate(texts):
        ids[b, :len(text)], keep[b, :len(text)] = text, True
    torch.testing.assert_close(
        next_token_loss(logits, ids, keep), sum(each) / (sum(lengths) - len(lengths)))


@pytest.mark.parametrize("row", [[0, 0, 0], [1, 0, 2, 0], [1, 2, 3], [1, 2, 0]])
def test_ids_are_kept_to_the_first_end(device, row):
    ids = torch.tensor([row], device=device)
    expected = [0 not in row[1:i] for i in range(len(row))]
    assert keep_to_first(ids, end=0).tolist() == [expected]


@pytest.mark.parametrize(("loss", "ahead"), [(loss_without_shift, 0), (loss_shifted_twice, 2)])
def test_the_guard_names_the_shift(device, loss, ahead):
    ids = torch.tensor([[1, 4, 2, 3, 0, 2]], device=device)
    with pytest.raises(AssertionError, match=f"token {ahead} places ahead"):
        assert_next_token(loss, ids, 5)


def test_the_end_that_is_masked_is_noticed_in_its_row_only(device):
    ids = torch.tensor([[1, 4, 2, 3], [1, 2, 0, 0]], device=device)
    with pytest.raises(AssertionError, match=r"rows \[1\]"):
        assert_end_is_learned(loss_without_end, ids, end=0, num_classes=5)
    assert_end_is_learned(loss_without_end, ids[:1], end=3, num_classes=5)


def right(logits, ids):
    return next_token_loss(logits, ids, keep_to_first(ids, end=0))


def test_a_text_may_begin_with_the_end_token(device):
    ids = torch.tensor([[0, 5, 7, 9, 0, 0]], device=device)
    assert keep_to_first(ids, end=0).tolist() == [[True] * 5 + [False]]
    assert_end_is_learned(right, ids, end=0, num_classes=10)
    with pytest.raises(AssertionError, match=r"rows \[0\]"):
        assert_end_is_learned(loss_without_end, ids, end=0, num_classes=10)


@pytest.mark.parametrize("row", [[0, 0, 5, 7, 0], [1, 2, 3, 4, 5]])
def test_the_guard_of_the_end_is_undecided_on_left_padding_and_without_an_end(device, row):
    with pytest.raises(Undecided, match="padded on the right"):
        assert_end_is_learned(right, torch.tensor([row], device=device), end=0, num_classes=8)


def test_the_guard_of_the_shift_is_undecided_on_constant_ids(device):
    with pytest.raises(Undecided, match="vary"):
        assert_next_token(right, torch.full((2, 6), 3, device=device), 5)


def test_a_mask_of_integers_and_ids_of_bytes_are_taken(device):
    logits = torch.randn(2, 5, 200, device=device)
    ids = torch.randint(200, (2, 5), device=device)
    keep = torch.arange(5, device=device) < torch.tensor([[5], [3]], device=device)
    expected = next_token_loss(logits, ids, keep)
    torch.testing.assert_close(next_token_loss(logits, ids, keep.long()), expected)
    torch.testing.assert_close(next_token_loss(logits, ids.to(torch.uint8), keep), expected)


def no_shift_and_no_end(logits, ids):
    return F.cross_entropy(logits.flatten(0, 1), ids.flatten(), ignore_index=0)


def without_end_but_regularized(logits, ids):
    return loss_without_end(logits, ids) + 1e-4 * logits.logsumexp(-1).square().mean()


@pytest.mark.parametrize("loss", [no_shift_and_no_end, without_end_but_regularized])
def test_a_gradient_that_does_not_raise_the_end_is_noticed(device, loss):
    ids = torch.tensor([[1, 2, 3, 4, 5, 0, 0, 0]], device=device)
    with pytest.raises(AssertionError, match=r"rows \[0\]"):
        assert_end_is_learned(loss, ids, end=0, num_classes=9)


def test_a_shift_backwards_is_noticed(device):
    def backwards(logits, ids):
        return F.cross_entropy(logits[:, 1:].flatten(0, 1), ids[:, :-1].flatten())

    ids = torch.tensor([[7, 5, 3, 8, 2, 4, 2, 1]], device=device)
    with pytest.raises(AssertionError, match="token -1 places ahead"):
        assert_next_token(backwards, ids, 9)


def test_a_loss_that_writes_in_place_or_has_no_graph_is_judged(device):
    ids = torch.tensor([[1, 2, 3, 4, 5, 0, 0, 0]], device=device)
    before = ids.clone()

    def in_place(logits, ids):
        loss = right(logits.mul_(1), ids)
        ids.fill_(7)
        return loss

    assert_next_token(in_place, ids, 9)
    with torch.no_grad():
        assert_end_is_learned(in_place, ids, end=0, num_classes=9)
    assert torch.equal(ids, before)
    assert_next_token(right, ids.int(), 9)
    with pytest.raises(AssertionError, match=r"rows \[0\] never learn"):
        assert_end_is_learned(
            lambda logits, ids: right(logits.detach(), ids), ids, end=0, num_classes=9)
