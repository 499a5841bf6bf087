import pytest
import torch

from snippets.indexing.lost_assignment import assert_writes, fill_block
from snippets.indexing.wrong_lost_assignment import mark_rows_of_a_copy


def test_a_write_behind_a_mask_is_lost(device):
    x = torch.zeros(4, 3, device=device)
    for mask in [torch.ones(4, dtype=torch.bool), torch.arange(4) > 2]:
        assert mark_rows_of_a_copy(x, mask.to(device)).count_nonzero() == 0


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("rows", [[], [1], [3, 0]])
def test_fill_block_is_the_loop(device, rows, transposed):
    x = torch.zeros(4, 4, device=device)
    x = x.T if transposed else x
    expected = torch.zeros(4, 4, device=device)
    for i in rows:
        for j in [2, 1, 3]:
            expected[i, j] = 5
    index = torch.tensor(rows, dtype=torch.int64, device=device)
    fill_block(x, index, torch.tensor([2, 1, 3], device=device), 5)
    torch.testing.assert_close(x, expected)


def test_the_guard_notices_a_write_elsewhere(device):
    where = torch.tensor([True, False], device=device)
    assert_writes(lambda x: x[:1].fill_(1), torch.zeros(2, device=device), where)
    with pytest.raises(AssertionError, match="1 other elements"):
        assert_writes(lambda x: x.fill_(1), torch.zeros(2, device=device), where)
