"""The inputs, labels and masks of an encoder and a decoder."""

import torch
from torch import Tensor


# --8<-- [start:masks_for]
def masks_for(
    source_ids: Tensor, target_ids: Tensor, pad_id: int,
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Decoder ids, labels, and the masks of `nn.Transformer`.

    `source_ids` (B, S) and `target_ids` (B, T + 1) are
    integers, each target with its start token first. The
    decoder ids and the labels are (B, T). The masks are
    boolean, and True leaves a key out.

    Raises:
        TypeError: the ids are not integers.
        ValueError: the sizes do not fit, or a source is all
            padding.
    """
    for ids in (source_ids, target_ids):
        if ids.is_floating_point() or ids.is_complex():
            raise TypeError(
                f"ids must be integers, not {ids.dtype}")
    if (source_ids.dim() != 2 or target_ids.dim() != 2
            or len(source_ids) != len(target_ids)
            or target_ids.shape[1] < 2):
        raise ValueError(
            f"wanted (B, S) and (B, T + 1), T > 0, not "
            f"{tuple(source_ids.shape)} and {tuple(target_ids.shape)}")
    source_padding = source_ids == pad_id
    if source_padding.all(1).any():
        raise ValueError(
            "a source is all padding: nothing to attend to")
    ids, labels = target_ids[:, :-1], target_ids[:, 1:]
    length = ids.shape[1]
    later = torch.ones(length, length, dtype=torch.bool,
                       device=ids.device)
    return ids, labels, {
        "src_key_padding_mask": source_padding,
        "memory_key_padding_mask": source_padding,
        "tgt_mask": later.triu(1),
        "tgt_key_padding_mask": ids == pad_id,
    }
# --8<-- [end:masks_for]
