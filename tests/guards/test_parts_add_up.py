import contextlib
import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.checkpoint import checkpoint

from snippets.guards.judge import Undecided
from snippets.guards.parts_add_up import parts_add_up
from snippets.guards.wrong_parts_add_up import average_ranks, clip_each_part
from snippets.losses.mean_of_means import backward_in_parts
from snippets.losses.wrong_mean_of_means import backward_of_means, backward_undivided
from tests.awkward import Guard


class Scale(nn.Module):
    """Multiply by one weight."""

    def __init__(self, device):
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), device=device))

    def forward(self, x):
        return (self.weight * x).abs()


def means(model, parts, weigh=True):
    count = sum(x.numel() for x, in parts)
    for x, in parts:
        (model(x).sum() / count if weigh else model(x).mean() / len(parts)).backward()


AWKWARD = [
    Guard(parts_add_up,
          right=lambda guard, x: guard(means, Scale(x.device), [(x[:1],), (x[1:],)]),
          wrong=lambda guard, x: guard(lambda model, parts: means(model, parts, weigh=False),
                                       Scale(x.device), [(x[:1],), (x[1:],)])),
]


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 1))


def numbers(device, sizes=(1, 3, 4)):
    return [(torch.randn(n, 3, device=device), torch.randn(n, 1, device=device)) for n in sizes]


def tokens(device):
    """Sequences of numbers, with targets of which some are ignored."""
    parts = [(torch.randn(n, 5, 4, device=device), torch.randint(4, (n, 5), device=device))
             for n in (2, 2)]
    parts[0][1][:, 2:] = -100
    return parts


def ids(device):
    return [(torch.randint(5, (n, 4), device=device), torch.randn(n, 1, device=device))
            for n in (1, 3)]


def by_count(loss=lambda model, x, target: F.mse_loss(model(x), target, reduction="sum")):
    """Sum the losses of a part, and divide by the number of all samples."""
    def accumulate(model, parts):
        count = sum(len(part[0]) for part in parts)
        for part in parts:
            (loss(model, *part) / count).backward()
    return accumulate


def summed(model, parts):
    for x, target in parts:
        F.mse_loss(model(x), target, reduction="sum").backward()


def weighted_means(model, parts):
    count = sum(len(x) for x, _ in parts)
    for x, target in parts:
        (F.smooth_l1_loss(model(x), target) * len(x) / count).backward()


def clipped(model, parts):
    by_count()(model, parts)
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    nn.utils.clip_grad_value_(model.parameters(), 0.01)


def unscaled(model, parts):
    optimizer = torch.optim.SGD(model.parameters())
    scaler = torch.amp.GradScaler(parts[0][0].device.type)
    by_count(lambda model, x, target: scaler.scale(
        F.mse_loss(model(x), target, reduction="sum")))(model, parts)
    scaler.unscale_(optimizer)


def autocast(model, parts):
    with torch.autocast(parts[0][0].device.type, torch.bfloat16):
        by_count()(model, parts)


def penalized(model, parts):
    by_count()(model, parts)
    (0.1 * sum(p.square().sum() for p in model.parameters())).backward()


def ranks(model, parts):
    """Divide by the count of all ranks, times their number, as the wrapper averages."""
    count = sum(len(x) for x, _ in parts)
    copies = [copy.deepcopy(model) for _ in parts]
    for rank, (x, target) in zip(copies, parts, strict=True):
        loss = F.mse_loss(rank(x), target, reduction="sum") * len(parts) / count
        loss.backward()
    for p, *others in zip(model.parameters(), *(rank.parameters() for rank in copies), strict=True):
        p.grad = sum(q.grad for q in others) / len(parts)


def contrast(model, x, target):
    """Compare each sample with the others of its part."""
    scores = model(x) @ model(target.expand_as(x)).mT
    return F.cross_entropy(scores, torch.arange(len(x), device=x.device), reduction="sum")


