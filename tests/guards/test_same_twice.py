import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint

from snippets.guards.judge import Undecided
from snippets.guards.same_twice import held, same_in_eval_twice
from snippets.guards.wrong_same_twice import (
    CodeFollowsTheData,
    DropoutInEval,
    ReluOnTheInput,
    StateOfTheBatchBefore,
)
from tests.awkward import Case, Guard

AWKWARD = [
    Case(held, lambda f, x: f([x, x, {"a": x}]), lambda x: 4 + 3 * x.numel(), compiled=False),
    Guard(same_in_eval_twice,
          right=lambda guard, x: guard(nn.Identity(), x),
          wrong=lambda guard, x: guard(Calls(), x)),
]


class Calls(nn.Module):
    """Keep the sum of what was given, in a plain attribute."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def forward(self, x):
        self.total = self.total + x.double() + 1 if not x.is_complex() else self.total + x + 1
        return self.total


class Gpt(nn.Module):
    """Logits of ids (B, L), step by step with a cache that the caller keeps; weights are tied."""

    def __init__(self):
        super().__init__()
        self.ids, self.qkv = nn.Embedding(9, 8), nn.Linear(8, 24)
        self.head = nn.Linear(8, 9, bias=False)
        self.head.weight = self.ids.weight
        self.drop = nn.Dropout()

    def forward(self, ids):
        keys, values, logits = [], [], []
        for t in range(ids.shape[1]):
            x = self.drop(self.ids(ids[:, t]))
            q, k, v = self.qkv(x).chunk(3, dim=1)
            keys.append(k)
            values.append(v)
            share = (torch.stack(keys, 1) @ q.unsqueeze(2)).softmax(1)
            logits.append(self.head(x + (share * torch.stack(values, 1)).sum(1)))
        return torch.stack(logits, 1), (keys, values)


class PackedGru(nn.GRU):
    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(super().forward(packed)[0], batch_first=True)[0]


class Autocast(nn.Linear):
    def forward(self, x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return super().forward(x)


class Vae(nn.Module):
    def __init__(self, asks):
        super().__init__()
        self.encode, self.asks = nn.Linear(8, 8), asks

    def forward(self, x):
        mean, log_deviation = self.encode(x).chunk(2, -1)
        if self.training or not self.asks:
            mean = mean + torch.randn_like(mean) * log_deviation.exp()
        return mean


class Experts(nn.Module):
    """Count what each expert got, if `asks` only in training."""

    def __init__(self, asks):
        super().__init__()
        self.router, self.asks = nn.Linear(8, 3), asks
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
        self.register_buffer("load", torch.zeros(3))

    def forward(self, x):
        share, chosen = self.router(x).softmax(-1).max(-1)
        if self.training or not self.asks:
            self.load += F.one_hot(chosen, 3).flatten(0, -2).sum(0)
        return sum((share * (chosen == i)).unsqueeze(-1) * expert(x)
                   for i, expert in enumerate(self.experts))


class Rotary(nn.Module):
    """Keep tables for each length that came."""

    def __init__(self):
        super().__init__()
        self.tables = {}

    def forward(self, x):
        L = x.shape[1]
        if L not in self.tables:
            self.tables[L] = torch.arange(L, device=x.device).outer(
                torch.arange(8, device=x.device) + 1.0)
        return x * self.tables[L].cos() + x.flip(-1) * self.tables[L].sin()


class Watched(nn.Module):
    """Keep the last weights of attention, to look at."""

    def __init__(self):
        super().__init__()
        self.layer, self.shares = nn.MultiheadAttention(8, 2, batch_first=True), None

    def forward(self, x):
        out, self.shares = self.layer(x, x, x)
        return out


class Forces(nn.Module):
    """Give an energy, and its slope."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, x):
        x = x.detach().requires_grad_()
        energy = self.layer(x)
        slope, = torch.autograd.grad(energy.sum(), x)
        return {"energy": energy, "forces": [-slope]}


class Recomputed(nn.Linear):
    def forward(self, x):
        return checkpoint(super().forward, x, use_reentrant=False)


@dataclass
class Output:
    logits: torch.Tensor
    name: str = "logits"


class GivesDataclass(nn.Linear):
    def forward(self, x):
        return Output(super().forward(x))


