"""Parameter groups with and without decay, and a test of groups."""

import re
from typing import Any

import torch
from torch import nn
from torch.nn.utils.weight_norm import WeightNorm


# --8<-- [start:decay_groups]
def decay_groups(
    model: nn.Module, weight_decay: float,
) -> list[dict[str, Any]]:
    """Put matrices in a group that decays, the rest in
    another.

    Not decayed, whatever the shape: the own parameters of a
    LayerNorm, RMSNorm or GroupNorm (of a subclass too, but not
    of the layers in it), what is named bias... (parametrized
    or in a ParameterList too), and the scales of weight_norm.
    Embeddings are decayed.

    Raises: ValueError where a lazy layer has no weights yet.

    Source: https://docs.pytorch.org/docs/stable/optim.html#per-parameter-options

    >>> groups = decay_groups(nn.Linear(2, 3), weight_decay=0.1)
    >>> [len(group["params"]) for group in groups]
    [1, 1]
    """
    if any(map(nn.parameter.is_lazy, model.parameters())):
        raise ValueError("call the lazy layers once before")
    norms = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm)
    spared = {
        id(parameter) for module in model.modules()
        if isinstance(module, norms)
        for name, parameter in module.named_parameters()
        if re.fullmatch(
            r"(parametrizations\.\w+\.)?\w+", name)}
    for module in model.modules():  # the scales of weight_norm
        spared |= {
            id(getattr(module, f"{hook.name}_g"))
            for hook in module._forward_pre_hooks.values()
            if isinstance(hook, WeightNorm)}
        if isinstance(
                module,
                nn.utils.parametrize.ParametrizationList):
            kind = type(module[0]).__name__
            if kind == "_WeightNorm":
                spared.add(id(module.original0))
    decayed: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    biases = (r"bias\w*(\.\d+)?"
              r"|parametrizations\.bias\w*\.original\d*")
    for name, parameter in model.named_parameters():
        matrix = parameter.ndim >= 2 and id(
            parameter) not in spared
        matrix = matrix and not re.search(
            rf"(^|\.)({biases})$", name)
        (decayed if matrix else others).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay},
            {"params": others, "weight_decay": 0.0}]
# --8<-- [end:decay_groups]


# --8<-- [start:assert_groups_cover]
def assert_groups_cover(
    optimizer: torch.optim.Optimizer, model: nn.Module,
) -> None:
    """Check that each parameter to train stands in a group.

    Raises: AssertionError with the names of those in no group.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.html

    >>> model = nn.Linear(2, 3)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> assert_groups_cover(optimizer, model)
    """
    held = {id(parameter) for group in optimizer.param_groups
            for parameter in group["params"]}
    missing = [
        name for name, parameter in model.named_parameters()
        if parameter.requires_grad and id(parameter) not in held
    ]
    assert not missing, f"in no group: {missing}"
# --8<-- [end:assert_groups_cover]
