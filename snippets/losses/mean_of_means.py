"""Means over padded tokens and over parts of a batch."""

from collections.abc import Callable, Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from snippets.guards.judge import Undecided, copied


# --8<-- [start:masked_mean]
def masked_mean(losses: torch.Tensor,
                keep: torch.Tensor) -> torch.Tensor:
    """Return the mean of `losses` where `keep`, both (B, L); 0
    if none.

    `keep` is boolean: pass `attention_mask.bool()` for 0 and
    1.

    Raises:
        TypeError: losses are not floating, or `keep` not
            boolean.
        ValueError: the shapes differ.
        RuntimeError: losses are float8.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.where.html

    >>> masked_mean(torch.tensor([[2.0, 9.0]]),
    ...             torch.tensor([[True, False]]))
    tensor(2.)
    """
    if not losses.is_floating_point():
        raise TypeError(
            f"losses are {losses.dtype}, not floating")
    if keep.dtype != torch.bool:
        raise TypeError(f"keep is {keep.dtype}, not boolean")
    if losses.shape != keep.shape:
        raise ValueError(
            f"{tuple(losses.shape)} is not {tuple(keep.shape)}")
    wide = torch.promote_types(losses.dtype, torch.float32)
    total = torch.where(keep, losses, 0).sum(dtype=wide)
    return (total / keep.sum().clamp(min=1)).to(losses.dtype)
# --8<-- [end:masked_mean]


# --8<-- [start:backward_in_parts]
def backward_in_parts(
        model: nn.Module,
        parts: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Add the batch's gradient to `model`, part by part; its
    loss.

    A part is an input and its targets (N) or (B, L), -100
    where they are to be ignored; the model gives logits with
    the classes last. In half precision the loss is summed in
    float32.

    Source: https://huggingface.co/blog/gradient_accumulation
    """
    parts = list(parts)
    count = sum(
        int((target != -100).sum()) for _, target in parts)
    total = 0.0
    for x, target in parts:
        logits = model(x)
        wide = torch.promote_types(logits.dtype, torch.float32)
        loss = F.cross_entropy(
            logits.to(wide).flatten(0, -2), target.flatten(),
            reduction="sum") / max(count, 1)
        loss.backward()
        total += loss.item()
    return total
# --8<-- [end:backward_in_parts]


# --8<-- [start:assert_parts_add_up]
def assert_parts_add_up(
    backward: Callable[[
        nn.Module, Sequence[tuple[torch.Tensor,
                                  torch.Tensor]]],
                       object], model: nn.Module,
    parts: Sequence[tuple[torch.Tensor,
                          torch.Tensor]]) -> None:
    """Fail where the gradient of `parts` is not that of their
    batch.

    Give parts of one length, with different numbers of
    targets. A copy of `model` in float64 is called.

    Raises:
        AssertionError: with the ratio of the gradients' norms,
            and the norm of their difference beside the
            batch's.
        Undecided: there are no parts, or they have different
            lengths or equal numbers of targets; batch norm or
            dropout is in training mode, or batch norm keeps no
            running statistics; the gradients differ and a
            forward changes buffers; the gradient is random, 0
            or not finite.
    Source: https://github.com/meta-pytorch/torchtune/pull/1875
    """
    for part in model.modules():
        if isinstance(part,
                      _BatchNorm) and part.running_mean is None:
            raise Undecided(
                "batch norm always takes batch statistics")
        if isinstance(
                part,
            (_BatchNorm, _DropoutNd)) and part.training:
            raise Undecided(
                "batch norm or dropout: call eval()")
    if not parts:
        raise Undecided("there are no parts")
    wide = [
        (x.double() if x.is_floating_point() else x, target)
        for x, target in parts]
    if len({(x.shape[1:], target.shape[1:])
            for x, target in wide}) > 1:
        raise Undecided("pad all parts to one length")
    batch = [(torch.cat([x for x, _ in wide]),
              torch.cat([target for _, target in wide]))]

    moved: list[bool] = []


    def gradient(
        split: Sequence[tuple[torch.Tensor, torch.Tensor]],
    ) -> torch.Tensor:
        twin = copied(model).double()
        twin.zero_grad()
        buffers = [x.clone() for x in twin.buffers()]
        backward(
            twin, [(x.clone(), t.clone()) for x, t in split])
        moved.extend(not torch.equal(x, old) for x, old in zip(
            twin.buffers(), buffers, strict=True))
        return torch.cat([
            torch.zeros_like(p).flatten() if p.grad is None
            else p.grad.to_dense().flatten()
            for p in twin.parameters()])

    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        whole, again, added = map(gradient,
                                  (batch, batch, wide))
    size = whole.norm().item()
    if size == 0 or not whole.isfinite().all():
        raise Undecided(
            "the gradient of the batch is 0 or not finite")
    if not (again - whole).norm() <= 1e-6 * size:
        raise Undecided("the gradient is random: call eval()")
    ratio = added.norm().item() / size
    gap = (added - whole).norm().item() / size
    agree = gap <= 1e-6
    if not agree and any(moved):
        raise Undecided(
            "a forward changes buffers: call eval()")
    assert agree, (
        f"the gradient of {len(parts)} parts is not the batch's (norm "
        f"{ratio:.2f} of it, difference {gap:.2f}): a mean of means, no "
        "division, or clipping in each part?")
    if len({int((target != -100).sum())
            for _, target in parts}) < 2:
        raise Undecided(
            "all parts have the same number of targets")
# --8<-- [end:assert_parts_add_up]
