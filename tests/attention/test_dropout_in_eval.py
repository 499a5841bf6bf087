import pytest
import torch
from torch import nn

from snippets.attention.dropout_in_eval import SelfAttention, assert_eval_repeats
from snippets.attention.wrong_dropout_in_eval import SelfAttentionAlwaysDropping


def test_it_is_torchs_attention_in_eval(device):
    ours = SelfAttention(8, 2, p=0.5).to(device, torch.float64).eval()
    theirs = nn.MultiheadAttention(
        8, 2, batch_first=True, device=device, dtype=torch.float64)
    theirs.load_state_dict({
        "in_proj_weight": ours.in_proj.weight, "in_proj_bias": ours.in_proj.bias,
        "out_proj.weight": ours.out_proj.weight, "out_proj.bias": ours.out_proj.bias})
    x = torch.randn(2, 5, 8, dtype=torch.float64, device=device, requires_grad=True)
    hide = torch.ones(5, 5, dtype=torch.bool, device=device).triu(1)
    out, expected = ours(x), theirs(x, x, x, attn_mask=hide)[0]
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(
        torch.autograd.grad(out.square().sum(), x), torch.autograd.grad(expected.square().sum(), x))


@pytest.mark.parametrize("training", [True, False])
def test_the_guard_leaves_the_mode_alone(device, training):
    model = nn.Sequential(SelfAttention(8, 2, p=0.5), nn.Dropout()).to(device).train(training)
    model[1].eval()
    assert_eval_repeats(model, torch.randn(2, 5, 8, device=device))
    assert [m.training for m in model] == [training, False]


def test_a_dropout_that_does_not_ask_is_noticed(device):
    model, x = SelfAttentionAlwaysDropping(p=0.5), torch.randn(2, 16, 8, device=device)
    with pytest.raises(AssertionError, match=r"self\.training"):
        assert_eval_repeats(model, x)
