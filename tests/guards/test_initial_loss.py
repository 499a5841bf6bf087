import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.initial_loss import initial_loss
from snippets.guards.judge import Undecided
from snippets.guards.wrong_initial_loss import SoftmaxLast, WideHead, head_for_labels_from_1
from snippets.losses.wrong_shifted_labels import loss_without_shift
from tests.awkward import Guard


def draws(x, size):
    labels = (x.real if x.is_complex() else x) > 0

    def make():
        return lambda _: size * torch.randn(labels.shape, device=labels.device)
    return (make, F.binary_cross_entropy_with_logits,
            torch.ones(len(x), 2, device=x.device), labels.float())


AWKWARD = [
    Guard(initial_loss, right=lambda guard, x: guard(*draws(x, 1), chance=math.log(2)),
          wrong=lambda guard, x: guard(*draws(x, 1000), chance=math.log(2))),
]


def classes(*shape, C=10):
    return torch.randn(*shape), torch.randint(C, shape[:1])


def words(N=8, L=6, V=50):
    ids = torch.randint(V, (N, L + 1))
    return ids[:, :-1], ids[:, 1:]


def per_token(logits, target, **options):
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), **options)


class Language(nn.Module):
    """A small GPT whose head is its embedding, or not."""

    def __init__(self, std=0.02, tie=True, V=50, D=32):
        super().__init__()
        self.embedding, self.places = nn.Embedding(V, D), nn.Parameter(0.02 * torch.randn(16, D))
        self.block = nn.TransformerEncoderLayer(D, 4, 2 * D, batch_first=True, norm_first=True)
        self.norm, self.head = nn.LayerNorm(D), nn.Linear(D, V, bias=False)
        for weight in (self.embedding.weight, self.head.weight):
            nn.init.normal_(weight, std=std)
        if tie:
            self.head.weight = self.embedding.weight

    def forward(self, ids):
        L = ids.shape[1]
        hide = torch.ones(L, L, dtype=torch.bool, device=ids.device).triu(1)
        x = self.block(self.embedding(ids) + self.places[:L], src_mask=hide)
        return self.head(self.norm(x))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.head = nn.GRU(4, 16, batch_first=True), nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.gru(x)[1][0])


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.router, self.experts = nn.Linear(8, 2), nn.ModuleList([mlp(), mlp()])

    def forward(self, x):
        outputs = torch.stack([expert(x) for expert in self.experts], dim=-1)
        return (self.router(x).softmax(-1)[:, None] * outputs).sum(-1)


def mlp(out=10, last=nn.Identity):
    return nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, out), last())


def convolutional():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))


def segments():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU(),
                         nn.Conv2d(8, 5, 1))


def xavier(gain=1.0):
    model = nn.Sequential(nn.Linear(8, 256), nn.LayerNorm(256), nn.Linear(256, 10))
    nn.init.xavier_normal_(model[2].weight, gain)
    return model


def kaiming():
    model = mlp()
    for layer in (model[0], model[2]):
        nn.init.kaiming_normal_(layer.weight)
    return model


def zero_head():
    model = mlp()
    nn.init.zeros_(model[2].weight)
    nn.init.zeros_(model[2].bias)
    return model


def low_rank():
    model = nn.Sequential(nn.Linear(8, 4, bias=False), nn.Linear(4, 10, bias=False))
    return model


def focal(logits, target):
    p = torch.where(target > 0, logits, -logits).sigmoid()
    return (-(1 - p) ** 2 * p.log()).mean()


def ignoring():
    x, target = words()
    target = target.clone()
    target[:, 3:] = -100
    return x, target


def labels(N=16, C=4):
    return torch.randn(N, 8), (torch.rand(N, C) < 0.2).float()


def values(N=64):
    x, y = torch.randn(N, 8), torch.randn(N, 1)
    return x, (y - y.mean()) / y.std()


def power(target):
    return target.square().mean().item()


