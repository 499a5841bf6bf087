import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.attention.split_heads import MultiHeadAttention, qkv_rows
from snippets.attention.wrong_split_heads import split_heads_by_view
from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.judge import Undecided
from snippets.guards.wrong_agrees_with_reference import grouped_attention_by_repeat
from snippets.normalization.wrong_layer_norm import layer_norm_by_sample_deviation


def numbers(device, *shape, dtype=torch.float32):
    return torch.arange(1, 1 + math.prod(shape), device=device).view(shape).sin().to(dtype)


def qkv(device, dtype=torch.float32):
    x = numbers(device, 2, 8, 3, 4, dtype=dtype)
    return x[:, :4], x[:, 4:6], x[:, 6:]


def grouped(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)


def layer_norm(x):
    return F.layer_norm(x, x.shape[-1:])


class Attention(nn.Module):
    """torch's attention as a function of one tensor."""

    def __init__(self, h, d):
        super().__init__()
        self.attention = nn.MultiheadAttention(h * d, h, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


def converter(rows):
    def convert(state):
        state = {name.removeprefix("attention."): x for name, x in state.items()}
        return {"in_proj.weight": state["in_proj_weight"][rows],
                "in_proj.bias": state["in_proj_bias"][rows],
                "out_proj.weight": state["out_proj.weight"],
                "out_proj.bias": state["out_proj.bias"]}
    return convert


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_shared_heads_repeated_as_blocks_fail(device, dtype):
    with pytest.raises(AssertionError, match="output 0 differs in 48 of 96: "):
        agrees_with_reference(grouped_attention_by_repeat, grouped, *qkv(device, dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_shared_heads_repeated_one_by_one_pass(device, dtype):
    def ours(q, k, v):
        k, v = k.repeat_interleave(2, dim=1), v.repeat_interleave(2, dim=1)
        return (q @ k.mT / 2).softmax(-1) @ v
    agrees_with_reference(ours, grouped, *qkv(device, dtype))


def test_another_deviation_or_epsilon_fails(device):
    x = numbers(device, 3, 8)
    for wrong in [layer_norm_by_sample_deviation,
                  lambda x: F.layer_norm(x, (8,), eps=1e-4),
                  lambda x: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True, correction=0)]:
        with pytest.raises(AssertionError, match=r"^output 0 differs .* another ε or variance"):
            agrees_with_reference(wrong, layer_norm, x)


@pytest.mark.parametrize("mode", [True, False])
def test_multi_head_attention_agrees_with_torch(device, mode):
    ours, reference = MultiHeadAttention(12, 4, 3).to(device), Attention(4, 3).to(device)
    agrees_with_reference(ours.train(mode), reference.train(mode), numbers(device, 2, 5, 12),
                          convert=converter(slice(None)))
    assert (ours.training, reference.training) == (mode, mode)


@pytest.mark.parametrize("layout", ["(h, 3d)", "(3d, h)"])
def test_rows_in_another_layout_fail(device, layout):
    with pytest.raises(AssertionError, match="weights converted wrongly"):
        agrees_with_reference(MultiHeadAttention(12, 4, 3).to(device), Attention(4, 3).to(device),
                              numbers(device, 2, 5, 12), convert=converter(qkv_rows(4, 3, layout)))


def test_heads_split_by_view_fail(device):
    class ByView(MultiHeadAttention):
        def forward(self, x):
            q, k, v = (split_heads_by_view(y.contiguous(), 4)
                       for y in self.in_proj(x).chunk(3, dim=-1))
            heads = F.scaled_dot_product_attention(q, k, v)
            return self.out_proj(heads.transpose(1, 2).flatten(2))
    with pytest.raises(AssertionError, match="heads or features in another order"):
        agrees_with_reference(ByView(12, 4, 3).to(device), Attention(4, 3).to(device),
                              numbers(device, 2, 5, 12), convert=converter(slice(None)))


def test_a_detached_input_fails_by_its_gradient(device):
    x = numbers(device, 3, 8)
    for cut in [lambda x: layer_norm(x.detach()), lambda x: layer_norm(x.data),
                lambda x: x - x.mean(-1, keepdim=True).detach()]:
        whole = layer_norm if cut(x).std() > 0.9 else lambda x: x - x.mean(-1, keepdim=True)
        with pytest.raises(AssertionError, match=r"^the gradient of input 0 differs .* detach"):
            agrees_with_reference(cut, whole, x)


def test_a_weight_without_effect_fails_by_its_gradient(device):
    class Idle(nn.LayerNorm):
        def forward(self, x):
            return F.layer_norm(x, (8,), None, self.bias)
    with pytest.raises(AssertionError, match=r"^the gradient of weight differs in 8 of 8"):
        agrees_with_reference(
            Idle(8).to(device), nn.LayerNorm(8).to(device), numbers(device, 3, 8))


def test_the_second_output_and_the_shape_count(device):
    x = numbers(device, 3, 8)
    with pytest.raises(AssertionError, match="output 1 differs in 24 of 24"):
        agrees_with_reference(lambda x: (x, -x), lambda x: (x, x), x)
    with pytest.raises(AssertionError, match=r"output 0 has shape \(8, 3\), not \(3, 8\)"):
        agrees_with_reference(lambda x: x.mT, lambda x: x, x)


def test_nan_fails(device):
    with pytest.raises(AssertionError, match="output 0 differs in 24 of 24"):
        agrees_with_reference(lambda x: x / 0 * 0, lambda x: x, numbers(device, 3, 8))


def test_indices_and_tied_weights_are_inputs_too(device):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(5, 4)
            self.head = nn.Linear(4, 5, bias=False)
            self.head.weight = self.embedding.weight

        def forward(self, words):
            return self.head(self.embedding(words))

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(5, 4))

        def forward(self, words):
            return self.weight[words] @ self.weight.T

    words = torch.tensor([[0, 3], [1, 4]], device=device)
    agrees_with_reference(Shared().to(device), Tied().to(device), words,
                          convert=lambda state: {"weight": state["embedding.weight"]})


def test_a_weight_that_is_missing_raises(device):
    with pytest.raises(RuntimeError, match="bias"):
        agrees_with_reference(nn.Linear(8, 3, bias=False).to(device), nn.Linear(8, 3).to(device),
                              numbers(device, 2, 8))


def test_batch_norm_agrees_in_both_modes(device):
    for mode in [True, False]:
        ours, reference = (nn.BatchNorm1d(8).to(device).train(mode) for _ in range(2))
        agrees_with_reference(ours, reference, numbers(device, 6, 8))
        assert reference.num_batches_tracked == 0


def test_a_reference_that_proves_nothing_is_undecided(device):
    x = numbers(device, 3, 8)
    with pytest.raises(Undecided, match="random"):
        agrees_with_reference(nn.Identity(), nn.Dropout(), x)
    with pytest.raises(Undecided, match="finite"):
        agrees_with_reference(lambda x: x / 0, lambda x: x / 0, x)
    with pytest.raises(Undecided, match="other inputs"):
        agrees_with_reference(lambda x: x * 0, lambda x: x * 0, x)
    with pytest.raises(AssertionError, match="dropout"):
        agrees_with_reference(nn.Dropout(), nn.Identity(), x)


def test_nothing_is_left_changed(device):
    ours, reference = nn.Linear(8, 3).to(device), nn.Linear(8, 3).to(device)
    before = [p.detach().clone() for m in (ours, reference) for p in m.parameters()]
    ours(numbers(device, 2, 8)).sum().backward()
    grads = [p.grad.clone() for p in ours.parameters()]
    x, state = numbers(device, 2, 8), torch.get_rng_state()

    def scribble(x):
        torch.rand(2)
        return x.mul_(2)

    agrees_with_reference(ours, reference, x)
    agrees_with_reference(scribble, scribble, x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(x, numbers(device, 2, 8))
    for p, then in zip([*ours.parameters(), *reference.parameters()], before, strict=True):
        assert p.dtype == torch.float32
        assert torch.equal(p, then)
    for p, then in zip(ours.parameters(), grads, strict=True):
        assert torch.equal(p.grad, then)


def test_a_boolean_input_has_no_gradient(device):
    x = torch.randn(3, 4, device=device)
    keep = torch.tensor([True, False, True, True], device=device)
    agrees_with_reference(
        lambda x, keep: x.masked_fill(~keep, 0), lambda x, keep: x * keep, x, keep)
