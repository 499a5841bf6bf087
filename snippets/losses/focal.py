"""The focal loss, whose power is taken for each target alone."""

import torch


# --8<-- [start:focal_loss]
def focal_loss(
        logits: torch.Tensor, target: torch.Tensor,
        gamma: float = 2.0,
        weight: torch.Tensor | None = None) -> torch.Tensor:
    """Return the mean of weight * (1 - p) ** gamma * -log(p).

    `logits` (N, C, ...); `target` (N, ...) of class indices,
    int64; p is the softmax of the target's class; `weight`
    (C,), floating. The mean divides by the number of targets,
    in float32 or float64.

    Raises:
        TypeError: the logits are not floating, or targets not
            int64.
        ValueError: the shapes do not fit, or gamma is below 0.
        RuntimeError: a target is no class, or logits are
            float8.
    Source: https://arxiv.org/abs/1708.02002
    """
    if not logits.is_floating_point() or target.dtype != torch.int64:
        raise TypeError(
            f"logits {logits.dtype}, targets {target.dtype}")
    positions = logits.shape[:1] + logits.shape[2:]
    if logits.ndim < 2 or positions != target.shape:
        raise ValueError(
            f"logits {tuple(logits.shape)}, targets {tuple(target.shape)}")
    if weight is not None and weight.shape != logits.shape[1:2]:
        raise ValueError(f"weight {tuple(weight.shape)}")
    if not gamma >= 0:
        raise ValueError(f"gamma {gamma}")
    wide = torch.promote_types(logits.dtype, torch.float32)
    log_p = logits.to(wide).log_softmax(1)
    log_p = log_p.gather(1, target.unsqueeze(1)).squeeze(1)
    rest = -torch.expm1(log_p)  # 1 - p, exact for p close to 1
    # A power below 1 has an infinite slope at 0, so stay above
    # 0.
    rest = rest.clamp(min=torch.finfo(wide).tiny)
    loss = rest ** gamma * -log_p
    if weight is not None:
        loss = weight.to(loss)[target] * loss
    return loss.mean()
# --8<-- [end:focal_loss]
