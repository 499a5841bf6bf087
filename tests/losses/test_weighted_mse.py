import torch
import torch.nn.functional as F


def test_weights_of_0_give_nan_and_in_huber_0():
    x, y, weight = torch.ones(3), torch.zeros(3), torch.zeros(3)
    assert F.mse_loss(x, y, weight=weight).isnan()
    assert F.l1_loss(x, y, weight=weight).isnan()
    assert F.huber_loss(x, y, weight=weight) == 0


def test_a_weight_for_each_row_is_counted_once_in_the_divisor():
    each, weight = torch.ones(2, 3), torch.ones(2, 1)
    assert (weight * each).sum() / weight.sum() == 3
