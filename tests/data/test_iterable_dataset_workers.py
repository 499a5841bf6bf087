from collections import Counter

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset


class Stream(IterableDataset):
    def __iter__(self):
        yield from range(7)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("batch_size", [None, 1, 4])
def test_each_worker_runs_the_whole_stream(workers, batch_size):
    with torch.device("cpu"):
        loader = DataLoader(Stream(), batch_size=batch_size, num_workers=workers, collate_fn=(
            list if batch_size else lambda sample: [sample]), multiprocessing_context="fork")
        seen = Counter(sample for batch in loader for sample in batch)
    assert seen == dict.fromkeys(range(7), workers)
