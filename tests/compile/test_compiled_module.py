import copy

import torch
from torch import nn


def test_a_deep_copy_has_weights_of_its_own():
    compiled = torch.compile(nn.Linear(1, 1, bias=False), backend="eager")
    twin = copy.deepcopy(compiled)
    with torch.no_grad():
        twin.weight.fill_(9)
    assert compiled.weight.item() != 9