class Remembers(nn.Module):
    """Keep what `keep` makes of itself and its input."""

    def __init__(self, keep, **kept):
        super().__init__()
        self.layer, self.keep = nn.Linear(8, 8), keep
        for name, value in kept.items():
            if isinstance(value, torch.Tensor):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, x):
        y = self.layer(x)
        change = self.keep(self, y.detach())
        return y if change is None else y + change


class Center(nn.Module):
    """Take the mean of the first batch as the center, as data-dependent initialization does."""

    def __init__(self):
        super().__init__()
        self.center = None

    def forward(self, x):
        if self.center is None:
            self.center = x.mean((0, 1)).detach()
        return x - self.center


class BatchStatistics(nn.BatchNorm1d):
    def forward(self, x):
        return F.batch_norm(x.mT, self.running_mean, self.running_var, training=True).mT


class StaysInTraining(nn.Sequential):
    def train(self, mode=True):
        return super().train(True)


class Cache:
    def __init__(self):
        self.seen = []


class WarmAfterTwo(nn.Module):
    """Change the output when two batches have come before."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def forward(self, x):
        warm = len(self.seen) > 1
        self.seen.add(x.sum().item())
        return x * 2 if warm else x


class ReluInPlace(nn.Module):
    def forward(self, x):
        return F.relu_(x)


class Centers(nn.Module):
    def forward(self, x):
        x -= x.mean(-1, keepdim=True)
        return x.square()


class PlainList(nn.Module):
    """Hold layers in a plain list, which eval() does not reach."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(8, 8), nn.Dropout()]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class AttendWithDropout(nn.Module):
    def forward(self, x):
        return F.scaled_dot_product_attention(x, x, x, dropout_p=0.3)


class GrowingBuffer(nn.Module):
    """Attend to all that came, without a look at what is a new sequence."""

    def __init__(self):
        super().__init__()
        self.register_buffer("past", torch.empty(2, 0, 8))

    def forward(self, x):
        self.past = torch.cat([self.past, x.detach()], 1)
        return F.scaled_dot_product_attention(x, self.past, self.past)


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(1), device="cpu")


X, IDS, IMAGE = numbers(2, 5, 8), torch.tensor([[3, 1, 4, 1], [5, 2, 6, 5]]), numbers(2, 3, 4, 4)


def counts(model, y):
    model.calls += 1


def frozen(model):
    return model.requires_grad_(False)


def after_training(model):
    for _ in range(2):
        model.train()(X).sum().backward()
    return model


