import pytest
import torch
from torch import nn

from snippets.attention.encoder_decoder_masks import masks_for
from tests.awkward import LeftOut

AWKWARD = [LeftOut(masks_for, "it takes ids; which ones it refuses is tested below")]
SOURCE = torch.tensor([[5, 6, 7, 0], [5, 6, 7, 8]])
TARGET = torch.tensor([[1, 8, 2, 0], [1, 8, 9, 2]])


def test_the_model_with_all_masks_ignores_padding_and_later_targets():
    torch.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 1, 16, 0.0, batch_first=True)
    embedding = nn.Embedding(10, 8)
    ids, _, masks = masks_for(SOURCE, TARGET, pad_id=0)
    source, target = embedding(SOURCE), embedding(ids)
    expected = model(source, target, **masks)
    changed = source.masked_fill(masks["src_key_padding_mask"][..., None], 7.0)
    torch.testing.assert_close(model(changed, target, **masks), expected)
    later = target.clone()
    later[:, 2] += 3
    torch.testing.assert_close(model(source, later, **masks)[:, :2], expected[:, :2])
    alone = model(source[:1, :3], target[:1], tgt_mask=masks["tgt_mask"])
    torch.testing.assert_close(expected[:1], alone)
    for left_out in ["memory_key_padding_mask", "src_key_padding_mask", "tgt_mask"]:
        fewer = {name: mask for name, mask in masks.items() if name != left_out}
        a = model(source, target, **fewer)
        b = model(changed, later, **fewer)
        assert (a - b)[:, :2].abs().max() > 1e-4, left_out


def test_padded_decoder_inputs_are_left_out():
    _, _, masks = masks_for(SOURCE, torch.tensor([[1, 2, 0, 0], [1, 8, 9, 2]]), pad_id=0)
    assert masks["tgt_key_padding_mask"].tolist() == [[False, False, True], [False] * 3]


@pytest.mark.parametrize(("source", "target", "error", "words"), [
    (SOURCE.float(), TARGET, TypeError, "integers"),
    (SOURCE, TARGET.to(torch.complex64), TypeError, "integers"),
    (SOURCE[0], TARGET, ValueError, "wanted"),
    (SOURCE, TARGET[:1], ValueError, "wanted"),
    (SOURCE, TARGET[:, :1], ValueError, "wanted"),
    (torch.zeros(2, 3).long(), TARGET, ValueError, "all padding"),
    (torch.zeros(2, 0).long(), TARGET, ValueError, "all padding"),
])
def test_what_does_not_fit_is_refused(source, target, error, words):
    with pytest.raises(error, match=words):
        masks_for(source, target, pad_id=0)
