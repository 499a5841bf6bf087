import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from snippets.guards.commutes import commutes
from snippets.guards.judge import Undecided
from snippets.guards.wrong_commutes import (
    PositionsFromTheLeft,
    add_positions_of_samples,
    mean_iou_of_all_classes,
    nll_over_the_batch,
)
from tests.awkward import Guard


def roll(*inputs):
    rolled = tuple(x.roll(1, 0) for x in inputs)
    return rolled[0] if len(rolled) == 1 else rolled


def twice(*inputs):
    return tuple(torch.cat([x, x]) for x in inputs)


AWKWARD = [
    Guard(commutes,
          right=lambda guard, x: guard(lambda x: x * 2, x, before=roll, after=roll),
          wrong=lambda guard, x: guard(lambda x: x.cumsum(0), x, before=roll, after=roll)),
]


def same(output):
    return output


def constant_per_sample(logits, *rest):
    return logits + torch.arange(len(logits), device=logits.device).unsqueeze(1), *rest


def absent_class(logits, target):
    return F.pad(logits, (0, 1), value=-1e9), target


def ignored(logits, target):
    return F.pad(logits, (0, 0, 0, 3)), F.pad(target, (0, 3), value=-100)


def brighter(x):
    return x + 1


def padded_on_the_left(ids, keep):
    return F.pad(ids, (ids.shape[1], 0)), F.pad(keep, (ids.shape[1], 0))


class Attention(nn.Module):
    """Attend among (B, L, D), and to no key that `hide` (B, 1, L or 1, L) has."""

    def __init__(self, features, heads=2, cache=False):
        super().__init__()
        self.heads, self.cache = heads, cache
        self.qkv = nn.Linear(features, 3 * features)

    def attend(self, q, k, v, keep=None):
        q, k, v = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, keep).transpose(1, 2).flatten(2)

    def forward(self, x, keep=None):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        if not self.cache:
            return self.attend(q, k, v, keep)
        steps = [self.attend(q[:, t:t + 1], k[:, :t + 1], v[:, :t + 1])
                 for t in range(x.shape[1])]
        return torch.cat(steps, dim=1)


class Gpt(nn.Module):
    """The logits after the last of ids (B, L), padded on the left, with tied weights."""

    def __init__(self, from_mask, masked=True):
        super().__init__()
        self.from_mask, self.masked = from_mask, masked
        self.ids, self.positions = nn.Embedding(9, 8), nn.Embedding(32, 8)
        self.attention, self.norm = Attention(8), nn.LayerNorm(8)

    def forward(self, ids, keep):
        L = ids.shape[1]
        places = (keep.long().cumsum(1) - 1).clamp(min=0) if self.from_mask else (
            torch.arange(L, device=ids.device))
        x = self.ids(ids) + self.positions(places)
        past = torch.ones(L, L, dtype=torch.bool, device=ids.device).tril()
        shown = past & (keep.view(-1, 1, 1, L) | torch.eye(L, dtype=torch.bool, device=ids.device))
        x = self.norm(x + self.attention(x, shown if self.masked else past))
        return F.linear(x[:, -1], self.ids.weight)


class PackedGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.GRU(4, 3, batch_first=True)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.layer(packed)[0], batch_first=True)[0]


class GruAlongTheBatch(nn.GRU):
    def forward(self, x):
        return super().forward(x)[0]


class Experts(nn.Module):
    """Send each row to one of three layers; at most `capacity` rows to each, in their order."""

    def __init__(self, capacity=None):
        super().__init__()
        self.router, self.capacity = nn.Linear(4, 3), capacity
        self.experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, x):
        scores = self.router(x).softmax(-1)
        chosen, out = scores.argmax(-1), torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            rows = (chosen == i).nonzero().flatten()[:self.capacity]
            out = out.index_add(0, rows, expert(x[rows]) * scores[rows, i:i + 1])
        return out