RIGHT = {
    "GPT with a cache and dropout": lambda: (Gpt(), (IDS,)),
    "packed GRU": lambda: (PackedGru(8, 4, batch_first=True), (X, torch.tensor([5, 3]))),
    "LSTM of two layers with dropout": lambda: (nn.LSTM(8, 4, 2, dropout=0.5), (X,)),
    "BatchNorm": lambda: (nn.BatchNorm2d(3), (IMAGE,)),
    "BatchNorm after training": lambda: (
        after_training(nn.Sequential(nn.Linear(8, 5), nn.BatchNorm1d(5))), (X,)),
    "InstanceNorm": lambda: (nn.InstanceNorm2d(3), (IMAGE,)),
    "encoder in bfloat16": lambda: (
        nn.TransformerEncoderLayer(8, 2, batch_first=True).bfloat16(), (X.bfloat16(),)),
    "float16": lambda: (nn.Linear(8, 8).half(), (X.half(),)),
    "autocast": lambda: (Autocast(8, 8), (X,)),
    "compiled": lambda: (torch.compile(nn.Linear(8, 8), backend="eager"), (X,)),
    "compiled inside": lambda: (
        nn.Sequential(torch.compile(nn.Linear(8, 8), backend="eager"), nn.Dropout()), (X,)),
    "VAE that gives the mean in eval": lambda: (Vae(True), (X,)),
    "experts that count in training": lambda: (Experts(True), (X,)),
    "tables for each length": lambda: (Rotary(), (X,)),
    "last weights of attention": lambda: (Watched(), (X,)),
    "forces": lambda: (Forces(), (X,)),
    "recomputed": lambda: (Recomputed(8, 8), (X,)),
    "dataclass": lambda: (GivesDataclass(8, 8), (X,)),
    "frozen": lambda: (frozen(nn.Linear(8, 8)), (X,)),
    "spectral norm": lambda: (spectral_norm(nn.Linear(8, 8)), (X,)),
    "weight norm": lambda: (weight_norm(nn.Linear(8, 8)), (X,)),
    "orthogonal": lambda: (orthogonal(nn.Linear(8, 8)), (X,)),
    "lazy, after a call": lambda: (
        after_training(nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())), (X,)),
    "sparse embedding": lambda: (nn.Embedding(9, 4, sparse=True), (IDS,)),
    "bag": lambda: (nn.EmbeddingBag(9, 4), (IDS,)),
    "two inputs, one of booleans": lambda: (
        nn.Bilinear(8, 8, 3), (X, X.flip(1))),
    "complex": lambda: (nn.Linear(8, 8, dtype=torch.complex64), (X.to(torch.complex64),)),
    "counts its calls": lambda: (Remembers(counts, calls=0), (X,)),
    "keeps the last ten": lambda: (
        Remembers(lambda m, y: m.last.append(y.mean()), last=deque(maxlen=10)), (X,)),
    "keeps the graph of the last call": lambda: (
        Remembers(lambda m, y: setattr(m, "last", m.layer(y)), last=None), (X,)),
    "nan in the input": lambda: (nn.ReLU(), (X.masked_fill(X > 1, torch.nan),)),
}
WRONG = {
    "DropoutInEval": (lambda: (DropoutInEval(3, 5), (IMAGE,)), "the output is random"),
    "StateOfTheBatchBefore": (lambda: (StateOfTheBatchBefore(8), (X,)), "calls before"),
    "CodeFollowsTheData": (lambda: (CodeFollowsTheData(4, 8), (X[0],)), "changes codes"),
    "ReluOnTheInput": (lambda: (ReluOnTheInput(3), (IMAGE,)), "changes its input in place"),
    "attention with dropout": (lambda: (AttendWithDropout(), (X,)), "the output is random"),
    "VAE that draws in eval": (lambda: (Vae(False), (X,)), "the output is random"),
    "train() that ignores its mode": (
        lambda: (StaysInTraining(nn.Linear(8, 8), nn.Dropout()), (X,)), "the output is random"),
    "layers in a plain list": (lambda: (PlainList(), (X,)), "the output is random"),
    "experts that count always": (lambda: (Experts(False), (X,)), "changes load"),
    "statistics of each batch": (
        lambda: (BatchStatistics(8), (X,)), "changes running_mean, running_var"),
    "appends to a list": (
        lambda: (Remembers(lambda m, y: m.seen.append(y), seen=[]), (X,)), "lets seen grow"),
    "appends to an object": (
        lambda: (Remembers(lambda m, y: m.cache.seen.append(y), cache=Cache()), (X,)),
        "lets cache grow"),
    "grows a buffer": (lambda: (GrowingBuffer(), (X,)), "lets _buffers grow"),
    "one more sample for each call": (
        lambda: (Remembers(lambda m, y: setattr(m, "calls", m.calls + 1) or torch.zeros(
            m.calls, 1, 1, 1, device=y.device), calls=0), (X,)), "calls before"),
    "warm after two batches": (lambda: (WarmAfterTwo(), (X,)), "calls before"),
    "center of the first batch": (lambda: (Center(), (X,)), "calls before"),
    "moving mean in an attribute": (
        lambda: (Remembers(lambda m, y: setattr(m, "mean", 0.9 * m.mean + 0.1 * y.mean()) or m.mean,
                           mean=0.0), (X,)), "calls before"),
    "weight that decays": (
        lambda: (Remembers(lambda m, y: m.layer.weight.data.mul_(0.999).sum() * 0), (X,)),
        "changes layer.weight"),
    "scale of the largest so far": (
        lambda: (Remembers(lambda m, y: m.most.copy_(m.most.maximum(y.abs().max())) * 0,
                           most=torch.zeros(())), (X,)), "changes most"),
    "number of calls in the output": (
        lambda: (Remembers(lambda m, y: setattr(m, "calls", m.calls + 1) or m.calls, calls=0),
                 (X,)), "calls before"),
    "normalizes its input in place": (
        lambda: (Centers(), (X,)), "changes its input in place"),
}


