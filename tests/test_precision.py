"""Losses, softmax, norms and attention of snippets/ in four precisions.

The reference is torch's own function in float64, on the inputs as the type holds them.
A type rounds each operation by at most u = eps / 2. The bounds are worked out to first
order: a sum of n terms costs (n - 1) u of the sum of their sizes, a product, a quotient or
a square root u of the result, and an error a before exp is a relative error a behind it.
Below the smallest normal number a rounding costs half the spacing there instead, once for
exp and once for the quotient. So no number here is tuned.
"""

import pytest
import torch
import torch.nn.functional as F

from snippets.attention.attention_by_hand import attention
from snippets.losses import cross_entropy_targets
from snippets.losses.logits_not_probabilities import binary_cross_entropy
from snippets.normalization.batch_norm_statistics import batch_norm
from snippets.normalization.layer_norm import layer_norm
from snippets.normalization.which_axes import rms_norm
from snippets.numerics import stable_softmax

DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
N, C = 6, 10


@pytest.fixture(params=DTYPES, ids=lambda dtype: str(dtype).removeprefix("torch."))
def dtype(request):
    return request.param


@pytest.fixture
def u(dtype):
    return torch.finfo(dtype).eps / 2


@pytest.fixture
def logits(device, dtype):
    torch.manual_seed(0)
    return (4 * torch.randn(N, C, device=device)).to(dtype)


def assert_within(got, want, bound):
    """Compare with a float64 reference; `bound` holds for each element."""
    info = torch.finfo(got.dtype)
    below_normal = 2 * info.smallest_normal * info.eps / 2
    excess = ((got.double() - want).abs() - bound - below_normal).max().item()
    assert excess <= 0, f"beyond its bound by {excess}"


def shifts(x):
    """The size of each logit below its row's maximum: what softmax exponentiates."""
    return (x.double().amax(1, keepdim=True) - x.double()).abs()


def test_softmax(logits, u):
    """exp of a shift of size s: (s + 1) u; their sum: C u more; the quotient: 1 u."""
    want = F.softmax(logits.double(), dim=1)
    worst = shifts(logits).amax(1, keepdim=True)
    bound = want * (shifts(logits) + worst + C + 3) * u
    assert_within(stable_softmax.softmax(logits, dim=1), want, bound)


def log_softmax_bound(x, want, u):
    """The shift s and the result cost u of their size, the sum its relative error, its log 1 u."""
    weighted = (F.softmax(x.double(), dim=1) * shifts(x)).sum(1, keepdim=True)
    log_of_sum = torch.log(torch.tensor(float(C)))
    return (shifts(x) + weighted + C + 1 + log_of_sum + want.abs()) * u


def test_log_softmax(logits, u):
    want = F.log_softmax(logits.double(), dim=1)
    bound = log_softmax_bound(logits, want, u)
    assert_within(stable_softmax.log_softmax(logits, dim=1), want, bound)


@pytest.mark.parametrize("cross_entropy", [
    stable_softmax.cross_entropy, cross_entropy_targets.cross_entropy,
    cross_entropy_targets.token_cross_entropy])
def test_cross_entropy_of_class_indices(logits, u, cross_entropy):
    """The mean of N losses: N u of their mean, beside the error of each."""
    target = torch.arange(N, device=logits.device)
    want = F.cross_entropy(logits.double(), target)
    each = log_softmax_bound(logits, F.log_softmax(logits.double(), dim=1), u).mean(0).max()
    assert_within(cross_entropy(logits, target), want, each + (N + 1) * u * want)


def test_cross_entropy_of_probabilities(logits, u):
    """Each product t · log p costs u of it, their sum C u, the mean N u."""
    target = F.softmax(logits.flip(0).double(), dim=1).to(logits.dtype)
    want = F.cross_entropy(logits.double(), target.double())
    log_p = F.log_softmax(logits.double(), dim=1)
    each = (target.double() * log_softmax_bound(logits, log_p, u)).sum(1).mean()
    got = cross_entropy_targets.soft_cross_entropy(logits, target)
    assert_within(got, want, each + (C + N + 2) * u * want)