class LowRank(nn.Module):
    def __init__(self):
        super().__init__()
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.a, self.b = nn.Parameter(torch.randn(4, 2)), nn.Parameter(torch.zeros(2, 4))

    def forward(self, x):
        return self.frozen(x) + x @ self.a @ self.b


class Autocast(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return self.layer(x)


def info_nce(a, b):
    scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / 0.1
    return F.cross_entropy(scores, torch.arange(len(a), device=a.device))


def ctc(logits, target, lengths):
    sizes = torch.full_like(lengths, logits.shape[1])
    return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), target, sizes, lengths)


def mean_iou(logits, target):
    classes = logits.shape[1]
    found, wanted = (F.one_hot(x, classes).bool() for x in (logits.argmax(1), target))
    either = (found | wanted).sum(0)
    return ((found & wanted).sum(0)[either > 0] / either[either > 0]).mean()


def denoise(layer):
    def loss(x, noise, t):
        share = t.view(-1, 1)
        return (layer(x * share.cos() + noise * share.sin()) - noise).square().mean()
    return loss


def rolled_rows(x):
    return x.roll(1, -2)


def blur(x, kernel=(0.25, 0.5, 0.25)):
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    weight = torch.outer(x.new_tensor(kernel), x.new_tensor(kernel))
    return F.conv2d(padded, weight.view(1, 1, 3, 3))


def trained(norm):
    for _ in range(3):
        norm(torch.randn(8, 4) * 3 + 1)
    return norm.eval()


numbers = torch.Generator("cpu").manual_seed(0)
X = torch.randn(6, 4, generator=numbers, device="cpu")
Y = torch.tensor([0, 1, 2, 3, 1, 0])
LOGITS = X + 2 * F.one_hot(Y, 4).cpu()  # right about most
SEQUENCES = torch.randn(4, 5, 4, generator=numbers, device="cpu"), torch.tensor([5, 3, 4, 2])
IDS = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, 3, 5]]), torch.arange(5) >= torch.tensor([[0], [2]])
IMAGE = torch.rand(2, 1, 6, 6, generator=numbers, device="cpu")
TOKENS = torch.randn(3, 6, 5, generator=numbers, device="cpu"), *map(
    torch.tensor, ([[1, 2], [3, 4], [2, 1]], [2, 1, 2]))

