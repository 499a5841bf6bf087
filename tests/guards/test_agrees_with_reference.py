import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.attention.qkv_layouts import qkv_rows
from snippets.attention.split_heads import MultiHeadAttention
from snippets.attention.wrong_split_heads import split_heads_by_view
from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.judge import Undecided
from snippets.guards.wrong_agrees_with_reference import grouped_attention_by_repeat
from snippets.normalization.wrong_layer_norm import layer_norm_by_sample_deviation
from tests.awkward import Guard

AWKWARD = [
    Guard(agrees_with_reference, right=lambda guard, x: guard(lambda x: x.clone(), lambda x: x, x),
          wrong=lambda guard, x: guard(lambda x: x[:, :2], lambda x: x, x)),
]


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


SYMMETRIC = {
    "sum": lambda x: x.sum(), "mean": lambda x: x.mean(), "product": lambda x: x.prod(),
    "logsumexp": lambda x: x.logsumexp((0, 1)), "maximum": lambda x: x.amax(),
    "deviation": lambda x: x.std(), "sorted": lambda x: x.flatten().sort().values,
    "norm": torch.linalg.norm, "of rows": lambda x: x.sum(1), "softmax": lambda x: x.softmax(-1),
    "layer norm": layer_norm,
}


@pytest.mark.parametrize("name", SYMMETRIC)
@pytest.mark.parametrize("values", ["numbers", "zeros", "ones", "one number"])
def test_a_symmetric_function_and_a_constant_input_can_be_told(device, name, values):
    f = SYMMETRIC[name]
    x = {"numbers": numbers(device, 3, 4), "zeros": torch.zeros(3, 4, device=device),
         "ones": torch.ones(3, 4, device=device), "one number": torch.ones(1, 1, device=device)}
    if values == "one number" and name in ("deviation", "softmax", "layer norm"):
        pytest.skip("a constant")
    if name not in ("deviation", "norm") or values == "numbers":  # whose slopes are not finite
        agrees_with_reference(f, f, x[values])
    with pytest.raises(AssertionError, match="output 0 differs"):
        agrees_with_reference(lambda x: 1.01 * f(x) + 0.01, f, x[values])


@pytest.mark.parametrize("data", [[0, 2, 2, 3], [2, 2], [3], [0, 0], [3, 1, 3]])
@pytest.mark.parametrize("f", [lambda x: torch.bincount(x, minlength=4), lambda x: x.sum(),
                               lambda x: x.amax(), lambda x: F.one_hot(x, 4).sum(0)])
def test_a_symmetric_function_of_integers_can_be_told(device, f, data):
    x = torch.tensor(data, device=device)
    agrees_with_reference(f, f, x)
    with pytest.raises(AssertionError, match="output 0 differs"):
        agrees_with_reference(lambda x: f(x) + 1, f, x)


@pytest.mark.parametrize("data", [[True, False], [True, True], [False]])
def test_a_symmetric_function_of_booleans_can_be_told(device, data):
    x = torch.tensor(data, device=device)
    for f in [torch.sum, torch.all, torch.any]:
        if f(x) != f(~x) or len(set(data)) > 1:
            agrees_with_reference(f, f, x)


def test_other_inputs_stay_valid(device):
    embedding = nn.Embedding(4, 3).to(device)

    def pooled(ids, shares):
        assert ids.max() <= 3
        assert 0 <= shares.min() <= shares.max() <= 1
        return 0 * embedding(ids).sum() + 0 * shares.sum()

    with pytest.raises(Undecided, match="other inputs"):
        agrees_with_reference(pooled, pooled, torch.tensor([3, 0, 3], device=device),
                              torch.tensor([0.5, 1.0], device=device))


def test_outputs_that_are_missing_or_no_tensors_are_named(device):
    x = numbers(device, 3, 8)
    with pytest.raises(AssertionError, match="2 outputs, and the reference has 1"):
        agrees_with_reference(lambda x: (x, x), lambda x: x, x)
    with pytest.raises(AssertionError, match="1 outputs, and the reference has 2"):
        agrees_with_reference(lambda x: x, lambda x: (x, x), x)
    attention = nn.MultiheadAttention(8, 2).to(device)
    with pytest.raises(Undecided, match="output 1 is of type NoneType"):
        agrees_with_reference(*[lambda x: attention(x, x, x, need_weights=False)] * 2, x)
    with pytest.raises(Undecided, match="other inputs"):
        agrees_with_reference(lambda x: x[:0], lambda x: x[:0], x)


