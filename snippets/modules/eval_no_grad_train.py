"""Eval mode without gradients, for the length of a with block."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from snippets.guards.judge import Undecided


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

    Modes, tensors of the state dict and the CPU's and GPU's
    generators are put back. evaluate() returns one dense tensor.

    Raises:
        AssertionError: says what evaluate() changes.
        Undecided: the output has no finite number but 0.
        RuntimeError: evaluate() raised it, or its output is on meta
            or of a float8 dtype.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
    """
    def state() -> dict[str, torch.Tensor]:
        found = model.state_dict().items()
        return {name: value for name, value in found
                if isinstance(value, torch.Tensor)}

    before = {name: value.clone() for name, value in state().items()}
    modes = {module: module.training for module in model.modules()}
    gpus = range(torch.cuda.device_count())
    try:
        with torch.random.fork_rng(gpus):
            outputs = [evaluate(), evaluate()]
        after = {module: module.training for module in model.modules()}
        changed = [name for name, value in state().items()
                   if not value.equal(before[name])
                   and not value.allclose(before[name], 0, 0, True)]
    finally:
        for module, was in modes.items():
            module.training = was
        with torch.no_grad():
            for name, value in state().items():
                value.copy_(before[name])
    assert not changed, (
        f"evaluation changes {', '.join(changed)}: is eval() missing?")
    wide = torch.promote_types(outputs[0].dtype, torch.float64)
    first, second = (out.detach().to(wide) for out in outputs)
    size = first[first.isfinite()].abs()
    largest = size.max().item() if size.numel() else 0.0
    same = first.shape == second.shape and first.allclose(
        second, 0, 1e-5 * largest, True)
    assert same, (
        "two evaluations differ: dropout, or another random draw")
    assert outputs[0].grad_fn is None, "is no_grad() missing?"
    assert modes == after, "evaluation leaves modules in another mode"
    if largest == 0:
        raise Undecided("the output has no finite number but 0")
# --8<-- [end:assert_evaluation_is_clean]
