"""Outputs and gradients must be finite at the edge of the inputs."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
    on_copies,
)


# --8<-- [start:edges_of]
def edges_of(
        *inputs: torch.Tensor
) -> dict[str, list[torch.Tensor]]:
    """Return inputs at an edge, by name, made from ordinary
    ones.

    Each edge is set in all tensors of float or complex numbers
    at once, and in each of them alone. Other tensors stay as
    they are. Where all values are from 0 to 1, as
    probabilities are, the saturated ones are 0 below the
    middle of least and largest, else 1. Rows of several
    numbers that add up to 1 still do.
    """
    def is_share(x: torch.Tensor) -> bool:
        if not x.dim() or x.shape[-1] == 1:
            return False
        rows = x.sum(-1)
        return torch.allclose(rows, torch.ones_like(rows),
                              rtol=0.02)

    def zeros(x: torch.Tensor) -> torch.Tensor:
        return x if is_share(x) else torch.zeros_like(x)

    def saturated(x: torch.Tensor) -> torch.Tensor:
        if x.is_complex() or not ((x >= 0) & (x <= 1)).all():
            return x.sgn() * 0.68 * math.log(
                torch.finfo(x.dtype).max)
        if not is_share(x):
            return (x - x.min() >= x.max() - x).to(x)
        largest = x.argmax(-1, keepdim=True)
        return torch.zeros_like(x).scatter(-1, largest, 1)

    def equal(x: torch.Tensor) -> torch.Tensor:
        first = inputs[floats[0]]
        fits = first.shape == x.shape and first.dtype == x.dtype
        return first if fits and (x.is_complex() or bool(
            (first >= 0).all() == (x >= 0).all())) else x

    floats = [
        place for place, x in enumerate(inputs)
        if x.numel() and (
            x.is_floating_point() or x.is_complex())]
    edges: dict[str, list[torch.Tensor]] = {}
    for name, make in {
            "zeros": zeros,
            "equal values": lambda x: x[
                x.isfinite()].mean().expand_as(x),
            "equal samples": lambda x: x[:1].expand_as(x) if x.dim()
            else x,
            "equal inputs": equal,
            "saturated values": saturated}.items():
        for places in [floats, *([place] for place in floats)]:
            alone = "" if places is floats else f" in input {places[0]}"
            edges[name + alone] = [
                (make(x)
                 if place in places else x).detach().clone()
                for place, x in enumerate(inputs)]
    return {
        name: edge for name, edge in edges.items() if not all(
            a.equal(b)
            for a, b in zip(edge, inputs, strict=True))}
# --8<-- [end:edges_of]


# --8<-- [start:finite_gradients_at_the_edge]
def finite_gradients_at_the_edge(
    call: Callable[..., Any],
    *inputs: torch.Tensor,
    edges: Mapping[str, Sequence[torch.Tensor]] | None = None,
) -> None:
    """Check that `call` and its gradients are finite at
    `edges`.

    `call` takes tensors of any shapes, and gives a tensor or a
    tuple of tensors. `inputs` are ordinary ones; `edges` gives
    names to other ones, by default `edges_of(*inputs)`.
    Gradients are those of the parameters, and of the inputs
    that require them: of the first tensor of floats, where
    none does.

    Raises:
        AssertionError: an output or a gradient at an edge is
            nan or inf.
        Undecided: it is so at the ordinary inputs, no gradient
            comes, an edge is refused, or there is no edge.
    """
    def gradients(*outputs: torch.Tensor) -> list[Any]:
        grown = [y for y in outputs if y.grad_fn]
        seen: set[Any] = {None}
        nodes: set[Any] = {y.grad_fn for y in grown}
        while nodes:
            seen |= nodes
            nodes = {
                before for node in nodes
                for before, _ in node.next_functions} - seen
        leaves = [
            x.variable for x in seen if hasattr(x, "variable")]
        return list(
            zip(
                leaves,
                torch.autograd.grad(grown, leaves, [
                    torch.linspace(
                        1, 0.5, y.numel(),
                        device=y.device).view_as(y).to(y)
                    for y in grown]) if leaves else (),
                strict=True))

    def run(given: Sequence[torch.Tensor]) -> tuple[str, bool]:
        check_dense(*given)
        if not given:
            raise Undecided(
                "an input is no tensor, or there is none")
        mine = [x.detach() for x in given]
        for place in needed:
            mine[place].requires_grad_()
        with (torch.random.fork_rng(
                range(torch.cuda.device_count())), on_copies(),
              torch.enable_grad()):
            result = call(*(x.clone() for x in mine))
            outs = result if isinstance(result,
                                        tuple) else (result,)
            outs = tuple(
                y.to_dense() if torch.is_tensor(y) else y
                for y in outs)
            if not outs or not all(
                    isinstance(x, torch.Tensor) and x.numel()
                    and not x.is_meta for x in (*mine, *outs)):
                raise Undecided(
                    "an input or output is no tensor, empty or on meta")
            if not all(y.isfinite().all() for y in outs):
                return "the output", False
            found = [(leaf, part.to_dense())
                     for leaf, part in gradients(*outs)]
        for leaf, part in found:
            if not part.isfinite().all():
                whose = [f"input {place}" for place, x in
                         enumerate(mine) if x is leaf]
                whose.append(
                    f"a parameter of shape {(*leaf.shape,)}")
                return f"the gradient of {whose[0]}", True
        return "", any(part.any() for _, part in found)

    def judge_edge(name: str) -> None:
        try:
            what, _ = run(tried[name])
        except (RuntimeError, ValueError, AssertionError,
                ArithmeticError, LookupError) as error:
            raise Undecided(
                f"call refuses {name}: leave this edge out of edges, "
                f"if it never comes: {error}") from error
        assert not what, (
            f"{what} is nan or inf at {name}: a square root, norm, "
            "angle or quotient at 0, the log of a probability of 0, "
            "the deviation of equal values, an exp that overflows, or "
            "nan times a mask of 0")

    floats = [place for place, x in enumerate(inputs)
              if isinstance(x, torch.Tensor)
              and (x.is_floating_point() or x.is_complex())]
    needed = [place for place in floats
              if inputs[place].requires_grad] or floats[:1]
    with asserts_undecided():
        ordinary, moves = run(inputs)
    if ordinary:
        raise Undecided(
            f"{ordinary} is nan or inf at the ordinary inputs already: "
            "if it should not be, pass these inputs as an edge")
    tried = edges_of(*inputs) if edges is None else edges
    undecided = []
    for name in tried:
        try:
            judge_edge(name)
        except Undecided as error:
            undecided.append(error)
    if undecided:
        raise undecided[0]
    if not moves or not tried:
        raise Undecided(
            "there is no edge, or no gradient but 0")
# --8<-- [end:finite_gradients_at_the_edge]
