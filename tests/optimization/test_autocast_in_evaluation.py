import torch
import torch.nn.functional as F


def test_cross_entropy_is_float32_in_the_block_and_bfloat16_after_it():
    target = torch.tensor([0, 1])
    with torch.autocast("cpu", torch.bfloat16):
        logits = torch.nn.Linear(4, 3)(torch.ones(2, 4))
        assert F.cross_entropy(logits, target).dtype == torch.float32
    assert F.cross_entropy(logits, target).dtype == torch.bfloat16
