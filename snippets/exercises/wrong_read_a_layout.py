"""Answers to the exercise on layouts that are right on some."""

import torch


# --8<-- [start:sizes_of_the_result]
def sizes_of_the_result(
        wanted: torch.Tensor) -> tuple[list[int], list[int]]:
    """Reshape to the sizes that should come out of the
    permute."""
    axes = range(wanted.dim())
    steps = [
        int(wanted.select(axis, 1).min()) for axis in axes]
    slow_first = sorted(axes, key=lambda axis: -steps[axis])
    order = [slow_first.index(axis) for axis in axes]
    return list(wanted.shape), order
# --8<-- [end:sizes_of_the_result]


# --8<-- [start:inverse_order]
def inverse_order(
        wanted: torch.Tensor) -> tuple[list[int], list[int]]:
    """Return where each axis goes: the inverse of what permute
    takes."""
    axes = range(wanted.dim())
    steps = [
        int(wanted.select(axis, 1).min()) for axis in axes]
    slow_first = sorted(axes, key=lambda axis: -steps[axis])
    return [wanted.shape[axis] for axis in slow_first], slow_first
# --8<-- [end:inverse_order]


# --8<-- [start:fastest_first]
def fastest_first(
        wanted: torch.Tensor) -> tuple[list[int], list[int]]:
    """Sort the axes the other way."""
    axes = range(wanted.dim())
    steps = [
        int(wanted.select(axis, 1).min()) for axis in axes]
    fast_first = sorted(axes, key=lambda axis: steps[axis])
    sizes = [wanted.shape[axis] for axis in fast_first]
    return sizes, [fast_first.index(axis) for axis in axes]
# --8<-- [end:fastest_first]
