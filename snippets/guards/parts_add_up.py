"""A guard for accumulation: parts give the gradient of their batch."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.batchnorm import _BatchNorm

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    copied,
    on_copies,
    widened,
)


# --8<-- [start:parts_add_up]
def parts_add_up(
        accumulate: Callable[[Any, list[Any]], object],
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, ...]]) -> None:
    """Check that parts of a batch give the gradient of the
    batch.

    `accumulate(model, parts)` leaves in the parameters the
    gradient that an optimizer would use. It must be the same
    for the parts and for one part that holds all samples. A
    part is a tuple of tensors, such as (x, target), with
    samples along axis 0. Runs in float64, without autocast, on
    a copy of `model`.

    Raises:
        AssertionError: the gradients differ.
        Undecided: parts cannot be joined, or weigh alike, so
            that a mean of means is right; or the gradient is
            random, 0, not finite or follows the order of the
            samples; or the model rounds to a dtype of its own;
            or an `assert` fails.
    """
    def wide(x: Any) -> Any:
        if not isinstance(
                x, torch.Tensor) or not x.dim() or x.is_meta:
            raise Undecided(
                "a part is a tuple of tensors with numbers,"
                " and with samples along axis 0")
        dtype = torch.complex128 if x.is_complex() else torch.float64
        real = x.is_floating_point() or x.is_complex()
        return x.detach().to(dtype if real else x.dtype)

    parts = [tuple(wide(x) for x in part) for part in parts]
    if len({tuple(x.shape[1:] for x in part)
            for part in parts}) != 1:
        raise Undecided(
            "give parts of one shape but for axis 0")
    if any(p.is_meta for p in model.parameters()) or not any(
            p.requires_grad for p in model.parameters()):
        raise Undecided(
            "the model is on meta, or nothing is trained")
    whole = [tuple(map(torch.cat, zip(*parts, strict=True)))]
    drawn: list[list[torch.Tensor]] = []
    kinds: list[torch.dtype] = []  # of what backward needs

    def gradient(
            split: Sequence[tuple[torch.Tensor, ...]],
            fixed: bool = False) -> torch.Tensor:
        twin = widened(copied(model))
        for norm in twin.modules():
            if fixed and isinstance(norm, _BatchNorm):
                like = next(twin.parameters())
                norm.running_mean = like.new_zeros(
                    norm.num_features)
                norm.running_var = like.new_ones(
                    norm.num_features)
                norm.eval()
                vars(norm)["train"] = lambda *_, norm=norm: norm
        with (torch.random.fork_rng(range(
                torch.cuda.device_count())),
              torch.inference_mode(False), torch.enable_grad(),
              mock.patch.multiple(
                  torch.autocast, __enter__=lambda self: self,
                  __exit__=lambda self, *error: None),
              asserts_undecided(), on_copies(twin,
                                             double=True)):
            accumulate(twin, [tuple(x.clone() for x in part)
                              for part in split])
            drawn.append([torch.get_rng_state(),
                          *torch.cuda.get_rng_state_all()])
        return torch.cat([torch.zeros(0, device="cpu")] + [
            (torch.zeros_like(p) if p.grad is None else p.grad
             ).to_dense().flatten().cpu()
            for p in twin.parameters()])

    def note(x: torch.Tensor) -> torch.Tensor:
        kinds.append(x.dtype)
        return x

    def gap(a: torch.Tensor, b: torch.Tensor) -> float:
        return (a - b).abs().max().item()

    one = gradient(whole)
    size = one.abs().max().item() if one.numel() else 0.0
    if not 0 < size < float("inf"):
        raise Undecided(
            "the gradient of the batch is 0 or not finite: "
            "does accumulate end before zero_grad?")
    noise = gap(
        gradient([tuple(x.flip(0) for x in whole[0])]), one)
    if not noise <= 1e-6 * size:
        raise Undecided(
            "the gradient is random or follows the order "
            "of the samples: call eval(), or give what is "
            "drawn as a tensor of the parts")
    limit = max(10 * noise, 1e-8 * size)
    many = gradient(parts)
    if not gap(many, one) <= limit:
        if not all(map(torch.equal, drawn[0], drawn[-1])):
            raise Undecided(
                "the number of random draws follows the "
                "parts: call eval()")
        with contextlib.suppress(RuntimeError), saved_tensors_hooks(
                note, lambda x: x):
            gradient(whole)
        grain = max((torch.finfo(kind).eps for kind in kinds
                     if kind.is_floating_point), default=0.0)
        if gap(many, one) <= 32 * grain * size:
            raise Undecided(
                "the model computes in a dtype of its own, "
                "and its rounding may be the difference")
        if gap(gradient(parts, True), gradient(whole,
                                               True)) <= limit:
            raise AssertionError(
                "batch norm takes the mean and variance of each part, "
                "so the gradient is not that of the batch: freeze it, "
                "or use a norm within a sample")
        ratio = (many @ one / one.norm() ** 2).item()
        same = gap(many, ratio * one) <= 10 * limit
        what = f"{ratio:.9g} times" if same else "not"
        raise AssertionError(
            f"the gradient of {len(parts)} parts is {what} that of the "
            "batch: a mean of means, no division or a wrong count, or "
            "clipping or scaling in each part")
    alone = [gradient([part]) for part in parts]
    if gap(torch.stack(alone).mean(dim=0), one) <= limit:
        raise Undecided(
            "the parts weigh alike, so a mean of means is right: give "
            "parts of different sizes, or numbers of targets")
# --8<-- [end:parts_add_up]