def try_on(device, make):
    torch.manual_seed(0)
    model, inputs = make()
    same_in_eval_twice(model.to(device), *(x.to(device) for x in inputs))


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_model_passes(device, name):
    try_on(device, RIGHT[name])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model_fails(device, name):
    make, says = WRONG[name]
    with pytest.raises(AssertionError, match=says):
        try_on(device, make)


def refuses(*_):
    assert 1 > 2, "no"


def test_what_cannot_be_told_is_undecided(device):
    x, guard = X.to(device), same_in_eval_twice
    for call in (torch.tanh, "model"):
        with pytest.raises(Undecided, match="pass a module"):
            guard(call, x)
    for inputs in ((), (3,), ("abc",), (x.to("meta"),)):
        with pytest.raises(Undecided, match="pass a module, and tensors"):
            guard(nn.Tanh(), *inputs)
    with pytest.raises(Undecided, match="no tensor with numbers"):
        guard(nn.Tanh(), x, call=lambda model, x: str(model(x)))
    for same in (torch.ones_like(x), x[:0]):
        with pytest.raises(Undecided, match="other data give the same output"):
            guard(nn.Threshold(2.0, 0.0), same)
    guard(nn.Tanh(), torch.zeros_like(x), other=[x])
    with pytest.raises(Undecided, match="a lazy layer has no weights yet"):
        guard(nn.LazyLinear(3).to(device), x)
    model = nn.Tanh()
    model.kept = threading.Lock()
    with pytest.raises(Undecided, match="holds"):
        guard(model, x)
    model.kept = nn.Linear(8, 8).to(device)(x)
    guard(model, x)
    with pytest.raises(Undecided, match="an assert of the call itself fails: no"):
        guard(nn.Tanh(), x, call=refuses)


def test_a_call_may_choose_what_is_compared(device):
    x = X.to(device)
    model = nn.Sequential(Vae(False).to(device), nn.Dropout())
    same_in_eval_twice(model, x, call=lambda model, x: model[0].encode(x))
    with pytest.raises(AssertionError, match="random"):
        same_in_eval_twice(model, x)


def test_one_wrong_digit_is_seen_and_rounding_is_not(device):
    def leaks(share):
        return Remembers(lambda m, y: setattr(m, "calls", m.calls + 1) or y * share * m.calls,
                         calls=0).to(device)

    same_in_eval_twice(leaks(1e-8), X.to(device))
    with pytest.raises(AssertionError, match="calls before"):
        same_in_eval_twice(leaks(1e-5), X.to(device))


@pytest.mark.parametrize("wrong", [False, True])
def test_everything_is_as_before(device, wrong):
    model = nn.Sequential(nn.Linear(8, 5), nn.BatchNorm1d(5), ReluInPlace() if wrong else nn.ReLU(),
                          Experts(not wrong) if wrong else nn.Dropout()).to(device)
    model[:2](X.to(device)).sum().backward()
    x = X.to(device).requires_grad_()
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    slope, state = model[0].weight.grad.clone(), torch.get_rng_state()
    modes = [part.training for part in model.modules()]

    def call(model, x):
        model[2].seen = [1]
        out = model(x) if not wrong else model[2](x)
        return out

    if wrong:
        with pytest.raises(AssertionError, match="in place"):
            same_in_eval_twice(model, x, call=call)
    else:
        same_in_eval_twice(model, x, call=call)
    assert torch.equal(x, X.to(device))
    assert x.requires_grad
    assert not hasattr(model[2], "seen")
    assert modes == [part.training for part in model.modules()]
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert torch.equal(model[0].weight.grad, slope)
    assert torch.equal(torch.get_rng_state(), state)


class Cached(nn.Module):
    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def forward(self, x):
        if isinstance(self.seen, dict):
            self.seen[len(self.seen)] = x
        else:
            self.seen.append(x)
        return x * 2


class ListOfMine(list):
    pass


@pytest.mark.parametrize("make", [OrderedDict, Counter, ListOfMine])
def test_a_subclass_of_a_list_or_dict_grows_too(device, make):
    with pytest.raises(AssertionError, match="lets seen grow"):
        same_in_eval_twice(Cached(make()), torch.randn(2, 4, device=device))


