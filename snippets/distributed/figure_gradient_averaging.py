"""The figure of averaged ranks: how much each target counts."""

import torch

INPUT = torch.tensor([1, 3])


def panels(counts: torch.Tensor) -> list[dict[str, object]]:
    """Weigh the targets of ranks that have `counts` of them."""
    rank = torch.arange(len(counts)).repeat_interleave(counts)
    losses = torch.zeros(int(counts.sum()), requires_grad=True)
    means = [part.mean() for part in losses.split(counts.tolist())]
    averaged, = torch.autograd.grad(sum(means) / len(means), losses)
    whole, = torch.autograd.grad(losses.mean(), losses)
    names = [f"rank {r}" for r in rank.tolist()]
    return [
        {
            "title": "mean of the ranks' means",
            "grid": averaged[:, None],
            "colour": rank[:, None],
            "down": names,
            "says": f"counts {averaged[0]:.2g} and each of the others "
            f"{averaged[-1]:.2g}",
        },
        {
            "title": "mean of the batch",
            "grid": whole[:, None],
            "colour": rank[:, None],
            "down": names,
            "says": f"each target counts {whole[0]:.2g}",
        },
    ]
