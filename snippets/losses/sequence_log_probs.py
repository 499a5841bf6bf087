"""The log-probability of a completion under a causal model."""

import torch


# --8<-- [start:completion_log_probs]
def completion_log_probs(
        logits: torch.Tensor, labels: torch.Tensor,
        ignore_index: int = -100) -> torch.Tensor:
    """Return the sum of the labels' log-probabilities of each
    row, (B,).

    `logits` (B, L, C) floating, `labels` (B, L) int64, not
    shifted:
    the ids of the tokens, with `ignore_index` for prompt and
    padding. The first label is not used. In float32 or
    float64.

    Raises:
        TypeError: the logits are not floating, or labels not
            int64.
        ValueError: the shapes do not fit.
        RuntimeError: another label is no token, or logits are
            float8.
    Source: https://github.com/huggingface/trl/issues/1095
    """
    if not logits.is_floating_point() or labels.dtype != torch.int64:
        raise TypeError(
            f"logits {logits.dtype}, labels {labels.dtype}")
    if logits.ndim != 3 or logits.shape[:2] != labels.shape:
        raise ValueError(
            f"logits {tuple(logits.shape)}, labels {tuple(labels.shape)}")
    wide = torch.promote_types(logits.dtype, torch.float32)
    log_p = logits[:, :-1].to(wide).log_softmax(-1)
    labels = labels[:, 1:]
    counts = labels != ignore_index
    # gather needs a token here
    index = labels.where(counts, 0)
    log_p = log_p.gather(2, index.unsqueeze(2)).squeeze(2)
    return log_p.where(counts, 0).sum(1)
# --8<-- [end:completion_log_probs]
