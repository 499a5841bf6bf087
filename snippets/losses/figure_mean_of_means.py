"""The figure of means: how much each loss counts in four of them."""

import torch

INPUT = torch.tensor([1, 4])
OTHER = torch.tensor([2, 4])


def panels(lengths: torch.Tensor) -> list[dict[str, object]]:
    """Weigh the losses of two texts that have `lengths` tokens."""
    keep = torch.arange(4) < lengths[:, None]
    losses = torch.ones(2, 4, requires_grad=True)
    sums = (losses * keep).sum(1)
    means = {
        "the right mean": sums.sum() / keep.sum(),
        "mean of means": (sums / keep.sum(1)).mean(),
        "times the mask": (losses * keep).mean(),
    }
    words = {
        "the right mean": "each of {n} tokens counts {last}",
        "mean of means":
            "the lone token counts {first} and the others {last}",
        "times the mask":
            "each counts {last}, so the weights add up to {all}",
    }
    found: list[dict[str, object]] = []
    for name, mean in means.items():
        weight, = torch.autograd.grad(
            mean, losses, retain_graph=True)
        found.append({
            "title": name,
            "grid": weight,
            "colour": torch.where(
                keep, torch.tensor([[0], [1]]), -1),
            "down": "text",
            "says": words[name].format(
                n=int(keep.sum()), first=f"{weight[0, 0]:.3g}",
                last=f"{weight[1, 0]:.3g}",
                all=f"{weight.sum():.3g}"),
        })
    return found