class Packed(nn.Module):
    """A packed GRU, whose last state gives a number."""

    def __init__(self):
        super().__init__()
        self.gru, self.head = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return self.head(self.gru(packed)[1][0])


class Experts(nn.Module):
    """Weigh two layers by a router."""

    def __init__(self):
        super().__init__()
        self.router, self.experts = nn.Linear(3, 2), nn.ModuleList([net(), net()])

    def forward(self, x):
        outputs = torch.stack([expert(x) for expert in self.experts], dim=-1)
        return (self.router(x).softmax(-1)[:, None] * outputs).sum(-1)


class LowRank(nn.Module):
    """A frozen layer and a product of two small matrices."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(3, 1).requires_grad_(False)
        self.A, self.B = nn.Parameter(torch.randn(2, 3)), nn.Parameter(torch.zeros(1, 2))

    def forward(self, x):
        return self.base(x) + x @ self.A.T @ self.B.T


def attending():
    return nn.Sequential(nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
                         nn.Linear(4, 4))


def embedding():
    return nn.Sequential(nn.Embedding(5, 3, sparse=True), nn.Flatten(), nn.Linear(12, 1))


def normalized(*layers):
    return lambda: nn.Sequential(nn.Linear(3, 4), *layers, nn.Linear(4, 1))


def compiled():
    return torch.compile(net(), backend="eager")


def teacher_of(device):
    teacher = net().to(device)
    return by_count(lambda model, x, target: F.mse_loss(model(x), teacher(x).detach(),
                                                        reduction="sum"))


def noisy(model, x, target, noise):
    return F.mse_loss(model(x + noise), noise[:, :1], reduction="sum")


def with_noise(device):
    return [(x, y, torch.randn_like(x)) for x, y in numbers(device)]


def with_lengths(device):
    return [(torch.randn(n, 4, 3, device=device), torch.randn(n, 1, device=device),
             torch.arange(1, n + 1, device=device)) for n in (2, 3)]


def ctc(model, x, target, lengths):
    logs = model(x).log_softmax(-1).transpose(0, 1)
    return F.ctc_loss(logs, target, torch.full_like(lengths, x.shape[1]), lengths, reduction="sum")


def speech(device):
    return [(torch.randn(n, 6, 4, device=device), torch.randint(1, 4, (n, 2), device=device),
             torch.randint(1, 3, (n,), device=device)) for n in (1, 3)]


RIGHT = {
    "sum and count": (by_count(), net, numbers),
    "sum": (summed, net, numbers),
    "weighted means": (weighted_means, net, numbers),
    "ignored targets": (backward_in_parts, attending, tokens),
    "clipped once": (clipped, net, numbers),
    "unscaled once": (unscaled, net, numbers),
    "autocast": (autocast, net, numbers),
    "bfloat16": (by_count(), lambda: net().bfloat16(), numbers),
    "compiled": (by_count(), compiled, numbers),
    "a penalty once": (penalized, net, numbers),
    "ranks": (ranks, net, numbers),
    "layer norm": (by_count(), normalized(nn.LayerNorm(4)), numbers),
    "group norm": (by_count(), normalized(nn.GroupNorm(2, 4)), numbers),
    "batch norm in eval": (by_count(), lambda: normalized(nn.BatchNorm1d(4))().eval(), numbers),
    "dropout in eval": (by_count(), lambda: normalized(nn.Dropout())().eval(), numbers),
    "experts": (by_count(), Experts, numbers),
    "LoRA": (by_count(), LowRank, numbers),
    "sparse embedding": (by_count(), embedding, ids),
    "packed GRU": (by_count(lambda model, x, y, lengths: F.mse_loss(
        model(x, lengths), y, reduction="sum")), Packed, with_lengths),
    "noise as data": (by_count(noisy), net, with_noise),
    "CTC": (by_count(ctc), lambda: nn.Linear(4, 4), speech),
    "checkpoint": (by_count(lambda model, x, y: F.mse_loss(
        checkpoint(model, x, use_reentrant=False), y, reduction="sum")), net, numbers),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_loop_passes(device, name):
    accumulate, make, data = RIGHT[name]
    parts_add_up(accumulate, make().to(device), data(device))


def test_a_teacher_outside_is_widened_as_a_copy(device):
    parts_add_up(teacher_of(device), net().to(device), numbers(device))


def unscale_each_part(model, parts):
    """Divide by the loss scale after each part, and so repeatedly."""
    count = sum(len(x) for x, _ in parts)
    for x, target in parts:
        (1024 * F.mse_loss(model(x), target, reduction="sum") / count).backward()
        for p in model.parameters():
            p.grad /= 1024


def drops_the_last(model, parts):
    by_count()(model, parts[:-1] or parts)


def clears_each(model, parts):
    for x, target in parts:
        model.zero_grad()
        F.mse_loss(model(x), target).backward()


def penalizes_each(model, parts):
    count = sum(len(x) for x, _ in parts)
    for x, target in parts:
        loss = F.mse_loss(model(x), target, reduction="sum") / count
        (loss + 0.1 * sum(p.square().sum() for p in model.parameters())).backward()


def divides_by_a_constant(model, parts):
    for x, target in parts:
        (F.mse_loss(model(x), target) / 4).backward()


def divides_by_places(model, parts):
    for x, target in parts:
        loss = F.cross_entropy(model(x).flatten(0, 1), target.flatten(), reduction="sum")
        (loss / (target != -100).sum() * len(x) / 4).backward()


OFF, TIMES = "parts is not that of the batch", r"parts is \S+ times that of the batch"
NORM = "batch norm takes the mean and variance of each part"
WRONG = {
    "clips each part": (clip_each_part, net, numbers, OFF),
    "averages ranks": (average_ranks, net, numbers, OFF),
    "unscales each part": (unscale_each_part, net, numbers, OFF),
    "means of tokens": (backward_of_means, attending, tokens, OFF),
    "undivided": (backward_undivided, attending, lambda device: [tokens(device)[1]] * 2,
                  "is 2 times that of the batch"),
    "drops the last": (drops_the_last, net, numbers, OFF),
    "clears each": (clears_each, net, numbers, OFF),
    "a penalty for each": (penalizes_each, net, numbers, OFF),
    "a constant": (divides_by_a_constant, net, lambda device: numbers(device, (2, 2)), TIMES),
    "places": (divides_by_places, attending, tokens, OFF),
    "batch norm": (by_count(), normalized(nn.BatchNorm1d(4)),
                   lambda device: numbers(device, (2, 4)), NORM),
    "batch norm without statistics": (
        by_count(), normalized(nn.BatchNorm1d(4, affine=False, track_running_stats=False)),
        lambda device: numbers(device, (2, 4)), NORM),
    "batch norm after train()": (lambda model, parts: by_count()(model.train(), parts),
                                 lambda: normalized(nn.BatchNorm1d(4))().eval(),
                                 lambda device: numbers(device, (2, 4)), NORM),
    "batch norm and a mean of means": (
        average_ranks, normalized(nn.BatchNorm1d(4)),
        lambda device: numbers(device, (2, 4)), OFF),
    "pairs": (by_count(contrast), lambda: nn.Linear(3, 2), numbers, OFF),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_loop_fails(device, name):
    accumulate, make, data, says = WRONG[name]
    with pytest.raises(AssertionError, match=says):
        parts_add_up(accumulate, make().to(device), data(device))


def test_a_part_without_a_target_gives_nan(device):
    parts = tokens(device)
    parts[0][1][:] = -100
    parts_add_up(backward_in_parts, attending().to(device), parts)
    with pytest.raises(AssertionError, match="a mean of means"):
        parts_add_up(backward_of_means, attending().to(device), parts)


@pytest.mark.parametrize(("accumulate", "make", "data", "says"), [
    (by_count(), normalized(nn.Dropout()), numbers, "is random"),
    (by_count(lambda model, x, y: F.mse_loss(model(x + torch.randn_like(x)), y)), net, numbers,
     "is random"),
    (average_ranks, net, lambda device: numbers(device, (2, 2)), "weigh alike"),
    (by_count(), net, lambda device: numbers(device, (3,)), "weigh alike"),
    (by_count(), net, lambda device: [], "one shape"),
    (by_count(), net, lambda device: [(torch.ones(2, 3),), (torch.ones(2, 4),)], "one shape"),
    (by_count(), net, lambda device: ["ab", "cd"], "tuple of tensors"),
    (by_count(), net, lambda device: [(torch.ones(()),)] * 2, "axis 0"),
    (by_count(), net, lambda device: [(torch.ones(2, 3, device="meta"),)] * 2, "axis 0"),
    (lambda model, parts: None, net, numbers, "does accumulate end before zero_grad"),
    (by_count(), nn.ReLU, numbers, "nothing is trained"),
    (by_count(), lambda: net().requires_grad_(False), numbers, "nothing is trained"),
    (by_count(lambda model, x, y: model(x).sum() * float("inf")), net, numbers, "not finite"),
])
def test_what_cannot_be_told_is_undecided(device, accumulate, make, data, says):
    with pytest.raises(Undecided, match=says):
        parts_add_up(accumulate, make().to(device), data(device))


def test_a_model_on_meta_is_undecided(device):
    with pytest.raises(Undecided, match="the model is on meta"):
        parts_add_up(by_count(), net().to("meta"), numbers(device))


def test_draws_whose_number_follows_the_parts_are_undecided(device):
    def accumulate(model, parts):
        by_count(lambda model, x, y: model(x).sum() * (1 + (len(parts) > 1) * torch.rand(
            (), device=device)))(model, parts)
    with pytest.raises(Undecided, match="number of random draws"):
        parts_add_up(accumulate, net().to(device), numbers(device))


class Rounded(nn.Module):
    """Compute in a dtype of its own, whatever the weights are."""

    def __init__(self, dtype):
        super().__init__()
        self.first, self.last, self.dtype = nn.Linear(3, 8), nn.Linear(8, 1), dtype

    def forward(self, x):
        for layer in (self.first, self.last):
            x = F.linear(x.to(self.dtype), layer.weight.to(self.dtype), layer.bias.to(self.dtype))
        return x.double()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("seed", range(5))
def test_rounding_within_the_model_is_no_failure(device, dtype, seed):
    torch.manual_seed(seed)
    model = Rounded(dtype).to(device)
    with contextlib.suppress(Undecided):
        parts_add_up(by_count(), model, numbers(device, (3, 5, 9)))
    with pytest.raises(AssertionError, match="3 parts is"):
        parts_add_up(lambda model, parts: summed(model, parts * len(parts)), model,
                     numbers(device, (3, 5, 9)))


def test_nothing_is_left_changed(device):
    model = normalized(nn.BatchNorm1d(4))().to(device)
    model(torch.randn(4, 3, device=device)).sum().backward()
    state, grad = copy.deepcopy(model.state_dict()), model[0].weight.grad.clone()
    parts = numbers(device, (2, 4))
    before, random = copy.deepcopy(parts), torch.get_rng_state()

    def accumulate(model, parts):
        by_count()(model, parts)
        parts[0][0].zero_()
        torch.rand(2)

    with pytest.raises(AssertionError, match="batch norm"):
        parts_add_up(accumulate, model, parts)
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.get_default_dtype() == torch.float32
    assert model[1].training
    assert torch.equal(model[0].weight.grad, grad)
    for name, x in model.state_dict().items():
        assert torch.equal(x, state[name])
    for part, old in zip(parts, before, strict=True):
        for x, y in zip(part, old, strict=True):
            assert torch.equal(x, y)
    with torch.autocast(parts[0][0].device.type, torch.bfloat16):
        assert model[0](parts[0][0]).dtype == torch.bfloat16


def imaginary_means(model, parts, weigh=True):
    count = sum(x.numel() for x, in parts)
    for x, in parts:
        size = model(x.imag)
        (size.sum() / count if weigh else size.mean() / len(parts)).backward()


def test_imaginary_parts_stay():
    parts = [(torch.randn(n, 3, dtype=torch.complex64),) for n in (1, 3)]
    parts_add_up(imaginary_means, Scale("cpu"), parts)
    with pytest.raises(AssertionError, match="a mean of means"):
        parts_add_up(lambda *given: imaginary_means(*given, weigh=False), Scale("cpu"), parts)


def test_a_batch_norm_alone_may_be_put_into_train():
    def accumulate(norm, parts):
        for x, target in parts:
            F.mse_loss(norm.train()(x), target.expand_as(x), reduction="sum").backward()
    with pytest.raises(AssertionError, match=NORM):
        parts_add_up(accumulate, nn.BatchNorm1d(3), numbers("cpu", (2, 4)))


def test_autocast_is_not_entered():
    seen = []

    def accumulate(model, parts):
        with torch.autocast("cpu", torch.bfloat16):
            seen.append(torch.is_autocast_enabled("cpu"))
            by_count()(model, parts)
    parts_add_up(accumulate, net(), numbers("cpu"))
    assert not any(seen)
    assert not torch.is_autocast_enabled("cpu")


def test_an_infinite_gradient_is_undecided():
    def accumulate(model, parts):
        model.weight.grad = torch.full_like(model.weight, float("inf"))
    with pytest.raises(Undecided, match="is 0 or not finite"):
        parts_add_up(accumulate, Scale("cpu"), [(torch.ones(n, 3),) for n in (1, 3)])


def test_tiny_gradients_are_judged():
    def accumulate(model, parts):
        for x, target in parts:
            (1e-9 * F.mse_loss(model(x), target) / len(parts)).backward()
    with pytest.raises(AssertionError, match="a mean of means"):
        parts_add_up(accumulate, net(), numbers("cpu"))


def test_a_loop_without_hooks_on_saved_tensors_is_judged():
    def accumulate(model, parts):
        with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
            backward_of_means(model, parts)
    with pytest.raises(AssertionError, match="a mean of means"):
        parts_add_up(accumulate, attending(), tokens("cpu"))


def test_a_default_device_moves_nothing():
    model, parts = Scale("cpu"), [(torch.randn(n, 3),) for n in (1, 3)]
    with torch.device("meta"):
        parts_add_up(means, model, parts)


def test_an_assert_in_the_loop_is_undecided(device):
    def accumulate(model, parts):
        assert len(parts) == 2, "two parts"
        for x, in parts:
            model(x).sum().backward()

    parts = [(torch.ones(size, 2, device=device),) for size in (1, 2)]
    with pytest.raises(Undecided, match="two parts"):
        parts_add_up(accumulate, nn.Linear(2, 1).to(device), parts)


def test_a_factor_near_1_is_written_with_its_digits(device):
    def accumulate(model, parts):
        for x, in parts:
            (model(x).sum() / (1 + 1e-5 * len(parts))).backward()

    parts = [(torch.ones(size, 2, device=device),) for size in (1, 2)]
    with pytest.raises(AssertionError, match=r"is 0\.99999\d* times that of the batch"):
        parts_add_up(accumulate, nn.Linear(2, 1).to(device), parts)


def test_parameters_without_elements_are_undecided():
    model = nn.Module()
    model.empty = nn.Parameter(torch.zeros(0))
    with pytest.raises(Undecided, match="the gradient of the batch is 0"):
        parts_add_up(lambda model, parts: model.empty.sum().backward(), model,
                     [(torch.ones(1, 2),), (torch.ones(3, 2),)])