RIGHT = {
    "GPT with positions from the mask": lambda: (Gpt(True), IDS, padded_on_the_left, same),
    "GPT, batch rolled": lambda: (Gpt(True), IDS, roll, roll),
    "attention with a cache": lambda: (Attention(4, cache=True), SEQUENCES[:1], roll, roll),
    "packed GRU": lambda: (PackedGru(), SEQUENCES, roll, roll),
    "BatchNorm in train, batch twice": lambda: (
        nn.BatchNorm1d(4), (X,), twice, lambda y: torch.cat([y, y])),
    "BatchNorm in train, batch rolled": lambda: (nn.BatchNorm1d(4), (X,), roll, roll),
    "BatchNorm in eval": lambda: (trained(nn.BatchNorm1d(4)), (X,), roll, roll),
    "dropout in eval": lambda: (nn.Dropout().eval(), (X,), roll, roll),
    "bfloat16": lambda: (nn.Linear(4, 4).bfloat16(), (X.bfloat16(),), roll, roll),
    "autocast": lambda: (Autocast(), (X,), roll, roll),
    "compiled": lambda: (torch.compile(nn.Linear(4, 4), backend="eager"), (X,), roll, roll),
    "mixture of experts": lambda: (Experts(), (X,), roll, roll),
    "LoRA": lambda: (LowRank(), (X,), roll, roll),
    "frozen encoder in train": lambda: (
        nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True).requires_grad_(False),
        SEQUENCES[:1], roll, roll),
    "sparse embedding": lambda: (nn.Embedding(9, 3, sparse=True), IDS[:1], roll, roll),
    "bag of embeddings": lambda: (nn.EmbeddingBag(9, 3), IDS[:1], roll, roll),
    "InfoNCE": lambda: (info_nce, (X, X.flip(1)), roll, same),
    "CTC": lambda: (ctc, TOKENS, roll, same),
    "cross-entropy, constant per sample": lambda: (
        F.cross_entropy, (X, Y), constant_per_sample, same),
    "cross-entropy, class that never comes": lambda: (
        F.cross_entropy, (X, Y), absent_class, same),
    "cross-entropy, ignored target": lambda: (
        F.cross_entropy, (X, Y), ignored, same),
    "mean over classes that are there": lambda: (mean_iou, (LOGITS, Y), absent_class, same),
    "KL divergence by sum, batch twice": lambda: (
        lambda p, q: F.kl_div(p.log_softmax(1), q.softmax(1), reduction="sum"),
        (X, X.flip(0)), twice, lambda y: 2 * y),
    "denoising with noise as an input": lambda: (
        denoise(nn.Linear(4, 4)), (X, X.flip(0), X[:, 0]), roll, same),
    "GAN, hinge loss": lambda: (
        lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(), (X, X.flip(0)),
        twice, same),
    "distances": lambda: (torch.cdist, (X, X[:3] + 1), lambda a, b: (b, a), lambda d: d.mT),
    "inverse": lambda: (torch.linalg.inv, (X[:4],), lambda a: a.mT, lambda a: a.mT),
    "Cholesky of a matrix made in call": lambda: (
        lambda x: torch.linalg.cholesky(x.T @ x + 1e-9 * torch.eye(4).to(x)), (X,),
        lambda x: x.flip(0), same),
    "blur that reflects": lambda: (blur, (IMAGE,), brighter, brighter),
    "average pooling": lambda: (
        lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), (IMAGE,), brighter, brighter),
    "resizing": lambda: (
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), (IMAGE,), brighter, brighter),
    "circular convolution": lambda: (
        nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), (IMAGE,), rolled_rows, rolled_rows),
    "complex spectrum": lambda: (lambda x: torch.fft.fft(x, dim=1), (X,), roll, roll),
    "two outputs": lambda: (
        lambda x: (x.softmax(1), x.argmax(1)), (X,), roll, lambda both: roll(*both)),
    "huge logits": lambda: (F.cross_entropy, (X * 1e30, Y), roll, same),
    "tiny outputs": lambda: (lambda x: x.square() * 1e-30, (X,), roll, roll),
}
WRONG = {
    "add_positions_of_samples": lambda: (add_positions_of_samples, SEQUENCES[:1], roll, roll),
    "nll_over_the_batch": lambda: (nll_over_the_batch, (X, Y), constant_per_sample, same),
    "mean_iou_of_all_classes": lambda: (mean_iou_of_all_classes, (LOGITS, Y), absent_class, same),
    "PositionsFromTheLeft": lambda: (PositionsFromTheLeft(9, 16, 4), IDS, padded_on_the_left, same),
    "GPT with positions from the left": lambda: (Gpt(False), IDS, padded_on_the_left, same),
    "GPT that sees the padding": lambda: (Gpt(True, masked=False), IDS, padded_on_the_left, same),
    "GRU along the batch": lambda: (GruAlongTheBatch(4, 3), SEQUENCES[:1], roll, roll),
    "experts with a capacity": lambda: (Experts(capacity=1), (X,), roll, roll),
    "sum for a mean": lambda: (
        lambda x, y: F.cross_entropy(x, y, reduction="sum"), (X, Y), twice, same),
    "divided by a batch size that is written down": lambda: (
        lambda x, y: F.cross_entropy(x, y, reduction="sum") / 6, (X, Y), twice, same),
    "zeros at the border": lambda: (
        lambda x: F.avg_pool2d(x, 3, 1, 1), (IMAGE,), brighter, brighter),
    "kernel of another sum": lambda: (
        lambda x: blur(x, (0.3, 0.5, 0.3)), (IMAGE,), brighter, brighter),
    "two cross-entropies of one side": lambda: (
        lambda a, b: torch.cdist(F.normalize(a), b), (X, X[:3] + 1), lambda a, b: (b, a),
        lambda d: d.mT),
    "ignored targets in the mean": lambda: (
        lambda x, y: F.cross_entropy(x, y, reduction="none").mean(), (X, Y), ignored, same),
    "softmax of all": lambda: (
        lambda x: x.flatten().softmax(0).view(x.shape), (X,), lambda x: constant_per_sample(x)[0],
        same),
    "a leak of a thousandth": lambda: (
        lambda x: x + 1e-3 * x.cumsum(0), (X,), roll, roll),
}


