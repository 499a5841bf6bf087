import random
from collections import deque
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, RandomSampler

from snippets.guards.judge import Undecided
from snippets.guards.resumes_exactly import resumes_exactly
from snippets.guards.wrong_resumes_exactly import (
    load_average_into_model,
    save_without_schedule,
    train_from_the_first_batch,
)
from tests.awkward import Guard


def adds(state, steps):
    for _ in range(steps):
        state["sum"] = (state["sum"] * 2 + state["x"] + 1).remainder(1000)


def keep(*names):
    def save(state, path):
        torch.save({name: state[name] for name in names}, path)
    return save


def put(state, path):
    state.update(torch.load(path, weights_only=False))


def begins(x):
    x = (x.abs() if x.is_complex() else x).double()
    return lambda: {"x": x, "sum": torch.zeros_like(x)}


AWKWARD = [
    Guard(resumes_exactly,
          right=lambda guard, x: guard(begins(x), adds, keep("sum"), put),
          wrong=lambda guard, x: guard(begins(x), adds, keep(), put)),
]

PARTS = ("model", "optimizer", "schedule", "scaler", "average")


def net(dropout=0.0):
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(dropout), nn.Linear(4, 1))


def start(make=net, optimizer=torch.optim.AdamW, schedule=None, device="cpu"):
    """A state of everything that training may need, on a device."""
    model = make().to(device)
    opt = optimizer(model.parameters(), lr=0.1)
    schedule = schedule or (lambda opt: lr_scheduler.StepLR(opt, 2, gamma=0.5))
    return {
        "model": model, "optimizer": opt, "schedule": schedule(opt),
        "scaler": torch.amp.GradScaler(torch.device(device).type, 8.0, growth_interval=2),
        "average": AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.5)),
        "generator": torch.Generator().manual_seed(7), "step": 0, "losses": [],
        "shadow": {name: p.detach().clone() for name, p in model.named_parameters()}}


def train(state, steps, draw=lambda state: torch.randn(4, 3, generator=state["generator"])):
    for _ in range(steps):
        state["optimizer"].zero_grad()
        weight = next(state["model"].parameters())
        x = draw(state).to(weight.device, weight.dtype)
        loss = state["model"](x).square().mean()
        state["scaler"].scale(loss).backward()
        state["scaler"].step(state["optimizer"])
        state["scaler"].update()
        if isinstance(state["schedule"], lr_scheduler.ReduceLROnPlateau):
            state["schedule"].step(loss.detach())
        else:
            state["schedule"].step()
        state["average"].update_parameters(state["model"])
        for name, p in state["model"].named_parameters():
            state["shadow"][name] = 0.9 * state["shadow"][name] + 0.1 * p.detach()
        state["losses"].append(loss.detach())
        state["step"] += 1


def save(state, path, without=()):
    saved = {part: state[part].state_dict() for part in PARTS if part not in without}
    saved |= {"generator": state["generator"].get_state(), "step": state["step"],
              "shadow": state["shadow"], "torch": torch.get_rng_state(),
              "python": random.getstate(), "numpy": np.random.get_state()}
    torch.save({name: x for name, x in saved.items() if name not in without}, path)


def load(state, path):
    saved = torch.load(path, weights_only=False)
    for part in PARTS:
        if part in saved:
            state[part].load_state_dict(saved[part])
    if "generator" in saved:
        state["generator"].set_state(saved["generator"])
    state["step"], state["shadow"] = saved.get("step", 0), saved.get("shadow", state["shadow"])
    for name, put in (("torch", torch.set_rng_state), ("python", random.setstate),
                      ("numpy", np.random.set_state)):
        if name in saved:
            put(saved[name])


def by_numpy(state):
    return torch.from_numpy(np.random.randn(4, 3)).float()


def by_python(state):
    return torch.tensor([[random.gauss(0, 1) for _ in range(3)] for _ in range(4)])


def by_step(state):
    return torch.sin(torch.arange(12.0, device="cpu") * (state["step"] + 1)).view(4, 3)


