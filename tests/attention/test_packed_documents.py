import pytest
import torch
import torch.nn.functional as F

from snippets.attention.packed_documents import document_mask, next_in_document
from tests.awkward import Case


def numbers(x):
    return torch.arange(x.shape[1], device=x.device).expand(x.shape) // 2


def holds(x, mask):
    for row, numbers in zip(mask, x, strict=True):
        for i, a in enumerate(numbers.tolist()):
            for j, b in enumerate(numbers.tolist()):
                assert row[i, j].item() == (a == b and j <= i)


AWKWARD = [
    Case(document_mask, lambda f, x: f(x), holds=holds),
    Case(next_in_document, lambda f, x: f(x.long(), numbers(x)), like=lambda x: F.pad(
        x.long()[:, 1:], (0, 1)).where(torch.arange(4, device=x.device) % 2 == 0, -100)),
]


@pytest.mark.parametrize("shape", [(6,), (2, 6), (2, 3, 6)])
def test_each_document_comes_out_as_alone(device, shape):
    x = torch.randn(*shape, 4, dtype=torch.float64, device=device)
    document = torch.tensor([3, 3, 1, 5, 5, 5], device=device).expand(shape)
    out = F.scaled_dot_product_attention(x, x, x, attn_mask=document_mask(document))
    for part in (slice(0, 2), slice(2, 3), slice(3, 6)):
        y = x[..., part, :]
        alone = F.scaled_dot_product_attention(y, y, y, is_causal=True)
        torch.testing.assert_close(out[..., part, :], alone)


def test_labels_are_those_of_each_document(device):
    ids = torch.arange(12, device=device).view(2, 6)
    document = torch.tensor([[0, 0, 0, 1, 1, 1], [0, 1, 1, 2, 2, 2]], device=device)
    assert next_in_document(ids, document).tolist() == [
        [1, 2, -100, 4, 5, -100], [-100, 8, -100, 10, 11, -100]]
    assert next_in_document(ids[:, :0], document[:, :0]).shape == (2, 0)
    assert next_in_document(ids[:, :1], document[:, :1], -1).tolist() == [[-1], [-1]]


def test_what_does_not_fit_is_refused(device):
    for document in [torch.zeros(3), torch.zeros(3).bool(), torch.tensor(1)]:
        with pytest.raises(ValueError, match="must hold integers"):
            document_mask(document.to(device))
    with pytest.raises(ValueError, match="documents"):
        next_in_document(torch.arange(3, device=device), torch.zeros(1, 3, device=device))