def try_on(device, make):
    torch.manual_seed(0)
    call, inputs, before, after = make()
    call = call.to(device) if isinstance(call, nn.Module) else call
    commutes(call, *(x.to(device) for x in inputs), before=before, after=after)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_call_passes(device, name):
    try_on(device, RIGHT[name])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_fails(device, name):
    with pytest.raises(AssertionError, match="is not after of the output"):
        try_on(device, WRONG[name])


@pytest.mark.parametrize("call", [
    nn.Dropout(), lambda x: x + torch.randn_like(x), lambda x: F.gumbel_softmax(x)])
def test_a_random_call_is_undecided_and_no_false_alarm(device, call):
    with pytest.raises(Undecided, match="a repetition changes the output"):
        commutes(call, X.to(device), before=roll, after=roll)


def test_what_cannot_be_told_is_undecided(device):
    x = X.to(device)
    with pytest.raises(Undecided, match="before changes nothing"):
        commutes(F.relu, x, before=lambda x: x)
    with pytest.raises(Undecided, match="before changes nothing"):
        commutes(F.relu, x[:1], before=roll, after=roll)
    with pytest.raises(Undecided, match="before changes nothing"):
        commutes(F.relu, torch.full_like(x, math.nan), before=roll, after=roll)
    with pytest.raises(Undecided, match="leaves the output as it is"):
        commutes(torch.zeros_like, x, before=roll, after=roll)
    with pytest.raises(Undecided, match="leaves the output as it is"):
        commutes(lambda x: x / 0 * 0, x, before=roll, after=roll)
    with pytest.raises(Undecided, match="there is no input"):
        commutes(lambda: x, before=roll)
    with pytest.raises(Undecided, match="such as this str"):
        commutes(lambda x, s: x, x, "abc", before=roll)
    with pytest.raises(Undecided, match="an input is sparse"):
        commutes(F.relu, x.to_sparse(), before=roll)
    with pytest.raises(Undecided, match="such as this int"):
        commutes(F.relu, x, before=lambda x: (x, 3))
    with pytest.raises(Undecided, match="empty or on meta"):
        commutes(F.relu, x[:0], before=roll, after=roll)
    with pytest.raises(Undecided, match="empty or on meta"):
        commutes(F.relu, x.to("meta"), before=roll, after=roll)
    with pytest.raises(Undecided, match="no tensor"):
        commutes(lambda x: {"logits": x}, x, before=roll)
    with pytest.raises(Undecided, match="call refuses the inputs with values of other places"):
        commutes(torch.linalg.cholesky, 1e-3 * torch.eye(4, device=device) + 1,
                 before=lambda a: 4 * a, after=lambda a: 2 * a)


def test_an_error_of_the_call_itself_is_seen(device):
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        commutes(nn.Linear(3, 3).to(device), X.to(device), before=roll, after=roll)