def test_binary_cross_entropy(logits, u):
    """logsigmoid: 3 u of min(x, 0) and of ln(1 + exp(-|x|)), each; products and sum: 3 u."""
    target = torch.rand_like(logits.double()).to(logits.dtype)
    x, t = logits.double(), target.double()
    want = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    sizes = t * (x.clamp(max=0).abs() + F.softplus(-x.abs())) + (1 - t) * (
        x.clamp(min=0) + F.softplus(-x.abs()))
    assert_within(binary_cross_entropy(logits, target), want, 6 * u * (sizes + want))


def norm_bound(x, want, weight, bias, axes, u):
    """What a norm over n elements may lose, to first order.

    The mean loses n u of the mean size m of x, so each centred value has an error of
    (n + 1) u m + u |x|, which is divided by the deviation. The variance of centred values
    loses twice that and (n + 2) u of itself, of which the root keeps half; root, quotient,
    product and sum cost u each.
    """
    x = x.double()
    n = x.numel() // x.mean(axes, keepdim=True).numel()
    size = x.abs().mean(axes, keepdim=True)
    deviation = x.var(axes, correction=0, keepdim=True).sqrt()
    centred = ((n + 1) * size + x.abs()) * u / deviation
    scaled = (want - bias).abs()
    relative = centred.amax(axes, keepdim=True) + ((n + 2) / 2 + 4) * u
    return weight.abs() * centred + scaled * relative + u * want.abs()


@pytest.mark.parametrize("mean", [0, 30])
def test_layer_norm(device, dtype, u, mean):
    torch.manual_seed(0)
    x = (mean + torch.randn(N, C, device=device)).to(dtype)
    weight, bias = torch.randn(2, C, device=device).to(dtype)
    want = F.layer_norm(x.double(), (C,), weight.double(), bias.double())
    bound = norm_bound(x, want, weight.double(), bias.double(), [1], u)
    assert_within(layer_norm(x, weight, bias), want, bound)


@pytest.mark.parametrize("mean", [0, 30])
def test_batch_norm(device, dtype, u, mean):
    torch.manual_seed(0)
    x = (mean + torch.randn(4, 3, 2, 5, device=device)).to(dtype)
    weight, bias = torch.randn(2, 3, device=device).to(dtype)
    want = F.batch_norm(x.double(), None, None, weight.double(), bias.double(), training=True)
    per_channel = [t.double().view(3, 1, 1) for t in (weight, bias)]
    bound = norm_bound(x, want, *per_channel, [0, 2, 3], u)
    assert_within(batch_norm(x, weight, bias), want, bound)


def test_rms_norm(device, dtype, u):
    """Squares and their mean: (C + 2) u, of which the root keeps half; then 4 u."""
    torch.manual_seed(0)
    x, weight = torch.randn(N, C, device=device).to(dtype), torch.randn(C, device=device).to(dtype)
    want = F.rms_norm(x.double(), (C,), weight.double(), eps=1e-5)
    assert_within(rms_norm(x, weight), want, want.abs() * ((C + 2) / 2 + 4) * u)


@pytest.mark.parametrize("causal", [False, True])
def test_attention(device, dtype, u, causal):
    """A score loses (d + 2) u of its products' sizes; softmax over S keys and S products follow."""
    torch.manual_seed(0)
    L, d = 7, 4
    q, k, v = torch.randn(3, 2, L, d, device=device).to(dtype)
    keep = torch.ones(L, L, device=device).tril().bool() if causal else None
    Q, K, V = q.double(), k.double(), v.double()
    want = F.scaled_dot_product_attention(Q, K, V, is_causal=causal)
    _, weights = attention(Q, K, V, keep)
    score = (d + 2) * u * (Q.abs() @ K.abs().mT).amax(-1, keepdim=True) / d ** 0.5
    scores = (Q @ K.mT).abs().amax(-1, keepdim=True) / d ** 0.5
    relative = 2 * score + (4 * scores + L + 3) * u
    bound = (weights @ V.abs()) * (relative + (L + 1) * u)
    assert_within(attention(q, k, v, keep)[0], want, bound)