@dataclass(slots=True)
class Slots:
    y: torch.Tensor


@pytest.mark.parametrize("p", [0.0, 0.5])
def test_a_dataclass_with_slots_is_looked_into(device, p):
    class Model(nn.Module):
        def forward(self, x):
            return Slots(F.dropout(x, p))

    x = torch.randn(2, 40, device=device)
    if p:
        with pytest.raises(AssertionError, match="the output is random"):
            same_in_eval_twice(Model(), x)
    else:
        same_in_eval_twice(Model(), x)


@pytest.mark.parametrize("huge", [-1e4, -1e9, torch.finfo(torch.float32).min, -torch.inf])
@pytest.mark.parametrize("training", [False, True])
def test_a_huge_number_in_the_output_hides_nothing(device, huge, training):
    class Hides(nn.Module):
        def forward(self, x):
            hidden = torch.arange(x.shape[1], device=x.device) == 2
            return F.dropout(x, 0.5, training).masked_fill(hidden, huge)

    x = torch.randn(4, 9, device=device)
    if training:
        with pytest.raises(AssertionError, match="the output is random"):
            same_in_eval_twice(Hides(), x)
    else:
        same_in_eval_twice(Hides(), x)


def test_a_small_change_beside_a_large_number_of_a_buffer_is_found(device):
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("b", torch.tensor([1e8, 0.0], device=device))

        def forward(self, x):
            self.b[1] += 1
            return x * 2

    with pytest.raises(AssertionError, match="a call changes b"):
        same_in_eval_twice(Counts(), torch.randn(2, 3, device=device))


def test_one_number_has_other_data(device):
    same_in_eval_twice(nn.Tanh(), torch.ones(1, device=device))


def test_functions_hold_nothing_and_attributes_of_a_dict_count():
    def function():
        pass

    class Table(dict):
        pass

    function.calls = [1, 2, 3]
    table = Table(a=1)
    table.more = [1, 2]
    assert held([function]) == 1
    assert held(table) == 4


class After(nn.Module):
    """Give what `make` makes of the input and the number of calls."""

    def __init__(self, make):
        super().__init__()
        self.make, self.count = make, 0

    def forward(self, x):
        self.count += 1
        return self.make(x, self.count)


@pytest.mark.parametrize("make", [
    lambda x, n: x.long() + n,  # by the smallest step of whole numbers
    lambda x, n: x * 1e-12 * n])
def test_a_small_step_of_whole_or_tiny_numbers_is_found(make):
    with pytest.raises(AssertionError, match="the output changes with the calls before"):
        same_in_eval_twice(After(make), torch.arange(6.0))


def drawn(x, n):
    torch.rand(1)
    return x * 2


@pytest.mark.parametrize("make", [lambda x, n: x > 2, drawn])
def test_a_mask_and_draws_without_effect_pass(make):
    same_in_eval_twice(After(make), torch.arange(6.0))


class Keeps(nn.Module):
    """Keep the last inputs, so many as `most`."""

    def __init__(self, most):
        super().__init__()
        self.most, self.Xs = most, []

    def forward(self, x):
        self.Xs = [*self.Xs, x][-self.most:]
        return x * 2


def test_what_is_full_after_two_calls_does_not_grow():
    """Both of the first calls are given one tensor: it counts twice, as two others do."""
    same_in_eval_twice(Keeps(2), torch.arange(6.0))


def test_what_grows_in_a_compiled_model_has_its_own_name():
    with pytest.raises(AssertionError, match="each call lets Xs grow"):
        same_in_eval_twice(torch.compile(Keeps(9), backend="eager"), torch.arange(6.0))


def test_a_default_device_moves_nothing():
    with torch.device("meta"):
        same_in_eval_twice(nn.Tanh(), torch.arange(6.0, device="cpu"))


def test_a_list_counts_once_and_so_does_one_that_holds_itself():
    class Log(list):
        pass

    pair, log = [1, 2], Log([1, 2, 3])
    log.more = [4]
    assert held([pair, pair]) == 4
    pair.append(pair)
    assert held(pair) == 3
    assert held(log) == 3 + 2
