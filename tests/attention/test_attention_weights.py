import pytest
import torch
from torch import nn

from snippets.attention.attention_weights import collected_weights
from tests.awkward import LeftOut

AWKWARD = [LeftOut(collected_weights, "it takes a model; its own tests are below")]


def encoder(**options):
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, **options)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()


@pytest.mark.parametrize("grad", [True, False])
def test_the_weights_of_each_layer_are_those_of_a_call_of_its_attention(grad):
    model, x = encoder(norm_first=True), torch.randn(3, 5, 8)
    padding = torch.zeros(3, 5, dtype=torch.bool)
    padding[0, 3:] = True
    with torch.set_grad_enabled(grad), collected_weights(model) as found:
        model(x, src_key_padding_mask=padding)
    first = model.layers[0]
    h = first.norm1(x)
    mask = torch.zeros(3, 5).masked_fill(padding, -torch.inf)
    _, expected = first.self_attn(h, h, h, key_padding_mask=mask, average_attn_weights=False)
    assert list(found) == ["layers.0.self_attn", "layers.1.self_attn"]
    torch.testing.assert_close(found["layers.0.self_attn"], expected.detach())
    assert not found["layers.0.self_attn"][0, :, :, 3:].any()


def test_the_outputs_stay_and_the_hooks_go_also_after_an_error():
    model, x = encoder(), torch.randn(2, 4, 8)
    before = model(x)
    with collected_weights(model):
        torch.testing.assert_close(model(x), before)
    with pytest.raises(ZeroDivisionError), collected_weights(model):
        raise ZeroDivisionError
    attention = model.layers[0].self_attn
    assert not attention._forward_hooks
    assert not attention._forward_pre_hooks


@pytest.mark.parametrize("count", range(3, 9))
def test_each_argument_may_be_given_by_position(count):
    attention, x = nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(2, 4, 8)
    arguments = [x, x, x, None, False, None, True, False][:count]
    with collected_weights(attention) as found:
        attention(*arguments)
    assert found[""].shape == (2, 2, 4, 4)


def test_without_a_batch_the_shape_is_that_of_the_heads():
    attention, x = nn.MultiheadAttention(8, 2), torch.randn(4, 8)
    with collected_weights(attention) as found:
        attention(x, x, x)
    assert found[""].shape == (2, 4, 4)


def test_a_model_without_attention_is_refused():
    with (pytest.raises(ValueError, match=r"holds no nn\.MultiheadAttention"),
          collected_weights(nn.Linear(2, 2))):
        pass


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_without_gradients_padding_is_cut_off_or_its_rows_are_0():
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True)
    model = nn.TransformerEncoder(layer, 2).eval()
    padding = torch.zeros(3, 5, dtype=torch.bool)
    padding[:, 4:] = padding[0, 2:] = True
    with torch.no_grad(), collected_weights(model) as found:
        model(torch.randn(3, 5, 8), src_key_padding_mask=padding)
    for weights in found.values():
        assert weights.shape == (3, 2, 4, 4)
        right = (~padding[:, None, :4]).float().expand(3, 2, 4)
        torch.testing.assert_close(weights.sum(-1), right)
