import pytest
import torch

from snippets.attention.packed_documents import document_mask
from snippets.exercises.pack_documents import check_document_mask, check_positions, positions
from tests.awkward import LeftOut

AWKWARD = [LeftOut(positions, "it takes numbers of documents; the tests below try them"),
           LeftOut(check_document_mask, "it makes its own documents"),
           LeftOut(check_positions, "it makes its own documents")]


def mask_by_loops(document):
    L = len(document)
    return torch.tensor([[bool(document[i] == document[j]) and j <= i for j in range(L)]
                         for i in range(L)])


def mask_of_floats(document):
    """0 and -inf, in float64."""
    keep = (document[:, None] == document).tril()
    return torch.zeros(keep.shape, dtype=torch.float64).masked_fill(~keep, -torch.inf)


def mask_of_blocks(document):
    lengths = document.unique_consecutive(return_counts=True)[1].tolist()
    return torch.block_diag(*(torch.ones(n, n).tril() for n in lengths)).bool()


@pytest.mark.parametrize("right", [document_mask, mask_by_loops, mask_of_floats, mask_of_blocks])
def test_right_masks_written_in_another_way_pass(right):
    check_document_mask(right)


def positions_by_lengths(document):
    lengths = document.unique_consecutive(return_counts=True)[1].tolist()
    return torch.cat([torch.arange(n) for n in lengths])


def positions_by_loop(document):
    found = []
    for i, number in enumerate(document.tolist()):
        found.append(found[-1] + 1 if i and number == document[i - 1] else 0)
    return torch.tensor(found, dtype=torch.float32)


def positions_by_mask(document):
    return document_mask(document).sum(1) - 1


@pytest.mark.parametrize("right", [positions, positions_by_lengths, positions_by_loop,
                                   positions_by_mask])
def test_right_positions_written_in_another_way_pass(right):
    check_positions(right)
    document = torch.tensor([3]).repeat_interleave(5)
    assert right(document).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda document: document == document, "not .6, 6.: compare"),
    (lambda document: document_mask(document).tril(-1), "does not see itself"),
    (lambda document: document_mask(document).T, "take tril, and not triu"),
    (lambda document: ~document_mask(document), "yours is True where it should hide"),
    (lambda document: document_mask(torch.arange(6)), "in the same document and not later"),
])
def test_wrong_masks_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_document_mask(wrong)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda document: positions(document.flip(0)).flip(0), "count from the start"),
    (lambda document: document * 0, "beginning with 0"),
    (lambda document: positions(document) + (len(document) == 2), "the start of a document"),
])
def test_wrong_positions_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_positions(wrong)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_positions_of_any_integers(dtype):
    assert positions(torch.tensor([], dtype=dtype)).tolist() == []
    assert positions(torch.tensor([4], dtype=dtype)).tolist() == [0]
    assert positions(torch.tensor([1, 0, 0], dtype=dtype)).tolist() == [0, 0, 1]


@pytest.mark.parametrize("document", [torch.zeros(3), torch.zeros(2, 3).long(),
                                      torch.tensor([True, False])])
def test_other_documents_are_refused(document):
    with pytest.raises(ValueError, match="of integers"):
        positions(document)
