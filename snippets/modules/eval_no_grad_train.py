"""Eval mode without gradients, for the length of a with block."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from snippets.guards.judge import Undecided, asserts_undecided


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
    modes = [(module, module.training)
             for module in model.modules()]
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
    """Check that evaluate() repeats itself and leaves model
    alone.

    Modes, tensors of the state dict and the CPU's and GPU's
    generators are put back. evaluate() returns one dense
    tensor. A buffer that it replaces or adds counts as a
    change.

    Raises:
        AssertionError: says what evaluate() changes.
        Undecided: the output has no finite number but 0, or an
            `assert` in evaluate() fails.
        TypeError: the output is not one dense tensor.
        RuntimeError: evaluate() raised it, or its output is on
            meta or of a float8 dtype.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
    """
    def state() -> dict[str, torch.Tensor]:
        found = model.state_dict().items()
        return {name: value for name, value in found
                if isinstance(value, torch.Tensor)}

    def alike(a: torch.Tensor, b: torch.Tensor) -> bool:
        return a.shape == b.shape and (
            a.equal(b) or a.allclose(b, 0, 0, True))

    before = {
        name: value.clone() for name, value in state().items()}
    held = [(m, {**m._buffers}) for m in model.modules()]
    modes = {
        module: module.training for module in model.modules()}
    gpus = range(torch.cuda.device_count())
    try:
        with torch.random.fork_rng(gpus), asserts_undecided():
            outputs = [evaluate(), evaluate()]
        after = {
            module: module.training
            for module in model.modules()}
        now = state()
        changed = [name for name in {**before, **now}
                   if name not in before or name not in now
                   or not alike(now[name], before[name])]
    finally:
        for module, buffers in held:
            module._buffers.clear()
            module._buffers.update(buffers)
        for module, was in modes.items():
            module.training = was
        with torch.no_grad():
            for name, value in state().items():
                value.copy_(before[name])
    assert not changed, (
        f"evaluation changes {', '.join(changed)}: is eval() missing?")
    if any(not isinstance(out, torch.Tensor)
           or out.layout != torch.strided for out in outputs):
        raise TypeError("evaluate() returns one dense tensor")
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
        raise Undecided(
            "the output has no finite number but 0")
# --8<-- [end:assert_evaluation_is_clean]
