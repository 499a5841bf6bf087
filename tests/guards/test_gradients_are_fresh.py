import copy
from importlib import import_module

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import backward
from torch.utils.checkpoint import checkpoint

from snippets.guards.gradients_are_fresh import gradients_are_fresh
from snippets.guards.judge import Undecided
from snippets.guards.wrong_gradients_are_fresh import (
    train_gan_on_both_losses,
    train_on_the_last_part,
    train_with_zero_grad_once,
)
from tests.awkward import Guard


class Scaled(nn.Module):
    """Multiply by a weight, in the shape of the data."""

    def __init__(self, x):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros_like(x, dtype=torch.float32))

    def forward(self, x):
        return (self.weight * x).sum()


def trains_on(x, clear):
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(2):
            if clear:
                optimizer.zero_grad()
            model(x).abs().backward()
            optimizer.step()
    return train


AWKWARD = [
    Guard(gradients_are_fresh, right=lambda guard, x: guard(trains_on(x, True), Scaled(x)),
          wrong=lambda guard, x: guard(trains_on(x, False), Scaled(x))),
]


def data(model, steps=4):
    like = next(model.parameters())
    return [torch.randn(4, 3, device=like.device, dtype=like.dtype) for _ in range(steps)]


def net():
    return nn.Sequential(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 1))


def gan():
    return nn.ModuleDict({"generator": nn.Linear(3, 3), "discriminator": net()})


def loop(make=torch.optim.AdamW, model=net, loss=lambda model, x: model(x).square().mean(),
         **options):
    """A plain loop, with an optimizer, and the model that it trains."""
    def train(model):
        optimizer = make(model.parameters(), **options)
        for x in data(model):
            optimizer.zero_grad()
            loss(model, x).backward()
            optimizer.step()
    return train, model


def zeros_instead_of_none(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for x in data(model):
        model(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)


def accumulates(model):
    optimizer = torch.optim.Adam(model.parameters())
    for x in data(model):
        for part in x.chunk(2):
            (model(part).square().mean() / 2).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        model.zero_grad()


def with_closure(model, **options):
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=5, **options)
    x = data(model)[0]

    def closure():
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        return loss
    for _ in range(3):
        optimizer.step(closure)


def alternates(model, penalty=False, detach=True):
    """Train a GAN: the discriminator, then the generator, which reaches both."""
    G, D = model["generator"], model["discriminator"]
    opt_G, opt_D = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
    for real in data(G):
        fake = G(torch.randn_like(real))
        opt_D.zero_grad()
        loss = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach() if detach else fake)).mean()
        if penalty:
            point = real.detach().requires_grad_()
            slope, = torch.autograd.grad(D(point).sum(), point, create_graph=True)
            loss = loss + slope.square().sum()
        loss.backward(retain_graph=not detach)
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(torch.randn_like(real)))).mean().backward()
        opt_G.step()


def generator_first(model):
    G, D = model["generator"], model["discriminator"]
    opt_G, opt_D = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
    for real in data(G):
        opt_G.zero_grad()
        fake = G(torch.randn_like(real))
        F.softplus(-D(fake)).mean().backward()
        opt_G.step()
        opt_D.zero_grad()
        F.softplus(-D(real)).mean().backward()
        F.softplus(D(fake.detach())).mean().backward()
        opt_D.step()


def generator_alone(model):
    """Train the generator with a discriminator of its own, whose loss reaches it, too."""
    G, D = model["generator"], copy.deepcopy(model["discriminator"])
    opt_G, opt_D = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
    for real in data(G):
        opt_D.zero_grad()
        (F.softplus(-D(real)) + F.softplus(D(G(torch.randn_like(real))))).mean().backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(torch.randn_like(real)))).mean().backward()
        opt_G.step()


def scaled(enabled, scale=2.0**16, overflows=False):
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        scaler = torch.amp.GradScaler(next(model.parameters()).device.type, scale, enabled=enabled)
        for step, x in enumerate(data(model)):
            optimizer.zero_grad()
            loss = model(x).square().mean() * (float("inf") if overflows and step == 1 else 1)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
    return train


def autocast(model):
    optimizer = torch.optim.AdamW(model.parameters())
    for x in data(model):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(x.device.type, torch.bfloat16):
            loss = model(x).square().mean()
        loss.backward()
        optimizer.step()


def words(model):
    optimizer = torch.optim.SparseAdam(model.parameters())
    for ids in ([0, 1], [1, 4], [2, 2]):
        optimizer.zero_grad()
        model(torch.tensor(ids, device=model.weight.device)).square().sum().backward()
        optimizer.step()


