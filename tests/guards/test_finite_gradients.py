import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, Normal
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint

from snippets.guards.finite_gradients import edges_of, finite_gradients_at_the_edge
from snippets.guards.judge import Undecided
from snippets.guards.wrong_finite_gradients import (
    distance_by_square_root,
    entropy_of_products,
    loss_masked_after,
    normalize_frames,
)
from tests.awkward import Case, Guard


def holds(x, edges):
    for edge in edges.values():
        assert edge[0].shape == x.shape
        assert edge[0].dtype == x.dtype


AWKWARD = [
    Case(edges_of, lambda f, x: f(x) if not x.is_meta else {}, holds=holds, compiled=False),
    Guard(finite_gradients_at_the_edge,
          right=lambda guard, x: guard(lambda x: x * 2, x),
          wrong=lambda guard, x: guard(lambda x: x.square().sum().sqrt(), x)),
]


class PackedGru(nn.GRU):
    def forward(self, x):
        packed = pack_padded_sequence(x, [3, 2, 1, 3], batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(super().forward(packed)[0], batch_first=True)[0]


class Attention(nn.Module):
    """Self-attention of (B, L, D) whose last token is padding."""

    def __init__(self, features):
        super().__init__()
        self.layer = nn.MultiheadAttention(features, 2, batch_first=True)

    def forward(self, x):
        hide = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        hide[:, -1] = True
        return self.layer(x, x, x, key_padding_mask=hide)[0]


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(4, 4), nn.Linear(2, 4)

    def forward(self, x):
        mean, log_variance = self.encode(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        kl = (log_variance.exp() + mean.square() - 1 - log_variance).sum(1) / 2
        return F.mse_loss(self.decode(z), x) + kl.mean()


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(4, 3)
        self.experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, x):
        share, chosen = self.router(x).softmax(-1).max(-1)
        return sum((share * (chosen == i)).unsqueeze(1) * expert(x)
                   for i, expert in enumerate(self.experts))


class Recomputed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(4, 4), nn.GELU())

    def forward(self, x):
        return checkpoint(self.layer, x, use_reentrant=False)


class LowRank(nn.Linear):
    def __init__(self):
        super().__init__(4, 4)
        self.weight.requires_grad_(False)
        self.a, self.b = nn.Parameter(torch.randn(4, 2)), nn.Parameter(torch.zeros(2, 4))

    def forward(self, x):
        return super().forward(x) + x @ self.a @ self.b


class WithLoss(nn.Module):
    """A layer and the loss of what it gives."""

    def __init__(self, layer, loss):
        super().__init__()
        self.layer, self.loss = layer, loss

    def forward(self, x, *target):
        return self.loss(self.layer(x), *target)


