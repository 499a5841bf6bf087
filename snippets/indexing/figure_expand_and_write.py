"""The figure of expand and write: how much memory the rows have."""

import torch

INPUT = torch.tensor([1, 2, 3, 4])


def panels(mask: torch.Tensor) -> list[dict[str, object]]:
    """Show the memory of `mask` (4,), expanded and repeated."""
    mask = mask.clone()
    expanded, repeated = mask.expand(3, 4), mask.repeat(3, 1)
    size = mask.untyped_storage().nbytes() // mask.element_size()
    return [
        {
            "title": "three rows, one memory",
            "storage": {"expanded": expanded, "mask": mask},
            "says": [
                f"the strides {expanded.stride()}",
                f"the {size} numbers of mask, {mask[0]} to {mask[-1]}",
            ],
        },
        {
            "title": "three rows, each its own",
            "storage": {"repeated": repeated},
            "says": f"{repeated.numel()} numbers of its own",
        },
    ]
