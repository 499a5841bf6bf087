import pytest
import torch
import torch.nn.functional as F

from snippets.compile.graph_breaks import (
    assert_one_graph,
    count_graphs,
    masked_cross_entropy,
    sum_of_positive,
)
from snippets.compile.wrong_graph_breaks import branch_on_a_tensor, leave_a_loop, sum_by_mask


@pytest.mark.parametrize(("function", "graphs"),
                         [(sum_by_mask, 2), (branch_on_a_tensor, 2), (leave_a_loop, 0)])
def test_a_break_is_right_and_in_pieces(device, function, graphs):
    x = torch.tensor([-1.0, 2.0, 3.0], device=device)
    compiled = torch.compile(function, backend="eager")
    for other in (x, -x, 1000 * x):
        assert torch.equal(compiled(other), function(other))
    with pytest.raises(AssertionError, match=f"{graphs} graphs for one call"):
        assert_one_graph(function, x)


def test_the_helpers_forget_what_was_compiled_before(device):
    x = torch.ones(2, device=device)
    for _ in range(10):
        assert_one_graph(sum_of_positive, x)
    for _ in range(10):
        assert count_graphs(sum_of_positive, [(x,)] * 2) == (1, 2)


@pytest.mark.parametrize("kept", [[True, False, True], [False, False, False]])
def test_masked_cross_entropy_averages_over_the_kept(device, kept):
    keep = torch.tensor(kept, device=device)
    logits = torch.tensor([[1e4, 0.0], [0.0, torch.inf], [-3.0, 5.0]], device=device)
    targets = torch.tensor([0, 0, 1], device=device)
    got = masked_cross_entropy(logits, targets, keep)
    expected = F.cross_entropy(logits[keep], targets[keep]) if any(kept) else got.new_zeros(())
    torch.testing.assert_close(got, expected)


def test_the_sum_of_positive_ignores_nan_and_an_empty_input(device):
    assert sum_of_positive(torch.tensor([torch.nan, -1.0, 2.0], device=device)) == 2
    assert sum_of_positive(torch.ones(0, device=device)) == 0