def test_complex_numbers_are_compared_whole(device):
    x, z = numbers(device, 3, 8), torch.complex(*numbers(device, 2, 5))
    agrees_with_reference(torch.fft.rfft, torch.fft.rfft, x)
    agrees_with_reference(lambda z: z * 2, lambda z: z + z, z)
    for ours, reference, data in [
            (lambda x: torch.fft.rfft(x).conj(), torch.fft.rfft, x),
            (lambda z: z.conj(), lambda z: z, z)]:
        with pytest.raises(AssertionError, match="output 0 differs"):
            agrees_with_reference(ours, reference, data)
    with pytest.raises(AssertionError, match="gradient of input 0"):
        agrees_with_reference(lambda z: torch.complex(z.real, z.imag.detach()), lambda z: z + 0, z)


def test_modules_inside_of_a_function_are_copied_too(device):
    norm, x = nn.BatchNorm1d(8).to(device), numbers(device, 6, 8)
    agrees_with_reference(
        lambda x: norm(x), lambda x: F.batch_norm(x, None, None, training=True), x)
    assert norm.num_batches_tracked == 0
    assert norm.weight.dtype == torch.float32


@pytest.mark.parametrize("place", ["closure", "attribute"])
def test_a_tensor_that_stays_in_float32_is_undecided(device, place):
    weight = numbers(device, 8, 8)

    class Layer(nn.Module):
        def forward(self, x):
            return x @ weight

    call = (lambda x: x @ weight) if place == "closure" else Layer()
    with pytest.raises(Undecided, match="of another dtype") as caught:
        agrees_with_reference(call, lambda x: x, numbers(device, 3, 8))
    assert "dtype" in str(caught.value.__cause__)


def test_a_number_that_a_module_makes_itself_is_in_float64(device):
    class Adds(nn.Module):
        def forward(self, x):
            return x + torch.full((8,), 0.1, device=device)

    agrees_with_reference(Adds(), lambda x: x + 0.1, numbers(device, 3, 8))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_are_compared_in_any_mode(device, mode):
    with mode():
        x = numbers(device, 3, 8)
        layer = nn.LayerNorm(8).to(device)
        agrees_with_reference(layer, layer, x)
        with pytest.raises(AssertionError, match="gradient of input 0"):
            agrees_with_reference(lambda x: x.detach(), lambda x: x.clone(), x)


def test_a_weight_of_integers_has_no_gradient(device):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.codes = nn.Parameter(torch.ones(3, dtype=torch.int8), requires_grad=False)

        def forward(self, x):
            return x * self.codes.sum()

    agrees_with_reference(Scaled().to(device), Scaled().to(device), numbers(device, 3, 8))


def test_float8_and_no_outputs():
    x = torch.arange(1.0, 9.0).to(torch.float8_e4m3fn)
    agrees_with_reference(torch.square, lambda x: x * x, x)
    with pytest.raises(Undecided, match="no output to compare"):
        agrees_with_reference(lambda x: (), lambda x: (), x)


def test_statistics_that_a_call_updates_are_not_compared(device):
    ours, reference = (nn.BatchNorm1d(8, momentum=m).to(device) for m in (0.9, 0.1))
    agrees_with_reference(ours, reference, numbers(device, 6, 8))


def test_data_on_meta_is_undecided():
    with pytest.raises(Undecided, match="on meta"):
        agrees_with_reference(torch.sum, torch.sum, torch.ones(3, device="meta"))


def test_a_gradient_that_is_sparse_is_compared(device):
    ids = torch.tensor([[1, 2, 4], [3, 0, 2]], device=device)
    ours, reference = (nn.Embedding(5, 3, sparse=sparse).to(device) for sparse in (True, False))
    agrees_with_reference(ours, reference, ids)
    with pytest.raises(AssertionError, match="gradient of weight differs"):
        agrees_with_reference(nn.Embedding(5, 3, sparse=True, padding_idx=2).to(device), reference,
                              ids)


@pytest.mark.parametrize("which", [0, 1])
def test_a_compiled_module_is_compared_uncompiled(device, which):
    layers = [nn.Linear(8, 3).to(device), nn.Linear(8, 3).to(device)]
    layers[which] = torch.compile(layers[which], backend="eager")
    agrees_with_reference(*layers, numbers(device, 2, 8))


def test_an_assert_of_a_layer_is_not_the_guards():
    def picky(x):
        assert x.sum() > 1e9, "large numbers"
        return x

    x = torch.arange(4.0)
    for pair in [(picky, torch.clone), (torch.clone, picky)]:
        with pytest.raises(Undecided, match="of the call itself fails: large numbers"):
            agrees_with_reference(*pair, x)
