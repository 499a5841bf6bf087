"""Three layouts of one projection for queries, keys and values."""

import torch


# --8<-- [start:split_qkv]
def split_qkv(
    qkv: torch.Tensor, num_heads: int, layout: str
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split a projection (B, L, 3hd) into q, k and v
    (B, h, L, d).

    `layout` is "(3, h, d)", "(h, 3d)" or "(3d, h)".

    Raises:
        ValueError: another layout or number of axes, or the
            features do not split into q, k and v of
            `num_heads` heads.
    Source: https://uvadlc-notebooks.readthedocs.io/en/latest/tutorial_notebooks/tutorial6/Transformers_and_MHAttention.html
    """
    B, L, size = qkv.shape
    if num_heads < 1 or size % (3 * num_heads):
        raise ValueError(f"{size} features, {num_heads} heads")
    h, d = num_heads, size // (3 * num_heads)
    if layout == "(3, h, d)":
        x = qkv.reshape(B, L, 3 * h, d)
        q, k, v = x.permute(0, 2, 1, 3).chunk(3, dim=1)
    elif layout == "(h, 3d)":
        x = qkv.reshape(B, L, h, 3 * d)
        q, k, v = x.permute(0, 2, 1, 3).chunk(3, dim=3)
    elif layout == "(3d, h)":
        x = qkv.reshape(B, L, 3 * d, h)
        q, k, v = x.permute(0, 3, 1, 2).chunk(3, dim=3)
    else:
        raise ValueError(f"no layout {layout!r}")
    return q, k, v
# --8<-- [end:split_qkv]


# --8<-- [start:qkv_rows]
def qkv_rows(
    num_heads: int, head_dim: int, layout: str
) -> torch.Tensor:
    """Give the order (3hd,) in which `layout` holds (3, h, d)
    rows.

    `weight[qkv_rows(h, d, layout)]` is for code that splits by
    `layout` what `weight` is for code that splits by
    (3, h, d).

    Raises: KeyError for an unknown layout.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html

    >>> qkv_rows(2, 2, "(h, 3d)").tolist()
    [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11]
    """
    dims = {"(3, h, d)": (0, 1, 2), "(h, 3d)": (1, 0, 2),
            "(3d, h)": (0, 2, 1)}[layout]
    rows = torch.arange(3 * num_heads * head_dim)
    return rows.view(3, num_heads,
                     head_dim).permute(dims).reshape(-1)
# --8<-- [end:qkv_rows]
