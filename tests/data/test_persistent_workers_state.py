import pickle
from multiprocessing.reduction import ForkingPickler

import torch


def test_pickling_for_spawn_shares_the_memory_of_a_plain_tensor():
    epoch = torch.zeros((), device="cpu")
    assert not epoch.is_shared()
    copy = pickle.loads(ForkingPickler.dumps(epoch))
    assert epoch.is_shared()
    epoch.fill_(3)
    assert copy.item() == 3
