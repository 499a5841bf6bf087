"""A CTC loss of logits that names the samples that cannot be."""

import torch
import torch.nn.functional as F


# --8<-- [start:steps_needed]
def steps_needed(
        targets: torch.Tensor,
        target_lengths: torch.Tensor) -> torch.Tensor:
    """Return (N) the least numbers of steps that CTC needs.

    `targets` (N, S) of labels, of which the first
    `target_lengths` (N) count. Two equal labels side by side
    need a blank between.

    Raises: ValueError where the shapes do not fit.
    Source: https://github.com/githubharald/SimpleHTR/issues/28
    """
    if targets.dim(
    ) != 2 or target_lengths.shape != targets.shape[:1]:
        raise ValueError(
            f"targets {tuple(targets.shape)}, lengths "
            f"{tuple(target_lengths.shape)}: give (N, S) and (N,)")
    place = torch.arange(targets.shape[1],
                         device=targets.device)[1:]
    inside = place < target_lengths[:, None]
    equal = targets[:, 1:] == targets[:, :-1]
    return target_lengths + (equal & inside).sum(1)
# --8<-- [end:steps_needed]


# --8<-- [start:ctc_of_logits]
def ctc_of_logits(logits: torch.Tensor, targets: torch.Tensor,
                  input_lengths: torch.Tensor,
                  target_lengths: torch.Tensor,
                  blank: int = 0) -> torch.Tensor:
    """Return (N) CTC losses of `logits` (N, T, C), batch
    first.

    `targets` (N, S) of labels, `input_lengths` and
    `target_lengths` (N), all int64 on one device. Half
    precision becomes float32. inf where logits of -inf leave a
    target no path, nan where all logits of a step are -inf.

    Raises:
        TypeError: the logits are not floating.
        ValueError: the shapes do not fit; a target is the
            blank or no label; a sample has too few steps for
            its target.
        RuntimeError, or that ValueError: a length is negative,
            or over T or S; N or T is 0; the blank is no class;
            a tensor is on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
    """
    if not logits.is_floating_point():
        raise TypeError(
            f"logits are {logits.dtype}, not floating")
    if logits.dim() != 3 or not (
            logits.shape[:1] == targets.shape[:1]
            == input_lengths.shape == target_lengths.shape):
        raise ValueError(
            f"logits {tuple(logits.shape)}, targets "
            f"{tuple(targets.shape)}: give (N, T, C), (N, S), (N,)")
    needed = steps_needed(targets, target_lengths)
    place = torch.arange(targets.shape[1],
                         device=targets.device)
    labels = targets[place < target_lengths[:, None]]
    if ((labels < 0) | (labels >= logits.shape[2])).any():
        raise ValueError(
            f"a target is not below {logits.shape[2]}")
    if (labels == blank).any():
        raise ValueError(f"a target is the blank, {blank}")
    if (short := needed > input_lengths).any():
        raise ValueError(
            f"samples {short.nonzero().flatten().tolist()} need "
            f"{needed[short].tolist()} steps, and have "
            f"{input_lengths[short].tolist()}")
    wide = torch.promote_types(logits.dtype, torch.float32)
    log_probs = logits.to(wide).log_softmax(2).transpose(0, 1)
    return F.ctc_loss(
        log_probs, targets, input_lengths, target_lengths,
        blank=blank, reduction="none")
# --8<-- [end:ctc_of_logits]
