"""The figure of packed documents: a triangle for each of them."""

import torch

from snippets.attention.packed_documents import document_mask

INPUT = torch.tensor([3, 2, 4])


def panels(lengths: torch.Tensor) -> list[dict[str, object]]:
    """Show the masks of documents of these `lengths` in a row."""
    document = torch.arange(len(lengths)).repeat_interleave(lengths)
    wanted = document_mask(document)
    causal = torch.ones_like(wanted).tril()
    numbers = [str(number) for number in document.tolist()]
    return [
        {
            "title": "causal alone",
            "mask": causal,
            "wanted": wanted,
            "across": numbers,
            "down": numbers,
            "says": f"leaks {(causal & ~wanted).sum()} keys",
        },
        {
            "title": "document_mask(document)",
            "mask": wanted,
            "across": numbers,
            "down": numbers,
            "says": f"keeps {wanted.sum()}",
        },
    ]
