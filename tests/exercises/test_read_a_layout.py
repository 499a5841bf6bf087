from itertools import permutations
from math import prod

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snippets.exercises.read_a_layout import check_read_layout, read_layout
from tests.awkward import LeftOut

AWKWARD = [LeftOut(read_layout, "it takes the numbers of a layout; the tests below try them"),
           LeftOut(check_read_layout, "it makes its own layouts")]


def by_trying(wanted):
    """Each order of the sizes, and the order of axes that leads back."""
    numbers = torch.arange(wanted.numel(), dtype=torch.float64)
    for order in permutations(range(wanted.dim())):
        sizes = [0] * wanted.dim()
        for size, axis in zip(wanted.shape, order, strict=True):
            sizes[axis] = size
        if torch.equal(numbers.reshape(sizes).permute(order), wanted.double()):
            return tuple(sizes), order
    raise AssertionError


def by_strides(wanted):
    """As tensors: sort by the steps, then by argsort of argsort."""
    corner = wanted[(slice(2),) * wanted.dim()]
    steps = torch.tensor([corner.movedim(axis, 0).flatten(1)[-1, 0] if wanted.dim() > 1
                          else 1 for axis in range(wanted.dim())])
    slow_first = steps.argsort(descending=True, stable=True)
    return torch.tensor(wanted.shape)[slow_first], slow_first.argsort()


def by_einsum(wanted):
    """The order as letters of an einsum."""
    sizes, order = read_layout(wanted)
    letters = "abcdefgh"[:wanted.dim()]
    numbers = torch.arange(wanted.numel()).reshape(sizes).double()
    turned = "".join(letters[axis] for axis in order)
    assert torch.equal(torch.einsum(f"{letters}->{turned}", numbers), wanted.double())
    return torch.Size(sizes), order


@pytest.mark.parametrize("right", [read_layout, by_trying, by_strides, by_einsum])
def test_right_answers_written_in_another_way_pass(right):
    check_read_layout(right)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda wanted: (read_layout(wanted)[0], [1] * wanted.dim()), "names each axis from 0 to 2"),
    (lambda wanted: ([wanted.numel()], read_layout(wanted)[1]), "must be these"),
    (lambda wanted: (list(wanted.shape), list(range(wanted.dim()))), "as in the result"),
    (lambda wanted: (sorted(wanted.shape), list(range(wanted.dim()))), "step along each axis"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_read_layout(wrong)


@given(st.lists(st.sampled_from([0, 1, 2, 3]), max_size=5).flatmap(
    lambda sizes: st.tuples(st.just(sizes), st.permutations(range(len(sizes))))))
def test_the_solution_reads_each_chain(made):
    sizes, order = made
    wanted = torch.arange(prod(sizes)).reshape(sizes).permute(order)
    found, turned = read_layout(wanted.float())
    again = torch.arange(prod(sizes)).reshape(found).permute(turned)
    assert torch.equal(again, wanted)


@pytest.mark.parametrize("wanted", [[0, 2, 1], [[0, 1], [3, 2]], [1, 2, 3], [[0, 1], [1, 0]]])
def test_other_numbers_are_refused(wanted):
    with pytest.raises(ValueError, match="do not give this"):
        read_layout(torch.tensor(wanted))
