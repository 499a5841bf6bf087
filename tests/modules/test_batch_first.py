import warnings

import pytest
import torch
from torch import nn

from snippets.guards.independent_samples import independent_samples
from snippets.modules.batch_first import batch_first_encoder
from snippets.modules.wrong_batch_first import encoder_across_the_batch
from tests.awkward import LeftOut

AWKWARD = [LeftOut(batch_first_encoder, "it takes numbers of features, heads and layers")]


@pytest.mark.parametrize("batch", [2, 5, 7])
def test_samples_stay_apart_where_the_batch_is_first(device, batch):
    model = batch_first_encoder(8, 2, layers=2).to(device)
    independent_samples(model, torch.randn(batch, 5, 8, device=device))


@pytest.mark.parametrize("batch", [2, 5, 7])
def test_the_default_attends_across_the_batch(device, batch):
    model = encoder_across_the_batch(8, 2).to(device)
    with pytest.raises(AssertionError, match="batch_first left out"):
        independent_samples(model, torch.randn(batch, 5, 8, device=device))


def test_the_encoder_is_two_layers_in_float64(device):
    torch.manual_seed(0)
    model = batch_first_encoder(8, 2, layers=2).to(device).double()
    x = torch.randn(3, 5, 8, device=device, dtype=torch.float64)
    torch.testing.assert_close(model(x), model.layers[1](model.layers[0](x)))


@pytest.mark.parametrize("batch_first", [False, True])
def test_the_warning_names_norm_first_in_either_layout(batch_first):
    layer = nn.TransformerEncoderLayer(4, 2, norm_first=True, batch_first=batch_first)
    with pytest.warns(UserWarning, match="norm_first was True") as caught:
        nn.TransformerEncoder(layer, num_layers=1)
    assert not any("batch_first" in str(warning.message) for warning in caught)


def test_an_encoder_without_nested_tensors_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2), num_layers=1, enable_nested_tensor=False)


def causal_along_the_batch(mode):
    layer = encoder_across_the_batch(4, 2).train(mode)
    hide = torch.ones(5, 5, dtype=torch.bool).triu(1)
    return lambda x: layer(x, src_mask=hide, is_causal=True)


@pytest.mark.parametrize("mode", [True, False])
def test_with_is_causal_a_mask_of_another_shape_is_dropped(mode):
    torch.manual_seed(0)
    run, x = causal_along_the_batch(mode), torch.randn(3, 5, 4)
    for changed, moves in ((0, [True] * 3), (2, [False, False, True])):
        other = x.clone()
        other[changed] = torch.randn(5, 4)
        gap = (run(other) - run(x)).abs().amax((1, 2))
        assert (gap > 1e-5).tolist() == moves
    with pytest.raises(AssertionError, match="batch_first left out"):
        independent_samples(run, x)


def test_with_is_causal_a_padding_mask_has_both_masks_checked():
    layer, x = encoder_across_the_batch(4, 2), torch.randn(3, 5, 4)
    hide = torch.ones(5, 5, dtype=torch.bool).triu(1)
    with pytest.raises(RuntimeError, match="2D attn_mask"):
        layer(x, src_mask=hide, is_causal=True,
              src_key_padding_mask=torch.zeros(5, 3, dtype=torch.bool))
