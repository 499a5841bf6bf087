"""The contrastive loss of pairs, NT-Xent or InfoNCE in a batch."""

import torch
import torch.nn.functional as F


# --8<-- [start:nt_xent]
def nt_xent(
        a: torch.Tensor, b: torch.Tensor,
        temperature: float = 0.5) -> torch.Tensor:
    """Return the mean loss of finding the other view of each
    sample.

    `a`, `b` (N, D), N of 2 or more: `a[i]` and `b[i]` show one
    sample. The 2N - 2 views of other samples are the
    negatives. Cosine similarity, in float32 or float64.

    Raises:
        TypeError: `a` or `b` is not floating.
        ValueError: the shapes are not (N, D), or N is below 2,
            or the temperature is below eps, the rounding of
            the similarities.
        RuntimeError: float8.
    Source: https://arxiv.org/abs/2002.05709
    """
    if not (a.is_floating_point() and b.is_floating_point()):
        raise TypeError(f"views {a.dtype} and {b.dtype}")
    if a.shape != b.shape or a.ndim != 2 or len(a) < 2:
        raise ValueError(
            f"views {tuple(a.shape)} and {tuple(b.shape)}")
    z = torch.cat([a, b])
    z = z.to(torch.promote_types(z.dtype, torch.float32))
    if not temperature >= torch.finfo(z.dtype).eps:
        raise ValueError(f"temperature {temperature}")
    z = F.normalize(z, dim=1)
    logits = z @ z.T / temperature
    place = torch.arange(len(z), device=z.device)
    itself = place[:, None] == place
    logits = logits.masked_fill(itself, -torch.inf)
    return F.cross_entropy(logits, place.roll(len(a)))
# --8<-- [end:nt_xent]
