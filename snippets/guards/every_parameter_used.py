"""A guard for parameters: each reaches the loss and the optimizer."""

import warnings
import weakref
from collections.abc import Callable, Collection, Iterable

import torch
from torch import nn

from snippets.guards.judge import Undecided, asserts_undecided


# --8<-- [start:every_parameter_used]
def every_parameter_used(
        loss: Callable[[], torch.Tensor], model: nn.Module, *,
        optimizer: torch.optim.Optimizer | None = None,
        allow: Collection[str] = (),
        inputs: Collection[torch.Tensor] = ()) -> None:
    """Check that the loss reaches the trainable parameters of
    `model`.

    `loss` runs `model` and returns a scalar. Its graph must
    reach each trainable parameter and no other leaf;
    `optimizer` must hold each and no other tensor. `allow`
    names parameters that may be unused (a shared one by any of
    its names), `inputs` are other tensors that require a
    gradient. Tensors that require none are not looked at.
    Warns of a gradient that is 0, or rounding beside its
    module's largest, and of tensors that `loss` makes and
    drops, such as the points of a gradient penalty.

    Raises:
        AssertionError: a tensor is on one side only, or no
            gradient differs from 0.
        Undecided: nothing is trainable, a gradient is not
            finite, a reentrant checkpoint hides a part of the
            graph, a lazy buffer is empty, or an `assert` in
            `loss` fails.
    """
    names = {
        id(p): name for name, p in model.named_parameters()}
    known = {*names, *map(id, inputs)}
    allowed = {id(p) for name, p in model.named_parameters(
        remove_duplicate=False) if name in allow}
    trainable = {
        name: p for name, p in model.named_parameters()
        if p.requires_grad and id(p) not in allowed}
    weights = list(trainable.values())
    if any(map(nn.parameter.is_lazy, model.buffers())):
        raise Undecided(
            "a lazy layer is empty: call the model before")
    buffers = [(module, key, buffer, buffer.clone())
               for module in model.modules()
               for key, buffer in module._buffers.items()
               if buffer is not None]
    grads: tuple[torch.Tensor | None, ...] = (None,) * len(weights)

    def leaves(value: torch.Tensor) -> list[torch.Tensor]:
        found = [
            value
        ] if value.is_leaf and value.requires_grad else []
        nodes, seen = [value.grad_fn], set()
        while nodes:
            node = nodes.pop()
            if node is None or node in seen:
                continue
            if node.name() == "CheckpointFunctionBackward":
                raise Undecided(
                    "a reentrant checkpoint hides what is behind it "
                    "from the graph: use_reentrant=False")
            seen.add(node)
            nodes += [
                before for before, _ in node.next_functions]
            leaf = getattr(node, "variable", None)
            if (leaf is not None and node.name()
                    == "torch::autograd::AccumulateGrad"):
                found.append(leaf)
        return found

    try:
        with (torch.random.fork_rng(
                range(torch.cuda.device_count())),
              torch.inference_mode(False),
              torch.enable_grad()):
            with asserts_undecided():
                value = loss()
            if not isinstance(value, torch.Tensor):
                raise Undecided("the loss is no tensor")
            found = leaves(value)
            if weights and value.requires_grad:
                grads = torch.autograd.grad(
                    value.sum(), weights, allow_unused=True)
    finally:
        for module, key, buffer, before in buffers:
            now = buffer.detach()
            # one copy of each element
            if now.layout == torch.strided:
                once = tuple(slice(None if stride else 1)
                             for stride in now.stride())
                now, before = now[once], before[once]
            with torch.inference_mode(buffer.is_inference()):
                now.copy_(before)
            module._buffers[key] = buffer

    def shapes(those: Iterable[torch.Tensor]) -> str:
        return ", ".join(f"one of shape {tuple(x.shape)}" for x in those)

    reached = set(map(id, found))
    odd = [x for x in found if id(x) not in known]
    layers = [x for x in odd if isinstance(x, nn.Parameter)]
    refs = [(weakref.ref(x), shapes([x])) for x in odd
            if not isinstance(x, nn.Parameter)]
    # frees what the loss made for itself
    del value, found, odd
    kept = layers + [
        x for ref, _ in refs if (x := ref()) is not None]
    if kept:
        raise AssertionError(
            "the loss reaches tensors that are no parameters of the "
            f"model, {shapes(kept)}: layers in a Python list or dict, "
            "or a tensor that is no nn.Parameter")
    if refs:
        warnings.warn(
            "the loss makes tensors that require a gradient, "
            f"{', '.join(text for _, text in refs)}: points of a "
            "gradient penalty, or a weight that each call makes anew",
            stacklevel=2)
    unused = [
        n for n, p in trainable.items()
        if id(p) not in reached]
    if unused:
        raise AssertionError(
            f"the loss does not reach {', '.join(unused)}: a layer "
            "that is not called, detach, no_grad or .data on the way, "
            "or an output that is left out of the loss")
    if not any(p.numel() for p in weights):
        raise Undecided("no parameter requires a gradient")
    if optimizer is not None:
        held = {id(p): p for group in optimizer.param_groups
                for p in group["params"]}
        missing = [
            n for n, p in trainable.items()
            if id(p) not in held]
        if missing:
            raise AssertionError(
                f"the optimizer does not hold {', '.join(missing)}: a "
                "group left out, or a layer replaced after it was made")
        odd = [p for p in held.values() if id(p) not in known]
        if odd:
            raise AssertionError(
                "the optimizer holds tensors that are no parameters of "
                f"the model, {shapes(odd)}: a layer replaced after it "
                "was made, or another model")
    if any(grad is not None and grad.is_meta
           for grad in grads):
        raise Undecided(
            "a gradient is on meta and holds no numbers")
    sizes = {
        name: 0.0 if grad is None or not grad.numel() else
        grad.to_dense().abs().max().item()
        for name, grad in zip(trainable, grads, strict=True)}
    if not all(size < float("inf") for size in sizes.values()):
        raise Undecided("a gradient is not finite")
    if not any(sizes.values()):
        raise AssertionError(
            "all gradients are 0: a constant loss")
    # of the parameters of one module
    largest: dict[str, float] = {}
    for name, size in sizes.items():
        part = name.rpartition(".")[0]
        largest[part] = max(size, largest.get(part, 0.0))
    zero = [name for name, size in sizes.items()
            if size == 0 and trainable[name].numel()
            and (trainable[name].dim() > 1
                 or not largest[name.rpartition(".")[0]])]
    if zero:
        warnings.warn(
            f"the gradient is exactly 0 in {', '.join(zero)}: dead "
            "ReLUs, rows that the batch does not use, or behind a "
            "weight that starts at 0; then allow it",
            stacklevel=2)
    tiny = [
        name for name, size in sizes.items()
        if trainable[name].numel() and name not in zero
        and size <= max(
            1e-5 * largest[name.rpartition(".")[0]], 1e-9
            * max(largest.values()))]
    if tiny:
        warnings.warn(
            f"no gradient but rounding in {', '.join(tiny)}: innocent "
            "in a bias of keys or before a norm, or behind a weight "
            "that starts at 0; then allow it", stacklevel=2)
# --8<-- [end:every_parameter_used]
