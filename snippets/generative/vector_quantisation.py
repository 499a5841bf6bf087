"""A codebook, its two losses and the straight-through gradient."""

import torch
import torch.nn.functional as F


# --8<-- [start:quantize]
def quantize(
    z: torch.Tensor,
    codebook: torch.Tensor,
    beta: float = 0.25,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the nearest codes (..., D), the loss, the numbers
    (...).

    `z` (..., D) holds the encodings with the channels last,
    and `codebook` (K, D) the codes, K > 0, of its dtype. The
    gradient of the codes goes to `z`; the codebook learns from
    the loss.

    Raises: ValueError where sizes or dtypes differ, or `z` is
    no float.
    Source: https://arxiv.org/abs/1711.00937
    """
    if (codebook.dim() != 2 or z.dim() < 1
            or z.shape[-1] != codebook.shape[1]):
        raise ValueError(
            f"z {tuple(z.shape)} does not end in the size "
            f"of the codes {tuple(codebook.shape)}")
    if not z.is_floating_point() or z.dtype != codebook.dtype:
        raise ValueError(
            f"z is {z.dtype}, the codes {codebook.dtype}")
    wide = torch.promote_types(z.dtype, torch.float32)
    with torch.no_grad():
        distance = torch.cdist(
            z.reshape(-1, z.shape[-1]).to(wide),
            codebook.to(wide),
            compute_mode="donot_use_mm_for_euclid_dist")
        index = distance.argmin(dim=1).view(z.shape[:-1])
    code = F.embedding(index, codebook)
    codebook_loss = F.mse_loss(code.to(wide),
                               z.detach().to(wide))
    commitment = F.mse_loss(z.to(wide), code.detach().to(wide))
    loss = (codebook_loss + beta * commitment).to(z.dtype)
    through = code.detach() + (z - z.detach())
    return through, loss, index
# --8<-- [end:quantize]
