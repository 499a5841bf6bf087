import itertools

import pytest
import torch

from snippets.indexing.expand_and_write import assert_own_memory, mask_first_sample
from snippets.indexing.wrong_expand_and_write import mask_first_sample_only
from tests.awkward import Case, Guard


def slowly(x):
    rows = torch.stack([x, x, x])
    return torch.cat([rows[:1, :2], x.new_zeros(1, 3), rows[1:].flatten()[None]], 1).view(3, 5)


AWKWARD = [
    Case(mask_first_sample, lambda mask, x: mask(x, 3), like=slowly, shape=(5,), batch=None),
    Guard(assert_own_memory, right=lambda guard, x: guard(x.clone().contiguous()),
          wrong=lambda guard, x: guard(x.new_zeros(1, 4).expand(len(x) + 2, 4))),
    Guard(assert_own_memory, right=lambda guard, x: guard(x.contiguous().T),
          wrong=lambda guard, x: guard(x.new_zeros(5).unfold(0, 3, 1))),
]


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_write_to_an_expanded_row_reaches_every_row_and_the_original(device, batch):
    mask = torch.ones(6, device=device)
    assert mask_first_sample_only(mask, batch).sum() == 3 * batch
    assert mask.sum() == 3


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("dtype", [torch.bool, torch.float16, torch.int64])
def test_a_clone_can_be_written_to(device, batch, dtype):
    mask = torch.ones(6, device=device, dtype=dtype)
    assert mask_first_sample(mask, batch).sum() == 6 * batch - 3
    assert mask.sum() == 6


def test_the_guard_lets_transposes_slices_and_empty_tensors_pass(device):
    x = torch.ones(4, 6, device=device)
    for view in [x, x.T, x[:, ::2], x[1:2], x[:0].expand(0, 6), x.sum()]:
        assert_own_memory(view)
    for view in [x[0].expand(2, 6), x.unsqueeze(2).expand(-1, -1, 3)]:
        with pytest.raises(AssertionError, match="stride 0"):
            assert_own_memory(view)


def test_no_sample_and_an_odd_length(device):
    mask = torch.ones(5, device=device)
    assert mask_first_sample(mask, 0).shape == (0, 5)
    assert mask_first_sample(mask, 2).tolist() == [[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]


def test_the_guard_finds_windows_that_overlap(device):
    x = torch.arange(6.0, device=device)
    assert_own_memory(x.unfold(0, 2, 2))
    with pytest.raises(AssertionError, match="overlap"):
        assert_own_memory(x.unfold(0, 3, 1))


def test_expand_takes_the_sizes_that_broadcasting_takes(device):
    x = torch.ones(2, device=device)
    assert x[:, None].expand(2, 3).shape == (2, 3)
    for old in itertools.product([1, 2, 3], repeat=2):
        for new in itertools.product([1, 2, 3], repeat=3):
            fits = all(size in (1, wanted) for size, wanted in zip(old, new[1:], strict=True))
            if fits:
                assert torch.ones(old, device=device).expand(new).shape == new
            else:
                with pytest.raises(RuntimeError, match="must match the existing size"):
                    torch.ones(old, device=device).expand(new)