class SAM(torch.optim.Optimizer):
    """Climb, take the gradient there, go back and step by another optimizer."""

    def __init__(self, params, wrapped, rho=0.05):
        super().__init__(params, {"rho": rho})
        self.wrapped = wrapped(self.param_groups, lr=0.1)

    @torch.no_grad()
    def climb(self):
        self.old = [p.detach().clone() for p in self.param_groups[0]["params"]]
        for p in self.param_groups[0]["params"]:
            p.data.add_(p.grad, alpha=0.05)
        self.zero_grad()

    @torch.no_grad()
    def step(self, closure=None):
        for p, old in zip(self.param_groups[0]["params"], self.old, strict=True):
            p.data.copy_(old)
        self.wrapped.step()


def sharpness_aware(model):
    optimizer = SAM(model.parameters(), torch.optim.SGD)
    for x in data(model):
        model(x).square().mean().backward()
        optimizer.climb()
        model(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def adversarial(model):
    """Train on inputs changed by the sign of their gradient."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in data(model):
        x.requires_grad_()
        model(x).square().mean().backward()
        attack = (x + 0.1 * x.grad.sign()).detach()
        optimizer.zero_grad()
        model(attack).square().mean().backward()
        optimizer.step()


def private(model):
    """Clip the gradient of each sample, add the clipped ones, step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in data(model):
        total = [torch.zeros_like(p) for p in model.parameters()]
        for sample in x:
            optimizer.zero_grad()
            model(sample).square().sum().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            for into, p in zip(total, model.parameters(), strict=True):
                into += p.grad
        for into, p in zip(total, model.parameters(), strict=True):
            p.grad = into + 0.01 * torch.randn_like(into)
        optimizer.step()


def project(model):
    """Take the gradients of two losses one by one, and step along a mix of them."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in data(model):
        grads = []
        for loss in (model(x).square().mean(), model(x).exp().mean()):
            optimizer.zero_grad()
            loss.backward()
            grads.append([p.grad for p in model.parameters()])
        for p, a, b in zip(model.parameters(), *grads, strict=True):
            p.grad = a + (b - (a * b).sum() / a.square().sum() * a)
        optimizer.step()


def meta(model):
    """Train a copy for a step, then step the model by the gradient of the copy."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in data(model):
        optimizer.zero_grad()
        fast = copy.deepcopy(model)
        inner = torch.optim.SGD(fast.parameters(), lr=0.1)
        fast(x).square().mean().backward()
        inner.step()
        inner.zero_grad()
        fast(-x).square().mean().backward()
        (0 * sum(p.sum() for p in model.parameters())).backward()
        for p, other in zip(model.parameters(), fast.parameters(), strict=True):
            p.grad.copy_(other.grad)
        model(x).mean().backward()
        optimizer.step()


def temperature(model):
    """Train a number beside the model, on a loss of its own at times."""
    scale = torch.zeros((), device=next(model.parameters()).device, requires_grad=True)
    optimizer = torch.optim.SGD([*model.parameters(), scale], lr=0.1)
    for x in data(model):
        optimizer.zero_grad()
        (model(x) * scale.exp()).square().mean().backward()
        optimizer.step()


def averaged(model):
    average = torch.optim.swa_utils.AveragedModel(model)
    optimizer = torch.optim.RMSprop(model.parameters())
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    for x in data(model):
        model(x).logsumexp(0).sum().backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.01)
        optimizer.step()
        schedule.step()
        average.update_parameters(model)
        optimizer.zero_grad()


def in_backward(model):
    """Step each parameter as soon as its gradient is there."""
    optimizers = {p: torch.optim.SGD([p], lr=0.1) for p in model.parameters()}

    def step(p):
        optimizers[p].step()
        optimizers[p].zero_grad()
    for p in model.parameters():
        p.register_post_accumulate_grad_hook(step)
    for x in data(model):
        model(x).square().mean().backward()


def slow_and_fast(model):
    """Step the last layer for each batch, and the first for every second."""
    fast = torch.optim.SGD(model[2].parameters(), lr=0.1)
    slow = torch.optim.SGD(model[0].parameters(), lr=0.1)
    for step, x in enumerate(data(model)):
        model(x).square().mean().backward()
        fast.step()
        fast.zero_grad()
        if step % 2:
            slow.step()
            slow.zero_grad()


def thaws(model):
    model[0].requires_grad_(False)
    optimizer = torch.optim.Adam(model.parameters())
    for step, x in enumerate(data(model)):
        model[0].requires_grad_(step > 1)
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


