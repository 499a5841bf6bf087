"""Metrics of a whole data set from counts that are added up."""

import torch


# --8<-- [start:confusion_counts]
def confusion_counts(prediction: torch.Tensor,
                     target: torch.Tensor, classes: int,
                     ignore_index: int = -100) -> torch.Tensor:
    """Return (C, C) counts; the row is the target's class.

    `prediction` and `target` are class indices of one shape,
    int64. Where the target is `ignore_index`, nothing counts.

    Raises:
        TypeError: the dtypes are not int64.
        ValueError: the shapes differ, or an index is no class.
    Source: https://github.com/BloodAxe/pytorch-toolbelt/issues/50
    """
    if prediction.dtype != torch.int64 or target.dtype != torch.int64:
        raise TypeError(
            f"{prediction.dtype} and {target.dtype}")
    if prediction.shape != target.shape:
        raise ValueError(
            f"{tuple(prediction.shape)} is not {tuple(target.shape)}")
    keep = target != ignore_index
    pairs = torch.stack([target[keep], prediction[keep]])
    if ((pairs < 0) | (pairs >= classes)).any():
        raise ValueError(
            f"an index is not below {classes}, or negative")
    places = pairs[0] * classes + pairs[1]
    return places.bincount(minlength=classes**2).view(
        classes, classes)
# --8<-- [end:confusion_counts]


# --8<-- [start:mean_iou]
def mean_iou(counts: torch.Tensor) -> torch.Tensor:
    """Return the mean IoU over classes that occur; nan if none
    does.

    `counts` (C, C) of `confusion_counts`, added up over all
    batches. A class occurs if it is a target or a prediction.

    Raises:
        TypeError: the counts are floating.
        ValueError: the counts are not square.
    Source: https://github.com/yassouali/pytorch-segmentation/issues/58
    """
    if counts.is_floating_point():
        raise TypeError(f"counts are {counts.dtype}")
    if counts.dim() != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(
            f"counts have shape {tuple(counts.shape)}")
    both = counts.diagonal()
    either = counts.sum(0) + counts.sum(1) - both
    return (both / either.clamp(min=1)).sum() / (either > 0).sum()
# --8<-- [end:mean_iou]
