"""A guard for a layer of one's own: it agrees with a reference."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
    copied,
    on_copies,
    widened,
)


# --8<-- [start:agrees_with_reference]
def agrees_with_reference(
        ours: Callable[..., Any], reference: Callable[..., Any],
        *inputs: torch.Tensor,
        convert: Callable[[Any], Mapping[str, torch.Tensor]] = dict,
        rtol: float = 1e-6) -> None:
    """Compare the outputs and gradients of two callables in
    float64.

    Both take `inputs` and return a tensor or a tuple of
    tensors. Where both are modules, the weights of `reference`
    are copied over, and their gradients are compared beside
    those of the inputs: `convert` makes of its state dict one
    for `ours`, by renaming, permuting, splitting or joining.
    Works on copies.

    Raises:
        AssertionError: a number differs by more than `rtol`
            times the largest output, or the largest gradient.
        RuntimeError: what `convert` gives does not fit `ours`.
        Undecided: `reference` is random, or not finite, or the
            same for other inputs; or an output is no tensor.
    """
    Named = dict[str, torch.Tensor]

    def run(
            call: Any, data: Named, state: Named,
            ) -> tuple[Named, Named]:
        made = [call] if isinstance(call, nn.Module) else []
        with asserts_undecided(), on_copies(*made,
                                            double=True):
            result = call(*(x.clone() for x in data.values()))
        result = result if isinstance(result,
                                      tuple) else (result,)
        for i, y in enumerate(result):
            if not isinstance(y, torch.Tensor) or y.is_meta:
                raise Undecided(
                    f"output {i} is of type {type(y).__name__}, or on "
                    "meta: return a tensor of it, such as its .logits")
        if not result:
            raise Undecided("there is no output to compare")
        result = [
            torch.view_as_real(y.resolve_conj())
            if y.is_complex() else y.to_dense()
            for y in result]
        total = torch.stack([(y * torch.arange(
            y.numel()).to(y).cos().view_as(y)).sum()
                             for y in result]).sum()
        leaves = data | state
        needed = [name for name, x in leaves.items()
                  if x.requires_grad and total.requires_grad]
        found = torch.autograd.grad(
            total, [leaves[name] for name in needed],
            materialize_grads=True) if needed else ()
        slopes = {
            name: torch.zeros_like(x, dtype=torch.float64)
            for name, x in leaves.items()
            if name not in needed}
        slopes.update({name: slope.to_dense() for name, slope
                       in zip(needed, found, strict=True)})
        return {f"output {i}": y.detach().double()
                for i, y in enumerate(result)}, slopes

    def gap(got: Named, want: Named) -> str:
        scale = max((y.abs().max().item()
                     for y in want.values() if y.numel()),
                    default=0.0)
        for name, y in want.items():
            x = got[name]
            if x.shape != y.shape:
                return (f"{name} has shape {tuple(x.shape)}, not "
                        f"{tuple(y.shape)}")
            far = ~((x - y).abs() <= rtol * scale)
            if far.any():
                return f"{name} differs in {far.sum()} of {far.numel()}"
        return ""

    def exact(x: torch.Tensor) -> torch.Tensor:
        if not (x.is_floating_point() or x.is_complex()):
            return x
        wide = torch.complex128 if x.is_complex() else torch.float64
        return x.detach().to(wide, copy=True).requires_grad_()

    def others(x: torch.Tensor) -> Iterator[torch.Tensor]:
        flat = x.detach().flatten()
        first = flat[:1].expand_as(flat)
        waves = torch.arange(1,
                             1 + len(flat)).to(flat).cos()**2
        yield flat.roll(1).view(x.shape)
        yield first.view(x.shape)
        yield (waves if x.requires_grad
               else first.logical_not().to(flat)).view(x.shape)

    check_dense(*inputs)
    own_state: Named = {}
    state: Named = {}
    with (torch.random.fork_rng(
            range(torch.cuda.device_count())),
          torch.inference_mode(False), torch.enable_grad()):
        ours, reference = (
            copied(getattr(call, "_orig_mod", call))  # uncompiled
            for call in (ours, reference))
        for call in (ours, reference):
            if isinstance(call, nn.Module):
                for p in widened(call).parameters():
                    p.requires_grad_(p.is_floating_point()
                                     or p.is_complex())
        if (isinstance(ours, nn.Module)
                and isinstance(reference, nn.Module)):
            ours.load_state_dict(
                convert(reference.state_dict()))
            own_state = ours.state_dict(keep_vars=True)
            state = reference.state_dict(keep_vars=True)
        data = {
            f"input {i}": exact(x)
            for i, x in enumerate(inputs)}
        want, slopes = run(reference, data, state)
        again, _ = run(reference, data, {})
        changed = want
        for values in zip(*map(others, data.values()),
                          strict=True):
            changed, _ = run(
                reference, dict(zip(data, values,
                                    strict=True)), {})
            if gap(changed, want):
                break
        got, own_slopes = run(ours, data, own_state)

    if gap(again, want):
        raise Undecided(
            "the reference is random or not finite")
    if not gap(changed, want):
        raise Undecided(
            "the reference is the same for other inputs")
    if len(got) != len(want):
        raise AssertionError(
            f"{len(got)} outputs, and the reference has {len(want)}")
    if gap(got, want):
        raise AssertionError(
            f"{gap(got, want)}: heads or features in another order, "
            "another ε or variance, a missing scale or bias, dropout, "
            "or weights converted wrongly")
    turned = convert({name: slopes[name] for name in state})
    want = {name: slopes[name] for name in data} | {
        name: turned[name] for name, x in own_state.items()
        if x.requires_grad}
    if gap(own_slopes, want):
        raise AssertionError(
            f"the gradient of {gap(own_slopes, want)}, the outputs "
            "agree: detach, no_grad or .data inside, or a weight that "
            "does nothing")
# --8<-- [end:agrees_with_reference]
