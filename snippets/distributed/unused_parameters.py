"""Parameters that a loss does not reach, under several processes."""

from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.distributed.gradient_averaging import run_ranks


# --8<-- [start:without_gradient]
def without_gradient(model: nn.Module) -> list[str]:
    """Return the trainable parameters without a gradient.

    Call it after `backward` on the model without the wrapper,
    whose gradients were None before.

    Source: https://docs.pytorch.org/docs/stable/notes/ddp.html

    >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    >>> model[0](torch.ones(1, 2)).sum().backward()
    >>> without_gradient(model)
    ['1.weight', '1.bias']
    """
    return [name for name, p in model.named_parameters()
            if p.requires_grad and p.grad is None]
# --8<-- [end:without_gradient]


# --8<-- [start:train_two_steps]
def train_two_steps(uses_head: list[bool],
                    find: bool) -> list[Any]:
    """Take two steps on two ranks; give the head's gradients.

    The model is a body and a head, and rank r leaves the head
    out of its loss unless `uses_head[r]`.

    Raises: RuntimeError where a rank waits for a gradient in
    vain.
    Source: https://docs.pytorch.org/docs/stable/notes/ddp.html
    """

    def work(rank: int, uses_head: list[bool],
             find: bool) -> Any:
        class Model(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.body = nn.Linear(1, 1, bias=False)
                self.head = nn.Linear(1, 1, bias=False)


            def forward(self, x: torch.Tensor,
                        head: bool) -> torch.Tensor:
                x = self.body(x)
                y: torch.Tensor = self.head(x) if head else x
                return y

        net = Model()
        nn.init.ones_(net.body.weight)
        model = DistributedDataParallel(
            net, find_unused_parameters=find)
        for _ in range(2):
            model.zero_grad()
            x = torch.full((1, 1), rank + 1.0)
            model(x, uses_head[rank]).sum().backward()
        grad = net.head.weight.grad
        return None if grad is None else grad.item()

    return run_ranks(work, uses_head, find)
# --8<-- [end:train_two_steps]
