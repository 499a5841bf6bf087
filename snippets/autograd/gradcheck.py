"""gradcheck of everything that is differentiated, in float64."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.func import functional_call


# --8<-- [start:check_gradients]
def check_gradients(
        call: Callable[..., Any], *inputs: Any,
        second: bool = False) -> None:
    """Compare the gradients of `call` with differences of its
    values.

    Checks each tensor input of floating or complex dtype, and
    each parameter where `call` is a module, in double
    precision on copies. A list or dict of tensors is passed on
    unchecked. Each call draws the same numbers from torch's
    default generators. `call` gives a tensor or None, or
    tuples, lists and dicts of them. `second` checks the second
    derivatives, too. A gradient below 1e-5 is not tested,
    because that is gradcheck's tolerance.

    Raises:
        GradcheckError: a gradient differs, also at a kink, at
            nan or huge numbers, and in the `padding_idx` of an
            embedding.
        ValueError: no input can have a gradient.
        RuntimeError: `call` fails in double precision, or the
            inputs are on meta.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
    """
    def wide(x: Any) -> Any:
        if not isinstance(x, torch.Tensor) or not (
                x.is_floating_point() or x.is_complex()):
            return x
        dtype = torch.promote_types(x.dtype, torch.float64)
        x = x.detach().to(dtype, copy=True)
        return x.contiguous().requires_grad_()

    def flat(result: Any) -> Any:
        if isinstance(result, dict):
            result = [*result.values()]
        if not isinstance(result, list | tuple):
            return () if result is None else (result,)
        return tuple(x for part in result for x in flat(part))

    module = None
    weights: dict[str, torch.Tensor] = {}
    if isinstance(call, nn.Module):
        module = copy.deepcopy(call).double()
        weights = {name: wide(parameter) for name, parameter
                   in module.named_parameters()}
    names = list(weights)

    def run(*given: Any) -> Any:
        rest = given[len(names):]
        with torch.random.fork_rng(
                range(torch.cuda.device_count())):
            rest = tuple(
                x.clone() if isinstance(x, torch.Tensor) else x
                for x in rest)
            if module is None:
                return flat(call(*rest))
            named = dict(zip(names, given, strict=False))
            return flat(functional_call(module, named, rest))

    tensors = (*weights.values(), *map(wide, inputs))
    gradcheck(run, tensors)
    if second:
        gradgradcheck(run, tensors)
# --8<-- [end:check_gradients]
