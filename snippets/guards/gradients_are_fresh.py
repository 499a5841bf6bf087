"""A guard for training loops: each step uses new gradients, once."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import torch
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from snippets.guards.judge import Undecided, copied


# --8<-- [start:gradients_are_fresh]
def gradients_are_fresh(train: Callable[[Any], object],
                        model: torch.nn.Module) -> None:
    """Check that steps use new gradients, and none is cleared
    unused.

    `train` trains the model that it is given, for two steps or
    more, with optimizers of torch that it makes. It trains a
    copy of `model` that has no gradients. Of two networks,
    pass both in one module.

    Raises:
        AssertionError: a step uses a gradient that an earlier
            one used, or what backward added is cleared before
            a step uses it.
        Undecided: a parameter is on meta, or none is in two
            steps with a new, finite gradient that is not 0.
    """
    twin = copied(model)
    names = {p: name for name, p in twin.named_parameters()}
    if any(p.is_meta for p in names):
        raise Undecided("parameters on meta hold no numbers")
    # the parameters that a backward reached
    reach: list[set[Any]] = []
    # backwards in its gradient
    inside = {p: set[int]() for p in names}
    # those that a step used
    used = {p: set[int]() for p in names}
    # the newest backward when it was used
    first: dict[int, int] = {}
    spent = set[int]()  # backwards that no step needs to use
    # whether backward met no gradient
    clean: dict[Any, bool] = {}
    left: dict[Any, Any] = {}  # the gradient after it
    weight: dict[Any, Any] = {}
    old, mixed = set(), set()
    lost, held = set[str](), set[Any]()
    steps, nested = dict.fromkeys(names, 0), list[Any]()
    backward = torch.autograd.backward

    def numbers(p: Any) -> Any:
        grad = torch.zeros(
            1) if p.grad is None else p.grad.to_dense()
        return grad.flatten().clone()

    def begin(tensors: Any, *args: Any, **kw: Any) -> None:
        reach.append(set())
        roots = [tensors] if torch.is_tensor(tensors) else [*tensors]
        nodes: list[Any] = [x.grad_fn for x in roots]
        seen: set[Any] = {None}
        for node in nodes:  # it grows
            if node not in seen:
                seen.add(node)
                nodes += [
                    before
                    for before, _ in node.next_functions]
            if (type(node).__name__ == "AccumulateGrad"
                    and node.variable not in names):
                # it is for another leaf
                spent.add(len(reach) - 1)
        backward(tensors, *args, **kw)

    def arrive(p: Any) -> None:
        if not reach or p in reach[-1]:
            reach.append(set())
        if p in weight and not torch.equal(p, weight[p]):
            spent.update(inside[p])  # an update by hand
        weight[p], left[p] = p.detach().clone(), numbers(p)
        now = len(reach) - 1
        if clean[p]:
            inside[p] = set()
        if left[p].any():
            inside[p] = inside[p] | {now}
            reach[now].add(p)
        if nested or not left[p].isfinite().all():
            spent.add(now)

    # no multiple of what backward left
    def by_hand(p: Any) -> bool:
        a, b = numbers(p), left.get(p, numbers(p))
        return not a.vdot(
            b).abs() >= 0.99 * a.norm() * b.norm()

    def leave(optimizer: Any, *_: Any) -> None:
        held.update(p for group in optimizer.param_groups
                    for p in group["params"] if p in names)
        nested.pop()
        if nested:  # an optimizer that another one calls
            return
        full = [p for p in held if numbers(p).any()]
        for p in full:
            if inside[p] & used[p]:
                old.add(names[p])
            elif any(first.get(i, j) < j and reach[j] <= held
                     for i in inside[p] for j in inside[p]):
                mixed.add(names[p])
            used[p] |= inside[p]
            first.update({
                i: len(reach) - 1
                for i in inside[p].difference(first)})
            steps[p] += bool(inside[p]
                             and numbers(p).isfinite().all())
        kept = [inside[p] for p in names if numbers(p).any()]
        gone = {*range(len(reach))}.difference(
            first, spent, *kept)
        if not any(map(by_hand, full)):
            lost.update(
                names[p] for i in gone for p in reach[i])
        spent.update(gone)
        held.clear()

    hooks = [
        register_optimizer_step_pre_hook(
            lambda optimizer, *_: nested.append(optimizer)),
        register_optimizer_step_post_hook(leave)]
    for p in names:
        if p.is_floating_point() or p.is_complex():
            trains = p.requires_grad  # it may be set later
            p.requires_grad_(True).register_hook(
                lambda _, p=p: clean.update({p: not numbers(p).any()}))
            p.register_post_accumulate_grad_hook(arrive)
            p.requires_grad_(trains)
    try:
        with (torch.random.fork_rng(
                range(torch.cuda.device_count())),
              torch.inference_mode(False), torch.enable_grad(),
              mock.patch.object(torch.autograd, "backward",
                                begin)):
            train(twin)
    finally:
        for hook in hooks:
            hook.remove()
    for found, says in (
        (old,
         "a step uses the gradient of an earlier step again "
         "in {}: zero_grad left out, outside of the loop, or of "
         "another optimizer"),
        (mixed,
         "a step adds the gradient of a loss that another "
         "step used in {}: call zero_grad before its own backward"
         ),
        (lost,
         "a gradient is cleared before a step uses it in {}: "
         "zero_grad between backward and step, or after each part "
         "of a batch")):
        assert not found, says.format(", ".join(sorted(found)))
    if max(steps.values(), default=0) < 2:
        raise Undecided(
            "fewer than two steps use new, finite gradients: does "
            "train step the model that it is given?")
# --8<-- [end:gradients_are_fresh]
