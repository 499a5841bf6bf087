import pytest
import torch
import torch.nn.functional as F


@pytest.mark.parametrize(("count", "below", "above"), [(2, 16, 17), (1000, 22, 23.5)])
def test_the_gap_grows_with_the_number_of_logits(count, below, above):
    for gap, saturated in [(below, False), (above, True)]:
        logits = torch.zeros(count)
        logits[0] = gap
        assert (logits.softmax(0)[0] == 1) == saturated


@pytest.mark.parametrize(("dtype", "gap"), [(torch.float16, 8.4), (torch.bfloat16, 6.3)])
def test_half_precision_saturates_earlier(dtype, gap):
    assert torch.tensor([gap, 0], dtype=dtype).softmax(0)[0] == 1
    assert torch.tensor([gap - 0.6, 0], dtype=dtype).softmax(0)[0] < 1


def test_the_gradient_is_nan_after_the_logarithm_and_0_in_cross_entropy():
    logits, target = torch.tensor([[104.0, 0.0]], requires_grad=True), torch.tensor([1])
    loss = F.nll_loss(logits.softmax(1).log(), target)
    assert torch.autograd.grad(loss, logits)[0].isnan().all()
    loss = F.cross_entropy(logits.softmax(1), target)
    assert (torch.autograd.grad(loss, logits)[0] == 0).all()