TEN, FIFTY, TWO = math.log(10), math.log(50), math.log(2)
RIGHT = {
    "MLP": (mlp, F.cross_entropy, lambda: classes(16, 8), TEN),
    "two samples": (mlp, F.cross_entropy, lambda: classes(2, 8), TEN),
    "one class alone": (mlp, F.cross_entropy,
                        lambda: (torch.randn(16, 8), torch.zeros(16, dtype=torch.long)), TEN),
    "images": (convolutional, F.cross_entropy, lambda: classes(16, 3, 8, 8), TEN),
    "segments": (segments, F.cross_entropy,
                 lambda: (torch.randn(4, 3, 8, 8), torch.randint(5, (4, 8, 8))), math.log(5)),
    "language, tied": (Language, per_token, words, FIFTY),
    "language, not tied": (lambda: Language(tie=False), per_token, words, FIFTY),
    "ignored places": (Language, per_token, ignoring, FIFTY),
    "label smoothing": (mlp, nn.CrossEntropyLoss(label_smoothing=0.1),
                        lambda: classes(16, 8), TEN),
    "class weights": (mlp, nn.CrossEntropyLoss(torch.arange(1.0, 11)),
                      lambda: classes(16, 8), TEN),
    "GRU": (Recurrent, F.cross_entropy, lambda: classes(16, 5, 4), TEN),
    "experts": (Experts, F.cross_entropy, lambda: classes(16, 8), TEN),
    "compiled": (lambda: torch.compile(mlp(), backend="eager"), F.cross_entropy,
                 lambda: classes(16, 8), TEN),
    "bfloat16": (lambda: nn.Sequential(mlp().bfloat16()), F.cross_entropy,
                 lambda: (torch.randn(16, 8).bfloat16(), torch.randint(10, (16,))), TEN),
    "Xavier": (xavier, F.cross_entropy, lambda: classes(64, 8), TEN),
    "He": (kaiming, F.cross_entropy, lambda: classes(16, 8), TEN),
    "a head of zeros": (zero_head, F.cross_entropy, lambda: classes(16, 8), TEN),
    "low rank": (low_rank, F.cross_entropy, lambda: classes(16, 8), TEN),
    "inputs that are constant": (mlp, F.cross_entropy,
                                 lambda: (torch.ones(16, 8), torch.randint(10, (16,))), TEN),
    "log_softmax twice": (lambda: mlp(last=lambda: nn.LogSoftmax(dim=1)), F.cross_entropy,
                          lambda: classes(16, 8), TEN),
    "labels": (lambda: mlp(4), F.binary_cross_entropy_with_logits, labels, TWO),
    "focal": (lambda: mlp(4), focal, labels, TWO / 4),
    "Brier": (mlp, lambda out, y: (out.softmax(1) - F.one_hot(y, 10)).square().sum(1).mean(),
              lambda: classes(16, 8), 0.9),
    "Dice": (lambda: mlp(4), lambda out, y: (
        1 - (2 * (out.sigmoid() * y).sum(1) + 1) / (out.sigmoid().sum(1) + y.sum(1) + 1)).mean(),
        labels, None),
    "hinge": (lambda: mlp(4), lambda out, y: (1 - out * (2 * y - 1)).relu().mean(), labels, 1.0),
    "values": (lambda: mlp(1), F.mse_loss, values, 1.0),
    "Huber": (lambda: mlp(1), nn.SmoothL1Loss(), values, None),
    "counts": (lambda: mlp(1, nn.Softplus), F.mse_loss, values, 1.0),
    "Poisson": (lambda: mlp(1), nn.PoissonNLLLoss(),
                lambda: (torch.randn(16, 8), torch.poisson(torch.ones(16, 1))), 1.0),
}
REGRESSION = {"values", "Huber", "counts", "Poisson", "hinge"}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("seed", range(3))
def test_an_untrained_model_passes(device, name, seed):
    torch.manual_seed(seed)
    make, loss, data, chance = RIGHT[name]
    x, target = (t.to(device) for t in data())
    loss = loss.to(device) if isinstance(loss, nn.Module) else loss
    if chance is None:
        chance = loss(torch.zeros_like(target), target).item()
    initial_loss(lambda: make().to(device), loss, x, target, chance=chance,
                 logits=name not in REGRESSION)


def with_target(x, target):
    return torch.cat([x[:, :-1], target[:, None]], dim=1)