def from_loader(state):
    """Go on in the epoch of the step, and skip what was seen in it."""
    data = torch.arange(24.0, device="cpu").view(8, 3).sin()
    order = torch.randperm(8, generator=torch.Generator().manual_seed(state["step"] // 2))
    return data[order[4 * (state["step"] % 2):][:4]]


def one_cycle(opt):
    return lr_scheduler.OneCycleLR(opt, 0.2, total_steps=10)


def sequence(opt):
    return lr_scheduler.SequentialLR(
        opt, [lr_scheduler.LinearLR(opt, total_iters=2), lr_scheduler.CosineAnnealingLR(opt, 8)],
        milestones=[2])


def low_precision():
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)).bfloat16()


def tied():
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    return model


def compiled():
    return torch.compile(low_precision().float(), backend="eager")


RIGHT = {
    "everything": (start, train),
    "dropout": (partial(start, partial(net, 0.5)), train),
    "SGD with momentum": (partial(start, optimizer=partial(torch.optim.SGD, momentum=0.9)), train),
    "Adagrad": (partial(start, optimizer=torch.optim.Adagrad), train),
    "one cycle": (partial(start, schedule=one_cycle), train),
    "a sequence of schedules": (partial(start, schedule=sequence), train),
    "plateau": (
        partial(start, schedule=partial(lr_scheduler.ReduceLROnPlateau, patience=0)), train),
    "a function of the step": (
        partial(start, schedule=lambda opt: lr_scheduler.LambdaLR(opt, lambda n: 1 / (n + 1))),
        train),
    "numpy": (start, partial(train, draw=by_numpy)),
    "random": (start, partial(train, draw=by_python)),
    "data by step": (start, partial(train, draw=by_step)),
    "data by epoch": (start, partial(train, draw=from_loader)),
    "bfloat16": (partial(start, low_precision), train),
    "tied": (partial(start, tied), train),
    "compiled": (partial(start, compiled), train),
    "an object": (lambda: SimpleNamespace(**start()), lambda s, n: train(vars(s), n)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_complete_checkpoint_passes(name):
    begin, go = RIGHT[name]
    inner = vars if name == "an object" else (lambda state: state)
    resumes_exactly(begin, go, lambda s, path: save(inner(s), path),
                    lambda s, path: load(inner(s), path))


def test_on_a_device(device):
    resumes_exactly(partial(start, device=device), train, save, load)


WITHOUT = {
    "model": r"load does not restore average\S+|load does not restore model\.0\.bias",
    "optimizer": r"load does not restore optimizer\.\S*param_groups|optimizer\.state",
    "schedule": r"restore \S*schedule\._last_lr|restore schedule",
    "scaler": r"load does not restore scaler\._growth_tracker, scaler\.scale",
    "average": r"load does not restore average\.module\.0\.bias",
    "generator": "load does not restore generator",
    "shadow": r"load does not restore shadow\.0\.bias",
}


@pytest.mark.parametrize("part", WITHOUT)
def test_a_part_that_is_left_out_is_named(part):
    with pytest.raises(AssertionError, match=WITHOUT[part]):
        resumes_exactly(start, train, partial(save, without=(part,)), load)


def shuffles(state, steps):
    """Begin each call with a new loader, as after a restart."""
    data = torch.arange(24.0).view(8, 3).sin()
    batches = iter(DataLoader(data, 2, sampler=RandomSampler(data, generator=torch.Generator(
        ).manual_seed(0))))
    train(state, steps, draw=lambda state: next(batches))


def saves_the_average(state, path):
    state["model"].load_state_dict(state["average"].module.state_dict())
    save(state, path)


WRONG = {
    "torch's random state": (partial(start, partial(net, 0.5)), train,
                             partial(save, without=("torch",)), load, "random state is not"),
    "numpy's": (start, partial(train, draw=by_numpy), partial(save, without=("numpy",)), load,
                "random state is not"),
    "random's": (start, partial(train, draw=by_python), partial(save, without=("python",)), load,
                 "random state is not"),
    "the step": (start, partial(train, draw=by_step), partial(save, without=("step",)), load,
                 "a step count is lost"),
    "the epoch": (start, partial(train, draw=from_loader), partial(save, without=("step",)), load,
                  "a step count is lost"),
    "the position": (start, shuffles, save, load, "the data begins anew"),
    "an average as weights": (start, train, saves_the_average, load, "the data|restore"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_run_that_does_not_go_on_fails(name):
    begin, go, write, read, says = WRONG[name]
    with pytest.raises(AssertionError, match=says):
        resumes_exactly(begin, go, write, read, steps=2)


def small(batches=6):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    return {"model": model, "optimizer": optimizer, "batches": torch.randn(batches, 4, 3),
            "schedule": lr_scheduler.StepLR(optimizer, 1, gamma=0.5),
            "average": AveragedModel(model), "step": 0}


def steps_on(state, steps):
    part = {**state, "batches": state["batches"][state["step"]:]}
    train_from_the_first_batch(part, steps)
    state["step"] += steps


def save_small(state, path):
    parts = ("model", "optimizer", "schedule", "average")
    torch.save({"step": state["step"]} | {part: state[part].state_dict() for part in parts}, path)


def load_small(state, path):
    saved = torch.load(path)
    state["step"] = saved.pop("step", 3)
    for part, numbers in saved.items():
        state[part].load_state_dict(numbers)


def test_the_wrong_versions_of_the_page():
    resumes_exactly(small, steps_on, save_small, load_small)
    with pytest.raises(AssertionError, match=r"restore schedule\._last_lr\.0, schedule\.last_e"):
        resumes_exactly(small, steps_on, save_without_schedule, load_small)
    with pytest.raises(AssertionError, match=r"restore average\.module\.bias, .* and \d more"):
        resumes_exactly(small, steps_on, save_small, load_average_into_model)
    with pytest.raises(AssertionError, match="the data begins anew"):
        resumes_exactly(small, train_from_the_first_batch, save_small, load_small)


def nothing(state, _):
    """Neither save nor load, nor train."""


def unseeded(state):
    return torch.from_numpy(np.random.default_rng().normal(size=(4, 3)))


SHARED = start()


class Trainer(nn.Module):
    """Keep all that is trained, as trainers of libraries do."""

    def __init__(self):
        super().__init__()
        self.net, self.step = nn.Linear(3, 1), 0
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=0.1)
        self.average = {name: x.clone() for name, x in self.net.state_dict().items()}


def run(trainer, steps):
    for _ in range(steps):
        trainer.optimizer.zero_grad()
        x = torch.full((2, 3), trainer.step % 3 - 1.5)
        trainer.net(x).square().mean().backward()
        trainer.optimizer.step()
        trainer.step += 1
        for name, x in trainer.net.state_dict().items():
            trainer.average[name] = 0.9 * trainer.average[name] + 0.1 * x


def save_trainer(trainer, path, average=True):
    saved = [trainer.state_dict(), trainer.optimizer.state_dict(), trainer.step]
    torch.save(saved + [trainer.average] * average, path)


def load_trainer(trainer, path):
    weights, optimizer, trainer.step, *average = torch.load(path)
    trainer.load_state_dict(weights)
    trainer.optimizer.load_state_dict(optimizer)
    trainer.average = average[0] if average else trainer.average


def test_a_trainer_that_is_a_module():
    resumes_exactly(Trainer, run, save_trainer, load_trainer)
    with pytest.raises(AssertionError, match=r"restore average\.bias, average\.weight$"):
        resumes_exactly(Trainer, run, partial(save_trainer, average=False), load_trainer)


@pytest.mark.parametrize(("begin", "go", "write", "read", "says"), [
    (lambda: SHARED, train, nothing, nothing, "one state twice"),
    (start, nothing, nothing, nothing, "without loading"),
    (lambda: {"generator": 3}, nothing, nothing, nothing, "without loading"),
    (start, partial(train, draw=unseeded), save, load, "a repetition changes"),
    (partial(start, optimizer=partial(torch.optim.SGD, momentum=0.9)),
     partial(train, draw=unseeded), save, load, "a repetition changes"),
])
@pytest.mark.parametrize("seed", range(5))
def test_what_cannot_be_told_is_undecided(begin, go, write, read, says, seed):
    def begin_with_seed():
        torch.manual_seed(seed)
        return begin()
    with pytest.raises(Undecided, match=says):
        resumes_exactly(begin_with_seed, go, write, read)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_changed(fails):
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    paths = []

    def write(state, path):
        save(state, path)
        paths.append(path)
        if fails:
            raise KeyError("mine")
    if fails:
        with pytest.raises(KeyError, match="mine"):
            resumes_exactly(start, train, write, load)
    else:
        resumes_exactly(start, train, write, load)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert (np.random.get_state()[1] == states[2]).all()
    assert not paths[0].exists()


def doubles(name, late=False):
    """Train `w` by doubling what has that name; it may write a new tensor in a later step."""
    def go(state, steps):
        for _ in range(steps):
            state["n"] += 1
            state[name].mul_(2)
            state["w"].mul_(3)
            if late and state["n"] > 3:
                state["late"] = torch.ones(1)
    return go


def ones(**more):
    return lambda: {"n": 0, "w": torch.ones(2, dtype=torch.float64),
                    **{name: make() for name, make in more.items()}}


def test_imaginary_parts_are_compared():
    def go(state, steps):
        for _ in range(steps):
            state["X"].imag.mul_(2)

    def begin():
        return {"X": torch.ones(2, dtype=torch.complex64) + 1j}
    resumes_exactly(begin, go, keep("X"), put)
    with pytest.raises(AssertionError, match=r"load does not restore X$"):
        resumes_exactly(begin, go, keep(), put)


@pytest.mark.parametrize("late", [False, True])
def test_what_load_restores_is_not_named(late):
    """Neither where training goes on to write into it, nor what comes later alone."""
    begin = ones(m=lambda: torch.ones(2, dtype=torch.float64))
    resumes_exactly(begin, doubles("m", late), keep("n", "w", "m"), put)
    with pytest.raises(AssertionError, match=r"load does not restore m$"):
        resumes_exactly(begin, doubles("m", late), keep("n", "w"), put)


def test_a_state_that_holds_itself_is_read():
    def begin():
        state = SimpleNamespace(w=torch.ones(2))
        state.me = [state]
        return state

    def go(state, steps):
        state.w += steps

    def put_back(state, path):
        state.w = torch.load(path)
    resumes_exactly(begin, go, lambda state, path: torch.save(state.w, path), put_back)


class Logs(nn.Module):
    """A parameter X, and a private list of what was seen."""

    def __init__(self):
        super().__init__()
        self.X, self._log = nn.Parameter(torch.ones(2)), []


def test_a_module_is_named_from_its_parameters_on_and_its_private_attributes_are_not_read():
    def go(model, steps):
        for _ in range(steps):
            model.X.data.mul_(2)
            model._log.append(model.X.detach().clone())

    def write(model, path):
        torch.save(model.state_dict(), path)

    resumes_exactly(Logs, go, write, lambda model, path: model.load_state_dict(torch.load(path)))
    with pytest.raises(AssertionError, match=r"load does not restore X$"):
        resumes_exactly(Logs, go, write, nothing)


def test_objects_of_torch_without_a_state_and_empty_tensors_are_no_alarm():
    begin = ones(loader=lambda: DataLoader([1, 2]), device=lambda: torch.device("cpu"),
                 empty=lambda: torch.ones(0))
    resumes_exactly(begin, doubles("w"), keep("n", "w"), put)


@pytest.mark.parametrize("kind", [list, deque])
def test_a_log_that_is_too_short_is_lost(kind):
    def go(state, steps):
        state["w"] *= 2
        state["log"] += [torch.ones(1) for _ in range(steps)]
    with pytest.raises(AssertionError, match=r"load does not restore log\.0, log\.1, log\.2$"):
        resumes_exactly(ones(log=kind), go, keep("w"), put)


def test_a_gap_of_rounding_passes():
    """A float64 weight in a float32 checkpoint; float16 is too coarse."""
    def go(state, steps):
        for _ in range(steps):
            state["w"] *= 1.1

    def write(dtype):
        return lambda state, path: torch.save({"w": state["w"].to(dtype).double()}, path)
    resumes_exactly(ones(), go, write(torch.float32), put)
    with pytest.raises(AssertionError, match=r"load does not restore w$"):
        resumes_exactly(ones(), go, write(torch.float16), put)


@pytest.mark.parametrize("change", [torch.Tensor.neg_, lambda w: w.fill_(torch.nan)])
def test_a_load_that_changes_the_sign_or_gives_nan_is_found(change):
    def spoil(state, path):
        put(state, path)
        change(state["w"])
    with pytest.raises(AssertionError, match=r"load does not restore w$"):
        resumes_exactly(ones(), doubles("w"), keep("n", "w"), spoil)


def test_the_part_that_a_repetition_changes_is_named():
    def go(state, steps):
        state["net"].weight.data += steps * random.SystemRandom().random()
    with pytest.raises(Undecided, match="a repetition changes net: "):
        resumes_exactly(lambda: {"net": nn.Linear(1, 1, bias=False)}, go, nothing, nothing)
