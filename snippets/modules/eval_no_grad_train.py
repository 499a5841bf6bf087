"""Eval mode without gradients, for the length of a with block."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


# --8<-- [start:evaluating]
@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put model in eval mode and record no gradients.

    Each submodule's own mode comes back, after an error too.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval

    >>> model = nn.Dropout(0.5)
    >>> with evaluating(model):
    ...     model(torch.ones(3))
    tensor([1., 1., 1.])
    >>> model.training
    True
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
# --8<-- [end:evaluating]


# --8<-- [start:assert_evaluation_is_clean]
def assert_evaluation_is_clean(
    evaluate: Callable[[], torch.Tensor], model: nn.Module,
) -> None:
    """Check that evaluate() repeats itself and leaves model alone.

    Raises: AssertionError that says what differs.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
    """
    before = {name: value.clone()
              for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    first, second = evaluate(), evaluate()
    changed = [name for name, value in model.state_dict().items()
               if not torch.equal(value, before[name])]
    assert not changed, (
        f"evaluation changes {', '.join(changed)}: is eval() missing?")
    assert torch.allclose(first, second), (
        "two evaluations differ: dropout, or another random draw")
    assert not first.requires_grad, "is no_grad() missing?"
    assert modes == [module.training for module in model.modules()], (
        "evaluation leaves modules in another mode")
# --8<-- [end:assert_evaluation_is_clean]