class Copies(nn.Module):
    """Regress on the last feature, with a weight that is positive."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(()))

    def forward(self, x):
        return self.weight * x[:, -1:]


def leaking():
    x, y = values()
    return torch.cat([x, y], dim=1), y


def sum_over_places(logits, target):
    return F.cross_entropy(logits.transpose(1, 2), target, reduction="none").sum(dim=1).mean()


ZERO, SIGN, BOUND = "outputs of 0 cost", "no output is negative", "costs much more or less"
LESS, MORE = "less than a guess", "initial weights too large"
VALUES = {"values far from 0", "target in the input", "outputs around 100"}
WRONG = {
    "softmax last": (lambda: SoftmaxLast(8, 10), F.cross_entropy, lambda: classes(16, 8), TEN,
                     SIGN),
    "wide head": (lambda: WideHead(50, 64), per_token, words, FIFTY, MORE),
    "sum over places": (Language, sum_over_places, words, FIFTY, ZERO),
    "sigmoid last": (lambda: mlp(4, nn.Sigmoid), F.binary_cross_entropy_with_logits, labels, TWO,
                     SIGN),
    "ReLU last": (lambda: mlp(last=nn.ReLU), F.cross_entropy, lambda: classes(16, 8), TEN, SIGN),
    "softmax in the loss": (mlp, lambda out, y: F.cross_entropy(out.softmax(-1), y),
                            lambda: classes(16, 8), TEN, BOUND),
    "sigmoid in the loss": (
        lambda: mlp(4), lambda out, y: F.binary_cross_entropy_with_logits(out.sigmoid(), y),
        labels, TWO, ZERO),
    "times 20": (lambda: nn.Sequential(mlp(), Times(20)), F.cross_entropy,
                 lambda: classes(16, 8), TEN, MORE),
    "a gain of 5": (lambda: xavier(5.0), F.cross_entropy, lambda: classes(16, 8), TEN, MORE),
    "tied and around 1": (lambda: Language(1.0), per_token, words, FIFTY, MORE),
    "without a shift": (lambda: Language(0.3), loss_without_shift,
                        lambda: (words()[0],) * 2, FIFTY, LESS),
    "labels from 1": (lambda: head_for_labels_from_1(8, 10), F.cross_entropy,
                      lambda: (torch.randn(16, 8), torch.randint(10, (16,)) + 1), TEN,
                      "outputs of 0 cost 2.398, not 2.303: "),
    "sum": (mlp, nn.CrossEntropyLoss(reduction="sum"), lambda: classes(16, 8), TEN, ZERO),
    "divided twice": (mlp, lambda out, y: F.cross_entropy(out, y) / len(y),
                      lambda: classes(16, 8), TEN, ZERO),
    "values far from 0": (lambda: mlp(1), F.mse_loss,
                          lambda: (torch.randn(64, 8), 5 + torch.randn(64, 1)), 1.0, ZERO),
    "target in the input": (Copies, F.mse_loss, leaking, 1.0, LESS),
    "outputs around 100": (lambda: nn.Sequential(mlp(1), Times(100)), F.mse_loss, values, 1.0,
                           MORE),
}


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_first_loss_fails(device, name, seed):
    torch.manual_seed(seed)
    make, loss, data, chance, says = WRONG[name]
    x, target = (t.to(device) for t in data())
    with pytest.raises(AssertionError, match=says):
        initial_loss(lambda: make().to(device), loss, x, target, chance=chance,
                     logits=name not in VALUES)


def same():
    torch.manual_seed(3)
    return mlp()


@pytest.mark.parametrize(("make", "loss", "data", "says"), [
    (same, F.cross_entropy, lambda: classes(8, 8), "the same model"),
    (mlp, F.cross_entropy, lambda: classes(1, 8), "two samples"),
    (mlp, F.cross_entropy, lambda: [t.to("meta") for t in classes(4, 8)], "on meta"),
    (mlp, F.cross_entropy, lambda: (torch.ones(()), torch.ones(())), "two samples"),
    (mlp, nn.CrossEntropyLoss(reduction="none"), lambda: classes(4, 8), "no single number"),
    (mlp, lambda out, y: 2.0, lambda: classes(4, 8), "no single number"),
    (mlp, lambda out, y: out.sum() * 0 + TEN, lambda: classes(4, 8), "does not follow"),
    (lambda: lambda x: {"logits": x}, F.cross_entropy, lambda: classes(4, 8), "no tensor"),
    (lambda: lambda x: x.argmax(1), F.cross_entropy, lambda: classes(4, 8), "no tensor"),
    (lambda: lambda x: mlp()(x) / 0, F.cross_entropy, lambda: classes(4, 8), "not finite"),
])
def test_what_cannot_be_told_is_undecided(make, loss, data, says):
    with pytest.raises(Undecided, match=says):
        initial_loss(make, loss, *data(), chance=TEN)


def test_a_rate_of_errors_has_no_gradient(device):
    x, target = torch.randn(20, 8, device=device), torch.arange(20, device=device) % 10

    def errors(out, y):
        return (out.argmax(1) != y).double().mean()
    initial_loss(lambda: mlp().to(device), errors, x, target,
                 chance=errors(torch.zeros(20, 10, device=device), target).item())


def test_nothing_is_left_changed():
    x, target = classes(4, 8)
    before, random = (x.clone(), target.clone()), torch.get_rng_state()

    def make():
        model = mlp()
        return lambda x: model(x.mul_(2))
    initial_loss(make, F.cross_entropy, x, target, chance=TEN)
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.equal(x, before[0])
    assert torch.equal(target, before[1])


def test_a_softmax_is_found_unless_it_is_said_that_the_outputs_are_no_logits():
    with pytest.raises(AssertionError, match="no output is negative"):
        initial_loss(lambda: mlp(last=lambda: nn.Softmax(1)), F.cross_entropy, *classes(64, 8),
                     chance=TEN)


def test_half_a_percent_of_a_loss_in_float32_is_no_rounding():
    with pytest.raises(AssertionError, match="outputs of 0 cost"):
        initial_loss(mlp, lambda out, y: 1.005 * F.cross_entropy(out, y), *classes(64, 8),
                     chance=TEN)


def test_a_loss_of_several_samples_is_judged_too():
    def loss(out, y):
        return 1.5 * F.cross_entropy(out, y) + 0 * out.sum() / (len(out) - 1)
    with pytest.raises(AssertionError, match="outputs of 0 cost"):
        initial_loss(mlp, loss, *classes(64, 8), chance=TEN)


def test_a_guess_may_cost_nothing():
    x, target = torch.randn(64, 8), torch.zeros(64, 1)
    initial_loss(lambda: mlp(1), F.mse_loss, x, target, chance=0.0, logits=False)
    initial_loss(lambda: lambda x: torch.zeros(64, 1), F.mse_loss, x, target, chance=0.0,
                 logits=False)
    initial_loss(lambda: mlp(1), lambda out, y: (out != y).double().mean(), x, target,
                 chance=0.0, logits=False)
    with pytest.raises(Undecided, match="does not follow"):
        initial_loss(lambda: mlp(1), lambda out, y: 0 * out.sum(), x, target, chance=0.0)


def test_two_softmax_over_many_classes_are_found():
    with pytest.raises(AssertionError, match="no output costs much more or less"):
        initial_loss(lambda: mlp(1000), lambda out, y: F.cross_entropy(out.softmax(1), y),
                     *classes(64, 8, C=1000), chance=math.log(1000))


def test_a_default_device_moves_nothing():
    data = classes(16, 8)

    def make():
        with torch.device("cpu"):
            return mlp()
    with torch.device("meta"):
        initial_loss(make, F.cross_entropy, *data, chance=TEN)


def test_a_model_that_ends_in_a_log_softmax_fails_until_it_is_left_out():
    x, target = classes(16, 8)
    with pytest.raises(AssertionError, match="outputs of 0 cost 0, not"):
        initial_loss(lambda: nn.Sequential(nn.Linear(8, 10), nn.LogSoftmax(-1)), F.nll_loss,
                     x, target, chance=math.log(10))
    initial_loss(lambda: nn.Linear(8, 10), F.cross_entropy, x, target, chance=math.log(10))


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("hide", [lambda x: x.to("meta"), lambda x: x.to_sparse()])
def test_data_that_is_not_dense_is_undecided(place, hide):
    data = [*classes(8, 4)]
    data[place] = hide(data[place])
    with pytest.raises(Undecided, match="sparse, nested or on meta"):
        initial_loss(lambda: nn.Linear(4, 10), F.cross_entropy, *data, chance=math.log(10))


@pytest.mark.parametrize("output", [lambda x: x.sum(), lambda x: x.to_sparse()])
def test_outputs_without_rows_are_undecided(output):
    with pytest.raises(Undecided, match="gives no tensor of floats"):
        initial_loss(lambda: output, F.cross_entropy, *classes(8, 4), chance=math.log(10))
