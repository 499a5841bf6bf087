import os

import pytest
import torch
from torch.utils.data import DataLoader


def share_by_name(worker):
    torch.multiprocessing.set_sharing_strategy("file_system")


def opened(**options):
    before = len(os.listdir("/proc/self/fd"))
    with torch.device("cpu"):
        kept = list(DataLoader(range(40), num_workers=1, **options))
    return len(os.listdir("/proc/self/fd")) - before, len(kept)


@pytest.mark.parametrize("start", ["fork", "forkserver"])
def test_a_worker_that_sets_the_strategy_itself_keeps_no_file_open(start):
    with_default, n = opened(multiprocessing_context=start)
    with_names, m = opened(multiprocessing_context=start, worker_init_fn=share_by_name)
    assert n == m == 40
    assert with_default > 30
    assert with_names < 10