class Autocast(nn.Linear):
    def forward(self, x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return super().forward(x).float().log_softmax(1)


def info_nce(a, b):
    scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / 0.1
    return F.cross_entropy(scores, torch.arange(len(a), device=a.device))


def ctc(logits):
    steps = logits.log_softmax(1).unsqueeze(1).expand(-1, 2, -1)
    target = torch.tensor([[1, 2], [3, 1]], device=logits.device)
    return F.ctc_loss(steps, target, torch.tensor([4, 4]), torch.tensor([1, 2]))


def focal(logits, target):
    loss = F.cross_entropy(logits, target, reduction="none")
    return ((1 - (-loss).exp()).square() * loss).mean()


def dice(logits, target):
    share = logits.softmax(1)
    wanted = F.one_hot(target, share.shape[1])
    both = (share * wanted).sum(0)
    return 1 - ((2 * both + 1) / (share.sum(0) + wanted.sum(0) + 1)).mean()


def entropy(logits):
    return Categorical(logits=logits).entropy()


def selected_before(prediction, target):
    there = ~target.isnan()
    return F.mse_loss(prediction[there], target[there])


def replaced_before(prediction, target):
    there = ~target.isnan()
    return ((prediction - target.nan_to_num()).square() * there).sum() / there.sum()


def spectrum(sound):
    return torch.stft(sound, 4, window=torch.ones(4, device=sound.device),
                      return_complex=True).abs().log1p()


def sharpness(layer, x):
    slope, = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
    return (slope.square().sum(1).sqrt() - 1).square().mean()


def penalty(layer, x):
    slope, = torch.autograd.grad(layer(x.tanh()).sum(), x, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()


def numbers(*shape):
    size = math.prod(shape)
    return (torch.arange(1.0, size + 1) * 1.7).sin().mul(1.3).view(shape)


A, B, Y = numbers(4, 4), numbers(5, 4)[1:].flip(1) - 0.1, torch.tensor([0, 2, 1, 3])
P, Q = A.softmax(1), B.softmax(1)
MISSING = B.masked_fill(torch.eye(4).bool(), math.nan)
HIDDEN = A.masked_fill(torch.eye(4).bool(), -math.inf)

RIGHT = {
    "F.pairwise_distance": lambda: (F.pairwise_distance, (A, B), None),
    "torch.cdist": lambda: (torch.cdist, (A, B), None),
    "vector_norm": lambda: (lambda a, b: torch.linalg.vector_norm(a - b, dim=1), (A, B), None),
    "F.cosine_similarity": lambda: (F.cosine_similarity, (A, B), None),
    "triplet loss": lambda: (F.triplet_margin_loss, (A, B, B.flip(0)), None),
    "InfoNCE": lambda: (info_nce, (A, B), None),
    "cross-entropy of a layer": lambda: (WithLoss(nn.Linear(4, 4), F.cross_entropy), (A, Y), None),
    "cross-entropy in float16": lambda: (F.cross_entropy, (A.half(), Y), None),
    "bfloat16": lambda: (
        WithLoss(nn.Linear(4, 4).bfloat16(), F.cross_entropy), (A.bfloat16(), Y), None),
    "autocast": lambda: (Autocast(4, 4), (A,), None),
    "compiled": lambda: (
        torch.compile(WithLoss(nn.Linear(4, 4), F.cross_entropy), backend="eager"), (A, Y), None),
    "focal loss": lambda: (focal, (A, Y), None),
    "dice loss": lambda: (dice, (A, Y), None),
    "BCE of logits": lambda: (F.binary_cross_entropy_with_logits, (A, Q), None),
    "BCE of probabilities": lambda: (F.binary_cross_entropy, (P, Q), None),
    "KL divergence": lambda: (lambda a, q: F.kl_div(a.log_softmax(1), q, reduction="batchmean"),
                              (A, Q), None),
    "Poisson": lambda: (F.poisson_nll_loss, (A, B.square()), None),
    "Huber": lambda: (F.huber_loss, (A, B), None),
    "CTC": lambda: (ctc, (A,), None),
    "entropy with a hidden class": lambda: (entropy, (A,), {"a hidden class": [HIDDEN]}),
    "missing targets left out": lambda: (selected_before, (A, B), {"missing": [A, MISSING]}),
    "missing targets replaced": lambda: (replaced_before, (A, B), {"missing": [A, MISSING]}),
    "missing targets in the ordinary inputs": lambda: (selected_before, (A, MISSING), None),
    "hidden classes in the ordinary inputs": lambda: (
        lambda x: x.softmax(1), (HIDDEN,), None),
    "LayerNorm": lambda: (nn.LayerNorm(4), (A,), None),
    "BatchNorm in train": lambda: (nn.BatchNorm1d(4), (A,), None),
    "BatchNorm in eval": lambda: (nn.BatchNorm1d(4).eval(), (A,), None),
    "dropout": lambda: (nn.Sequential(nn.Linear(4, 4), nn.Dropout()), (A,), None),
    "packed GRU": lambda: (PackedGru(4, 3, batch_first=True), (numbers(4, 3, 4),), None),
    "attention with padding": lambda: (Attention(4), (numbers(2, 3, 4),), None),
    "mixture of experts": lambda: (Experts(), (A,), None),
    "LoRA": lambda: (LowRank(), (A,), None),
    "VAE": lambda: (Vae(), (A,), None),
    "recomputed": lambda: (Recomputed(), (A,), None),
    "sparse embedding": lambda: (
        nn.Sequential(nn.Embedding(9, 4, sparse=True, padding_idx=0), nn.LayerNorm(4)), (Y,),
        {"padding only": [torch.zeros_like(Y)]}),
    "spectrum": lambda: (spectrum, (numbers(2, 16),), None),
    "resampling": lambda: (lambda x: F.interpolate(x, 7, mode="linear"), (numbers(2, 3, 4),), None),
    "complex numbers": lambda: (lambda z: (z * z.conj()).real, (torch.complex(A, B),), None),
    "softmax": lambda: (lambda x: x.softmax(1), (A,), None),
    "two outputs, one of integers": lambda: (lambda x: (x.tanh(), x.argmax(1)), (A,), None),
    "deviation of features": lambda: (lambda x: F.relu(1 - x.std(0)).mean(), (A,), None),
    "gradient penalty": lambda: (lambda x: penalty(torch.tanh, x), (A,), None),
    "RBF kernel": lambda: (lambda a, b: (-torch.cdist(a, b).square()).exp(), (A, B), None),
}
WRONG = {
    "distance_by_square_root": lambda: (distance_by_square_root, (A, B), None),
    "entropy_of_products": lambda: (entropy_of_products, (A,), {"a hidden class": [HIDDEN]}),
    "normalize_frames": lambda: (normalize_frames, (A,), None),
    "loss_masked_after": lambda: (loss_masked_after, (A, B), {"missing": [A, MISSING]}),
    "missing targets times 0": lambda: (
        lambda x, y: ((x - y).square() * ~y.isnan()).mean(), (A, B), {"missing": [A, MISSING]}),
    "missing targets in nanmean": lambda: (
        lambda x, y: (x * y).nanmean(), (A, B), {"missing": [A, MISSING]}),
    "log of a softmax": lambda: (lambda x: x.softmax(1).log(), (A,), None),
    "log of a softmax in float16": lambda: (lambda x: x.softmax(1).log(), (A.half(),), None),
    "log of 1 - sigmoid": lambda: (lambda x: (1 - x.sigmoid()).log(), (A,), None),
    "log of probabilities": lambda: (lambda p, q: -(q * p.log()).sum(1), (P, Q), None),
    "root of a mean square": lambda: (lambda x, y: F.mse_loss(x, y).sqrt(), (A, B), None),
    "angle of equal vectors": lambda: (
        lambda a, b: F.cosine_similarity(a, b).acos(), (A, B), None),
    "angle between samples": lambda: (
        lambda x: (F.normalize(x, dim=1) @ F.normalize(x[:1], dim=1).T)[1:].acos(), (A,), None),
    "sine of a margin": lambda: (
        lambda a, b: (1 - F.cosine_similarity(a, b).square()).sqrt(), (A, A.flip(0)), None),
    "where around a root": lambda: (
        lambda x: torch.where(x > 0, x.abs().sqrt(), x), (A,), None),
    "unit vectors without eps": lambda: (
        lambda x: x / x.norm(dim=1, keepdim=True), (A,), None),
    "root of a variance": lambda: (lambda x: F.relu(1 - x.var(0).sqrt()).mean(), (A,), None),
    "softmax by hand": lambda: (
        lambda x: (2 * x).exp() / (2 * x).exp().sum(1, keepdim=True), (A,), None),
    "relative error": lambda: (lambda x, y: ((x - y) / y).abs().mean(), (A, B), None),
    "gradient penalty": lambda: (lambda x: sharpness(torch.square, x), (A,), None),
    "root in a layer": lambda: (
        WithLoss(nn.Linear(4, 4, bias=False), lambda x: x.square().sum(1).sqrt()), (A,), None),
}


def try_on(device, make):
    torch.manual_seed(0)
    call, inputs, edges = make()
    call = call.to(device) if isinstance(call, nn.Module) else call
    finite_gradients_at_the_edge(
        call, *(x.to(device) for x in inputs), edges=edges and {
            name: [x.to(device) for x in edge] for name, edge in edges.items()})


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_call_passes(device, name):
    try_on(device, RIGHT[name])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_fails(device, name):
    with pytest.raises(AssertionError, match="is nan or inf at"):
        try_on(device, WRONG[name])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_edges_are_in_the_domain(device, dtype):
    share = numbers(3, 5).softmax(1).to(device, dtype)
    edges = edges_of(share)
    assert set(edges) == {f"{name}{alone}" for alone in ("", " in input 0") for name in (
        "equal values", "equal samples", "saturated values")}
    for edge, in edges.values():
        torch.testing.assert_close(edge.sum(1), share.new_ones(3), rtol=0.03, atol=0)
    hard, = edges["saturated values"]
    assert hard.unique().tolist() == [0, 1]
    pixels = torch.linspace(0, 1, 7, device=device, dtype=dtype)
    assert edges_of(pixels)["saturated values"][0].unique().tolist() == [0, 1]
    logits = numbers(3, 5).to(device, dtype)
    large, = edges_of(logits)["saturated values"]
    assert torch.equal(large.sign(), logits.sign())
    assert large.exp().isfinite().all()
    assert ((-large.abs()).exp() < torch.finfo(dtype).eps).all()


def test_edges_are_set_in_all_inputs_and_in_each(device):
    x, ids, y = (t.to(device) for t in (A, Y, B))
    edges = edges_of(x, ids, y)
    assert [t.any().item() for t in edges["zeros"]] == [False, True, False]
    assert [t.any().item() for t in edges["zeros in input 0"]] == [False, True, True]
    assert [t.any().item() for t in edges["zeros in input 2"]] == [True, True, False]
    assert torch.equal(edges["equal inputs"][2], x)
    assert "equal inputs in input 0" not in edges
    assert all(torch.equal(edge[1], ids) for edge in edges.values())
    assert edges_of(ids) == {}
    assert "equal inputs" not in edges_of(x, y.square())  # of another sign


@pytest.mark.parametrize("place", [0, 1])
def test_gradients_are_of_the_inputs_that_require_them(device, place):
    def call(x, y):
        return F.binary_cross_entropy(x, y)

    pair = [P.clone().to(device), Q.clone().to(device)]
    pair[place].requires_grad_()
    if place == 0:
        finite_gradients_at_the_edge(call, *pair)
    else:
        with pytest.raises(AssertionError, match="the gradient of input 1 is nan or inf at"):
            finite_gradients_at_the_edge(call, *pair)


def test_the_message_names_what_is_not_finite(device):
    x = A.to(device)
    with pytest.raises(AssertionError, match="the output is nan or inf at zeros: "):
        finite_gradients_at_the_edge(torch.reciprocal, x)
    model, ids = nn.Linear(4, 4, bias=False).to(device), Y.to(device)
    with pytest.raises(AssertionError, match=r"gradient of a parameter of shape \(4, 4\) is nan"):
        finite_gradients_at_the_edge(
            lambda ids: model(x[ids] * (ids > 0).unsqueeze(1)).square().sum(1).sqrt(),
            ids.clamp(min=1), edges={"padding": [torch.zeros_like(ids)]})


def not_constant(x):
    assert x.unique().numel() > 1
    return x


def refuses(*_):
    assert 1 > 2, "no"


def test_what_cannot_be_told_is_undecided(device):
    x, y, guard = A.to(device), Y.to(device), finite_gradients_at_the_edge
    with pytest.raises(Undecided, match="no edge, or no gradient but 0"):
        guard(nn.Embedding(9, 3).to(device), y)
    with pytest.raises(Undecided, match="no edge, or no gradient but 0"):
        guard(nn.Tanh(), x, edges={})
    for dead in (lambda x: x.argmax(1), lambda x: x * 0, lambda x: x.detach().tanh()):
        with pytest.raises(Undecided, match="no edge, or no gradient but 0"):
            guard(dead, x)
    with pytest.raises(Undecided, match="the output is nan or inf at the ordinary inputs"):
        guard(torch.sqrt, -x.abs())
    with pytest.raises(Undecided, match="gradient of input 0 is nan or inf at the ordinary"):
        guard(loss_masked_after, x, MISSING.to(device))
    for call, inputs in [(nn.Tanh(), x[:0]), (nn.Tanh(), x.to("meta")), (str, x),
                         (lambda x: {"loss": x}, x), (lambda x: x[:0], x)]:
        with pytest.raises(Undecided, match=r"empty or on meta|nested or on meta"):
            guard(call, inputs)
    with pytest.raises(Undecided, match="an input is a str"):
        guard(lambda x, name: x, x, "abc")
    with pytest.raises(Undecided, match="no tensor"):
        guard(lambda: x)
    with pytest.raises(Undecided, match="call refuses zeros: leave this edge out"):
        guard(lambda x, s: Normal(0.0, s, validate_args=True).log_prob(x), x, x.exp())
    with pytest.raises(Undecided, match="call refuses ones"):
        guard(not_constant, x, edges={"ones": [torch.ones_like(x)]})
    with pytest.raises(Undecided, match="an assert of the call itself fails: no"):
        guard(refuses, x)


def test_an_edge_that_is_refused_hides_no_failure(device):
    def call(x):
        if not x.any():
            raise ValueError("silence")
        return (x - x.mean(1, keepdim=True)).square().sum(1).sqrt()

    with pytest.raises(AssertionError, match="at equal values"):
        finite_gradients_at_the_edge(call, A.to(device))


@pytest.mark.parametrize("wrong", [False, True])
def test_everything_is_as_before(device, wrong):
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5)).to(device)
    x = A.clone().to(device).requires_grad_()
    model(x).sum().backward()
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    held, slope, weight = x.detach().clone(), x.grad.clone(), model[0].weight.grad.clone()
    state = torch.get_rng_state()

    def call(x):
        out = model(x.mul_(2)).mul_(2)
        return out.square().sum(1).sqrt() if wrong else out

    if wrong:
        with pytest.raises(AssertionError):
            finite_gradients_at_the_edge(call, x)
    else:
        finite_gradients_at_the_edge(call, x)
    assert torch.equal(x, held)
    assert torch.equal(x.grad, slope)
    assert torch.equal(model[0].weight.grad, weight)
    assert model.training
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_the_edges_of_small_probabilities_and_of_one_number(device):
    small = torch.linspace(0.01, 0.4, 8, device=device)
    for p in (small, small + 0.5):
        assert edges_of(p)["saturated values"][0].unique().tolist() == [0, 1]
    with pytest.raises(AssertionError, match="at saturated values"):
        finite_gradients_at_the_edge(lambda p: -(1 - p).log(), small)
    x = A.to(device)
    for lone in (1.0, 2.0):
        with pytest.raises(AssertionError, match="at zeros"):
            finite_gradients_at_the_edge(
                lambda x, t: (x / t).square(), x, torch.tensor(lone, device=device))
    mask = torch.ones(len(x), 1, device=device)
    with pytest.raises(AssertionError, match="at zeros"):
        finite_gradients_at_the_edge(lambda x, m: (x * m).sum() / m.sum(), x, mask)