@pytest.mark.parametrize("wrong", [False, True])
def test_everything_is_as_before(device, wrong):
    x = X.to(device).requires_grad_()
    held, model = x.detach().clone(), nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.0)).to(device)
    model(x).sum().backward()
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    gradient, state = x.grad.clone(), torch.get_rng_state()

    def before(x):
        torch.rand(1)
        return x.mul_(2)

    def call(x):
        model(x)
        return x.add_(1) if wrong else x.mul_(3)

    if wrong:
        with pytest.raises(AssertionError):
            commutes(call, x, before=before, after=lambda y: 2 * y)
    else:
        commutes(call, x, before=before, after=lambda y: 2 * y)
    assert torch.equal(x, held)
    assert torch.equal(x.grad, gradient)
    assert x.requires_grad
    assert model.training
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32


def test_a_module_in_before_is_copied_and_in_float64(device):
    norm = nn.BatchNorm1d(4).to(device)
    commutes(lambda x: (x - x.mean(0)) / x.std(0), X.to(device) + 3, before=norm)
    assert norm.num_batches_tracked == 0


def test_an_assert_in_before_is_undecided(device):
    def before(x):
        assert len(x) > 9, "more samples"
        return x

    with pytest.raises(Undecided, match="more samples"):
        commutes(F.relu, X.to(device), before=before)


def test_one_number_and_the_first_of_several_are_judged(device):
    def doubled(x):
        return 2 * x

    for x in (torch.tensor(3.0, device=device), torch.tensor([[3.0]], device=device)):
        commutes(doubled, x, before=doubled, after=doubled)
        with pytest.raises(AssertionError, match="is not after of the output"):
            commutes(lambda x: x + 1, x, before=doubled, after=doubled)
    commutes(lambda x: x[0] * 2, X.to(device)[0], before=doubled, after=doubled)


def test_imaginary_parts_are_judged():
    z = torch.complex(X, X.flip(0))
    commutes(lambda z: z.imag * 2, z, before=roll, after=roll)
    with pytest.raises(AssertionError, match="is not after of the output"):
        commutes(lambda z: z.imag.cumsum(0), z, before=roll, after=roll)


def test_a_default_device_moves_nothing():
    with torch.device("meta"):
        commutes(lambda x: x * 2, X, before=roll, after=roll)


def test_before_may_write_over_nan_alone():
    holes = X.masked_fill(X > 1, math.nan)
    commutes(torch.nan_to_num, holes, before=torch.nan_to_num)


@pytest.mark.parametrize("sorts_back", [True, False])
def test_a_call_that_refuses_other_lengths_is_judged_by_the_rest(sorts_back):
    gru = nn.GRU(3, 2, batch_first=True)

    def call(x, lengths):
        order = lengths.argsort(descending=True)
        packed = nn.utils.rnn.pack_padded_sequence(
            x[order], lengths[order].cpu(), batch_first=True)
        last = gru(packed)[1][-1]
        return last[order.argsort()] if sorts_back else last

    def rolled(x, lengths):
        return x.roll(1, 0), lengths.roll(1, 0)

    x, lengths = torch.randn(3, 5, 3), torch.tensor([2, 5, 3])
    if sorts_back:
        commutes(call, x, lengths, before=rolled, after=lambda y: y.roll(1, 0))
    else:
        with pytest.raises(AssertionError, match="is not after of the output"):
            commutes(call, x, lengths, before=rolled, after=lambda y: y.roll(1, 0))


def test_an_input_that_is_refused_leaves_the_others(device):
    def picks(x, index):
        if index.unique().numel() < 3:
            raise ValueError("an index twice")
        return x[index]

    def rolled(x, index):
        return x, index.roll(1)

    def refuses(y, index):
        if not torch.equal(y, x.double()):
            raise ValueError("other numbers")
        return picks(y, index)

    x, index = torch.randn(3, 2, device=device), torch.tensor([0, 2, 1], device=device)
    commutes(picks, x, index, before=rolled, after=lambda y: y.roll(1, 0))
    with pytest.raises(Undecided, match=r"refuses the inputs .*: an index twice"):
        commutes(refuses, x, index, before=rolled, after=lambda y: y.roll(1, 0))
