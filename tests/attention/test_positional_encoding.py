import math

import pytest
import torch

from snippets.attention.positional_encoding import sinusoidal_positions
from tests.awkward import LeftOut

AWKWARD = [LeftOut(sinusoidal_positions, "it takes two numbers")]


@pytest.mark.parametrize("features", [1, 2, 5, 6])
@pytest.mark.parametrize("tokens", [0, 1, 7, 600])
def test_each_entry_is_that_of_the_formula(tokens, features):
    table = sinusoidal_positions(tokens, features).cpu()
    expected = [[(math.sin, math.cos)[n % 2](p / 10_000 ** ((n - n % 2) / features))
                 for n in range(features)] for p in range(tokens)]
    wanted = torch.tensor(expected).view(tokens, features)
    torch.testing.assert_close(table, wanted, rtol=1e-4, atol=1e-4)


def test_the_table_is_float32_under_another_default_dtype_too():
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.bfloat16)
        assert sinusoidal_positions(300, 2)[:, 0].unique().numel() == 300
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize(("tokens", "features"), [(-1, 2), (3, 0), (3, -2)])
def test_sizes_that_make_no_table_are_refused(tokens, features):
    with pytest.raises(ValueError, match="wanted tokens"):
        sinusoidal_positions(tokens, features)