def parts_of(model):
    return {name: torch.optim.Adam(part.parameters()) for name, part in model.items()}


def heads_on_a_trunk(model):
    """Step each head on its own loss, and the trunk on both."""
    steps = parts_of(model)
    for x in data(model):
        for optimizer in steps.values():
            optimizer.zero_grad()
        for head in ("generator", "discriminator"):
            model[head](model["trunk"](x)).mean().backward()
            steps[head].step()
        steps["trunk"].step()


def actor_and_critic(model):
    """Train a critic, and an actor through it."""
    steps = parts_of(model)
    for x in data(model):
        steps["discriminator"].zero_grad()
        model["discriminator"](x).square().mean().backward()
        steps["discriminator"].step()
        for name in ("generator", "trunk"):
            steps[name].zero_grad()
            (-model["discriminator"](model[name](x)).mean()).backward()
            steps[name].step()


def at_once(model):
    """Call backward for both losses, each for its own parameters, and then step both."""
    G, D = model["generator"], model["discriminator"]
    steps = parts_of(model)
    for real in data(G):
        fake = G(torch.randn_like(real))
        (D(fake.detach()) - D(real)).mean().backward(inputs=list(D.parameters()))
        (-D(fake)).mean().backward(inputs=list(G.parameters()))
        for optimizer in steps.values():
            optimizer.step()
            optimizer.zero_grad()


def through_time(model):
    """Cut the graph of a recurrent layer at each step."""
    optimizer, h = torch.optim.SGD(model.parameters(), lr=0.1), None
    for x in data(model):
        optimizer.zero_grad()
        y, h = model(x[None], h)
        y.mean().backward()
        optimizer.step()
        h = h.detach()


def trunk():
    return nn.ModuleDict({**gan(), "trunk": nn.Linear(3, 3)})


class Experts(nn.Module):
    """Send each sample to one of two layers, by the sign of its first number."""

    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList([nn.Linear(3, 1), nn.Linear(3, 1)])

    def forward(self, x):
        return torch.cat([self.experts[i](x[(x[:, 0] > 0) == i]) for i in (0, 1)
                          if ((x[:, 0] > 0) == i).any()])