@pytest.mark.parametrize("error", [ZeroDivisionError, OverflowError, IndexError, KeyError])
def test_any_error_at_an_edge_is_a_refusal(device, error):
    def call(x):
        if not x.any():
            raise error("silence")
        return x.tanh()

    with pytest.raises(Undecided, match="call refuses zeros"):
        finite_gradients_at_the_edge(call, A.to(device))


def test_what_counts_as_a_probability_and_as_equal_inputs():
    assert "zeros" not in edges_of(torch.full((2, 3), 0.33))  # they are rounded
    assert edges_of(torch.tensor([0.0, 0.5, 1.0]))["saturated values"][0].tolist() == [0, 1, 1]
    assert edges_of(torch.tensor([0.0, 1.5]))["saturated values"][0].max() > 2
    hard, = edges_of(numbers(2, 3, 4).softmax(2))["saturated values"]
    assert torch.equal(hard.sum(2), torch.ones(2, 3))
    low, high = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0])
    assert "equal inputs" in edges_of(low, high)
    assert "equal inputs" in edges_of(high, low)
    assert "equal inputs" not in edges_of(A, B[:2])


def test_a_default_device_moves_nothing():
    with torch.device("meta"):
        finite_gradients_at_the_edge(torch.tanh, A)


def test_a_sparse_output_is_asked_as_well(device):
    x = torch.rand(3, 4, device=device)
    finite_gradients_at_the_edge(lambda x: (2 * x).to_sparse(), x)
    with pytest.raises(AssertionError, match="gradient of input 0"):
        finite_gradients_at_the_edge(lambda x: x.square().sum().sqrt().view(1).to_sparse(), x)
