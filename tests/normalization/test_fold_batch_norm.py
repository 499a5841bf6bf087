import pytest
import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def difference(inputs, outputs, groups, transpose, device):
    """The largest error of the fold of a transposed convolution with groups."""
    conv = nn.ConvTranspose2d(inputs, outputs, 3, groups=groups, device=device).eval()
    norm = nn.BatchNorm2d(outputs, device=device).eval()
    for numbers in (norm.weight.data, norm.bias.data, norm.running_mean):
        numbers.normal_()
    x = torch.randn(2, inputs, 4, 4, device=device)
    return (fuse_conv_bn_eval(conv, norm, transpose)(x) - norm(conv(x))).abs().max().item()


def test_a_depthwise_transposed_convolution_folds_without_transpose(device):
    assert difference(4, 4, 4, False, device) < 1e-5


@pytest.mark.parametrize(("inputs", "outputs", "groups"), [
    (4, 4, 2), (4, 4, 4), (6, 4, 2), (8, 4, 4), (4, 2, 2)])
def test_transpose_raises_with_groups(device, inputs, outputs, groups):
    with pytest.raises(RuntimeError):
        difference(inputs, outputs, groups, True, device)


def test_other_groups_are_folded_wrongly_or_not_at_all_without_transpose(device):
    assert difference(4, 4, 2, False, device) > 1e-3
    with pytest.raises(RuntimeError):
        difference(4, 8, 4, False, device)