class LoRA(nn.Module):
    """A frozen layer and a product of two small matrices."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(3, 3).requires_grad_(False)
        self.A, self.B = nn.Parameter(torch.randn(2, 3)), nn.Parameter(torch.zeros(3, 2))

    def forward(self, x):
        return self.base(x) + x @ self.A.T @ self.B.T


def tied():
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    return model


RIGHT = {
    "AdamW": loop(),
    "SGD with momentum": loop(torch.optim.SGD, lr=0.1, momentum=0.9),
    "a rate of 0 first": loop(torch.optim.SGD, lr=0.0),
    "Adafactor": loop(torch.optim.Adafactor),
    "dropout and batch norm": loop(model=lambda: nn.Sequential(
        nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 1))),
    "bfloat16": loop(model=lambda: net().bfloat16()),
    "compiled": loop(loss=lambda model, x: torch.compile(model, backend="eager")(x).sum().square()),
    "tied weights": loop(model=tied),
    "LoRA": loop(model=LoRA),
    "experts": loop(model=Experts),
    "checkpoint": loop(loss=lambda model, x: checkpoint(model, x, use_reentrant=False).sum()),
    "reentrant checkpoint": loop(loss=lambda model, x: checkpoint(
        model, x.requires_grad_(), use_reentrant=True).square().sum()),
    "random noise": loop(loss=lambda model, x: (model(x + torch.randn_like(x)) - 1).abs().mean()),
    "encoder layer": loop(model=lambda: nn.TransformerEncoderLayer(3, 1, 4, batch_first=True)),
    "two losses": loop(loss=lambda model, x: model(x).mean().backward() or model(-x).exp().mean()),
    "zeros instead of None": (zeros_instead_of_none, net),
    "accumulation and clipping": (accumulates, net),
    "LBFGS": (with_closure, net),
    "LBFGS at rate 0": (lambda model: with_closure(model, lr=0.0), net),
    "LBFGS that searches": (
        lambda model: with_closure(model, line_search_fn="strong_wolfe"), net),
    "GAN": (alternates, gan),
    "GAN with a penalty": (lambda model: alternates(model, penalty=True), gan),
    "GAN without detach": (lambda model: alternates(model, detach=False), gan),
    "GAN, generator first": (generator_first, gan),
    "GAN, generator alone": (generator_alone, lambda: gan()),
    "GradScaler off": (scaled(False), net),
    "GradScaler": (scaled(True), net),
    "GradScaler that skips a step": (scaled(True, overflows=True), net),
    "autocast": (autocast, net),
    "sparse embedding": (words, lambda: nn.Embedding(5, 3, sparse=True)),
    "SAM": (sharpness_aware, net),
    "adversarial": (adversarial, net),
    "private": (private, net),
    "projected gradients": (project, net),
    "gradients of a copy": (meta, net),
    "a temperature": (temperature, net),
    "an average of weights": (averaged, net),
    "optimizer in backward": (in_backward, net),
    "slow and fast": (slow_and_fast, net),
    "thawed later": (thaws, net),
    "heads on a trunk": (heads_on_a_trunk, trunk),
    "actor and critic": (actor_and_critic, trunk),
    "GAN, both at once": (at_once, gan),
    "GRU through time": (through_time, lambda: nn.GRU(3, 3)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_loop_passes(device, name):
    train, make = RIGHT[name]
    gradients_are_fresh(train, make().to(device))


def no_zero_grad(make, **options):
    def train(model):
        optimizer = make(model.parameters(), **options)
        for x in data(model):
            model(x).square().mean().backward()
            optimizer.step()
    return train


def another_optimizer(model):
    first, second = (torch.optim.SGD(model[i].parameters(), lr=0.1) for i in (0, 2))
    for x in data(model):
        first.zero_grad()
        model(x).square().mean().backward()
        first.step()
        second.step()


def closure_without_zero_grad(model):
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)

    def closure():
        loss = model(x).square().mean()
        loss.backward()
        return loss
    x = data(model)[0]
    for _ in range(2):
        optimizer.step(closure)


def clears_before_step(model):
    optimizer = torch.optim.AdamW(model.parameters())
    for x in data(model):
        model(x).square().mean().backward()
        optimizer.zero_grad()
        optimizer.step()


def steps_twice(model):
    optimizer = torch.optim.AdamW(model.parameters())
    for x in data(model):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
        optimizer.step()


def drops_the_last_parts(model):
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        for step, x in enumerate(data(model, 5)):
            (model(x).square().mean() / 2).backward()
            if step % 2:
                optimizer.step()
                optimizer.zero_grad()


def frozen_with_its_gradient(model):
    optimizer = torch.optim.AdamW(model.parameters())
    for step, x in enumerate(data(model)):
        if step == 2:
            model[0].requires_grad_(False)
        for p in model.parameters():
            if p.requires_grad:
                p.grad = None
        model(x).square().mean().backward()
        optimizer.step()


def gan_without_zero_grad_of_the_discriminator(model):
    G, D = model["generator"], model["discriminator"]
    opt_G, opt_D = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
    for real in data(G):
        F.softplus(-D(real)).mean().backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(torch.randn_like(real)))).mean().backward()
        opt_G.step()


AGAIN, MIXED, LOST = "gradient of an earlier step again", "that another step used", "is cleared"
WRONG = {
    "once before the loop": (lambda m: train_with_zero_grad_once(m, data(m)), net, AGAIN),
    "the last part": (lambda m: train_on_the_last_part(m, data(m)), net, LOST),
    "GAN": (lambda m: train_gan_on_both_losses(m, data(m["generator"])), gan, MIXED),
    "SGD": (no_zero_grad(torch.optim.SGD, lr=0.1), net, AGAIN),
    "SGD of rate 0": (no_zero_grad(torch.optim.SGD, lr=0.0), net, AGAIN),
    "Adam in bfloat16": (no_zero_grad(torch.optim.Adam), lambda: net().bfloat16(), AGAIN),
    "sparse": (lambda m: no_zero_grad(torch.optim.SGD, lr=0.1)(
        nn.Sequential(Ids(), m, nn.Flatten())), lambda: nn.Embedding(5, 3, sparse=True), AGAIN),
    "another optimizer": (another_optimizer, net, r"again in 2\.bias, 2\.weight: "),
    "closure": (closure_without_zero_grad, net, AGAIN),
    "cleared before the step": (clears_before_step, net, LOST),
    "two steps": (steps_twice, net, AGAIN),
    "last parts of an epoch": (drops_the_last_parts, net, LOST),
    "frozen with its gradient": (frozen_with_its_gradient, net, r"again in 0\.bias, 0\.weight: "),
    "GAN without zero_grad": (gan_without_zero_grad_of_the_discriminator, gan,
                              r"again in discriminator\.0\.bias"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_loop_raises_nothing_by_itself(device, name):
    train, make, _ = WRONG[name]
    train(make().to(device))


class Ids(nn.Module):
    """Give ids for numbers."""

    def forward(self, x):
        return x.argmax(dim=1)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_loop_fails(device, name):
    train, make, says = WRONG[name]
    with pytest.raises(AssertionError, match=says):
        gradients_are_fresh(train, make().to(device))


@pytest.mark.parametrize("train", [
    lambda model: None, lambda model: loop()[0](net()),
    lambda model: loop(loss=lambda model, x: 0 * model(x).mean())[0](model),
    lambda model: loop(loss=lambda model, x: float("nan") * model(x).mean())[0](model)])
def test_fewer_than_two_new_gradients_are_undecided(train):
    with pytest.raises(Undecided, match="does train step the model that it is given"):
        gradients_are_fresh(train, net())


@pytest.mark.parametrize("zero_grad", [True, False])
def test_one_step_is_undecided(zero_grad):
    def train(model):
        optimizer = torch.optim.SGD(model.parameters())
        if zero_grad:
            optimizer.zero_grad()
        model(torch.ones(2, 3)).sum().backward()
        optimizer.step()
    with pytest.raises(Undecided, match="fewer than two"):
        gradients_are_fresh(train, net())


def test_two_steps_are_enough():
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in data(model, 2):
            optimizer.zero_grad()
            model(x).mean().backward()
            optimizer.step()
    gradients_are_fresh(train, net())


def test_gradients_by_hand_are_undecided():
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            for p in model.parameters():
                p.grad = torch.randn_like(p)
            optimizer.step()
    with pytest.raises(Undecided, match="fewer than two"):
        gradients_are_fresh(train, net())


def test_backward_gets_the_arguments_of_the_loop():
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in data(model):
            optimizer.zero_grad()
            model(x).mean().backward(inputs=[model[0].weight])
            assert model[2].weight.grad is None
            optimizer.step()
    gradients_are_fresh(train, net())


def test_updates_by_hand_are_undecided():
    def train(model):
        for x in data(model):
            model.zero_grad()
            model(x).mean().backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= 0.1 * p.grad
    with pytest.raises(Undecided, match="fewer than two"):
        gradients_are_fresh(train, net())


@pytest.mark.parametrize("model", [nn.ReLU(), nn.Linear(3, 1).requires_grad_(False)])
def test_nothing_to_train_is_undecided(model):
    with pytest.raises(Undecided, match="fewer than two"):
        gradients_are_fresh(lambda model: None, model)


def test_meta_is_undecided():
    with pytest.raises(Undecided, match="on meta"):
        gradients_are_fresh(lambda model: None, nn.Linear(3, 1, device="meta"))


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_changed(device, fails):
    model = net().to(device)
    model[0].eval().bias.requires_grad_(False)
    model(torch.ones(2, 3, device=device)).sum().backward()
    state, grad = copy.deepcopy(model.state_dict()), model[0].weight.grad.clone()
    random = torch.get_rng_state()

    def train(model):
        loop()[0](model)
        if fails:
            raise KeyError("mine")

    if fails:
        with pytest.raises(KeyError, match="mine"):
            gradients_are_fresh(train, model)
    else:
        gradients_are_fresh(train, model)
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.autograd.backward is backward
    hooks = [getattr(import_module("torch.optim.optimizer"), f"_global_optimizer_{when}_hooks")
             for when in ("pre", "post")]
    assert hooks == [{}, {}]
    assert [m.training for m in model] == [False, True, True]
    assert [p.requires_grad for p in model.parameters()] == [True, False, True, True]
    assert torch.equal(model[0].weight.grad, grad)
    for name, x in model.state_dict().items():
        assert torch.equal(x, state[name])


def test_a_frozen_parameter_stays_frozen_in_the_copy():
    seen = []
    model = net()
    model[0].requires_grad_(False)

    def train(model):
        seen.extend(p.requires_grad for p in model.parameters())
        loop()[0](model)
    gradients_are_fresh(train, model)
    assert seen == [False, False, True, True]


def test_under_no_grad_the_loop_trains_as_well():
    with torch.no_grad():
        gradients_are_fresh(*[part if part is not net else part() for part in loop()])


def test_backward_by_its_own_name():
    def train(model, clear=True):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in data(model):
            if clear:
                optimizer.zero_grad()
            backward(model(x).mean())
            optimizer.step()
    gradients_are_fresh(train, net())
    with pytest.raises(AssertionError, match=AGAIN):
        gradients_are_fresh(lambda model: train(model, clear=False), net())
