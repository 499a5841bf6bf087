"""The figure of time limits: the advantages before each of them."""

import torch

from snippets.rl.gae import gae

INPUT = torch.tensor(10)


def panels(limit: torch.Tensor) -> list[dict[str, object]]:
    """Roll out three episodes that a `limit` cuts; the critic is right.

    The reward is 1 for ever, so with a discount of 0.9 each state is
    worth 10.
    """
    steps = torch.arange(3 * int(limit))
    ten = torch.full(steps.shape, 10.0)
    cut = steps % limit == limit - 1
    no = torch.zeros_like(cut)
    options = {"gamma": 0.9, "lam": 0.95}
    right = gae(ten / 10, ten, ten, no, cut, **options)
    wrong = gae(ten / 10, ten, ten, cut, no, **options)
    return [{
        "curves": {"truncated": right, "terminated": wrong},
        "across": "step",
        "down": "advantage",
        "says": [f"stay at {right.abs().max():g}",
                 f"fall to {wrong.min():g} at steps "
                 f"{limit - 1}, {2 * limit - 1} and {3 * limit - 1}"],
        "title": "a time limit, passed as",
    }]
