"""The loop of right-loop.md with one wrong line each: `python -m tests.training.wrong_loops`.

tests/training/wrong_loops.toml lists the wrong lines, and for each the guard that must fail. The
command prints the table that the page shows, and exits with 1 where a guard says something else.
"""

import functools
import math
import shutil
import sys
import tempfile
import tomllib
import warnings
from pathlib import Path
from unittest import mock

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, StepLR
from torch.utils.data import TensorDataset

from snippets.data.numpy_generator_in_workers import assert_draws_differ
from snippets.distributed.gradient_averaging import assert_ranks_agree, run_ranks
from snippets.distributed.set_epoch import assert_epochs_differ
from snippets.guards.commutes import commutes
from snippets.guards.gradients_are_fresh import gradients_are_fresh
from snippets.guards.initial_loss import initial_loss
from snippets.guards.padding_ignored import padding_length_ignored
from snippets.guards.parts_add_up import parts_add_up
from snippets.guards.resumes_exactly import resumes_exactly
from snippets.optimization.clip_and_unscale import assert_step_ignores_scale
from snippets.optimization.scheduler_order import rates_used
from tests.guards.verdicts import verdict
from tests.guide import ROOT
from tests.shown import shown

RIGHT = (ROOT / "snippets/training/right_loop.py").read_text()
GUARDS = {}


def wrong_lines():
    """Read the table of wrong lines."""
    return tomllib.loads((ROOT / "tests/training/wrong_loops.toml").read_text())


def with_line(old, new):
    """Return the source of the loop with one line changed, which must be there once."""
    lines = RIGHT.split("\n")
    places = [i for i, line in enumerate(lines) if line.strip() == old]
    if len(places) != 1:
        raise ValueError(f"{old!r} is {len(places)} lines of the loop")
    indent = lines[places[0]].removesuffix(old)
    return "\n".join([*lines[:places[0]], indent + new, *lines[places[0] + 1:]])


class Loop:
    """A source of the loop, and `run`, which trains by it with what a test needs."""

    def __init__(self, source):
        self.source, self.names = source, {"__name__": "loop"}
        exec(source, self.names)

    def run(self, net, data, *, path=None, optimizer=None, schedule=None, **options):
        options = {"held_out": data, "epochs": 1, "batch_size": 4, "dtype": torch.float32} | options
        optimizer = optimizer or torch.optim.SGD(net.parameters(), lr=0.1)
        schedule = schedule or LambdaLR(optimizer, lambda step: 1.0)
        with tempfile.TemporaryDirectory() as folder, torch.device("cpu"):
            path = path or Path(folder, "saved")
            return self.names["train"](net, optimizer, schedule, data, path=path, **options)


def guard(of):
    """List what gives a loop to a guard, under the name of the guard."""
    GUARDS[of.__name__.partition("__")[0]] = of
    return of


def of_page(page, name):
    """Return a function that a session of a page defines."""
    return shown(f"docs/{page}.md", name, torch=torch, nn=nn)


def samples(n=12, classes=3, ignored=()):
    x = torch.randn(n, 5, generator=torch.Generator().manual_seed(0))
    y = torch.arange(n) % classes
    y[list(ignored)] = -100
    return TensorDataset(x, y)


def linear():
    torch.manual_seed(0)
    return nn.Linear(5, 3)


class Alone(nn.Module):
    """A model that has one parameter, which the loss is made of."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight


def step_by(loop, optimizer, weight, scaler, max_norm):
    """Take one step of the loop, with the gradient that the weight has."""
    gradient = (weight.grad / scaler.get_scale()).clone()
    made = Loop(loop.source)
    made.names["sums"] = lambda model, x, y, dtype: torch.stack([
        (gradient.nan_to_num(0.0) * weight).sum() + (
            weight * gradient.where(~gradient.isfinite(), 0.0)).sum(),
        torch.tensor(0.0), torch.tensor(1.0)])
    with mock.patch.object(torch.amp, "GradScaler", return_value=scaler):
        made.run(Alone(weight), [(torch.ones(1), torch.tensor(0))], optimizer=optimizer,
                 max_norm=max_norm)


@guard
def gradients_are_fresh__(loop):
    gradients_are_fresh(lambda net: loop.run(net, samples()), linear())


@guard
def parts_add_up__(loop):
    def accumulate(net, parts):
        data = TensorDataset(*map(torch.cat, zip(*parts, strict=True)))
        loop.run(net, data, batch_size=len(parts[0][0]), parts=len(parts), max_norm=math.inf)

    x, y = samples(6, ignored=[3]).tensors
    parts_add_up(accumulate, linear(), [(x[:3], y[:3]), (x[3:], y[3:])])


@guard
def padding_length_ignored__(loop):
    def trained(x, keep):
        net = nn.Linear(2, 3).to(x)
        nn.init.eye_(net.weight)
        nn.init.zeros_(net.bias)
        y = torch.where(keep, torch.arange(keep.shape[1]) % 3, -100)
        loss, accuracy, _ = loop.run(net, TensorDataset(x, y), max_norm=math.inf)
        return torch.stack([net.weight.detach().sum(1), torch.tensor([loss, accuracy, 0.0]).to(x)])

    keep = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool()
    torch.manual_seed(0)
    padding_length_ignored(trained, torch.randn(2, 4, 2), keep, pooled=True)


@guard
def assert_step_ignores_scale__(loop):
    assert_step_ignores_scale(
        lambda scaler, optimizer, parameters, norm: step_by(
            loop, optimizer, parameters[0], scaler, norm), "cpu")


@guard
def a_bad_gradient_changes_nothing__(loop):
    check = of_page("optimization/one-nan-gradient", "a_bad_gradient_changes_nothing")
    off = torch.amp.GradScaler("cpu", enabled=False)
    check(lambda optimizer, parameters: step_by(loop, optimizer, parameters[0], off, 1.0))


@guard
def rates_used__(loop):
    net = linear()
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    used = rates_used(
        lambda optimizer, schedule: loop.run(
            net, samples(), optimizer=optimizer, schedule=schedule, epochs=2, batch_size=6),
        optimizer, StepLR(optimizer, 1, gamma=0.5))
    assert used == [1.0, 0.5, 0.25, 0.125], f"the steps use the rates {used}"


class Recorded(torch.utils.data.Dataset):
    """Items of another data set, and a list of the indices in the order of their reads."""

    def __init__(self, items):
        self.items, self.read = items, []

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        self.read.append(index)
        return self.items[index]


@guard
def assert_epochs_differ__(loop):
    data = Recorded(samples(20))
    loop.run(linear(), data, held_out=samples(), epochs=3)
    assert_epochs_differ([data.read[:20], data.read[20:40], data.read[40:]])


@guard
def steps_see_each_sample_once__(loop):
    check = of_page("data/new-iterator-each-step", "steps_see_each_sample_once")

    def make_step(loader):
        net, seen = linear(), []
        net.register_forward_pre_hook(
            lambda net, args: seen.append(args[0][0, 0]) if torch.is_grad_enabled() else None)
        data = TensorDataset(loader[:, None].expand(-1, 5).float(), loader % 3)
        loop.run(net, data, batch_size=1, parts=2)
        rest = iter(seen)
        return lambda: next(rest, torch.tensor(-1.0))

    check(make_step, torch.arange(3))


class Noise(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand(5), torch.tensor(0)


@guard
def assert_draws_differ__(loop):
    def load(items, **options):
        net, drawn = linear(), []
        net.register_forward_pre_hook(
            lambda net, args: drawn.append(args[0][0]) if torch.is_grad_enabled() else None)
        loop.run(net, items, held_out=samples(), epochs=2, batch_size=1, num_workers=2,
                 multiprocessing_context="fork")
        return [drawn[:4], drawn[4:]]

    assert_draws_differ(Noise(), load)


@guard
def commutes__(loop):
    """The metrics do not depend on which samples share a batch."""
    def metrics(x, y):
        torch.manual_seed(0)
        net = nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 3)).to(x)
        loss, accuracy, _ = loop.run(net, samples(), held_out=TensorDataset(x, y),
                                     optimizer=torch.optim.SGD(net.parameters(), lr=0.0))
        return torch.tensor([loss, accuracy])

    x, y = samples(7).tensors
    y[-1] = 1
    commutes(metrics, x, y, before=lambda x, y: (x.roll(1, 0), y.roll(1, 0)))


@guard
def initial_loss__(loop):
    def cost(outputs, y):
        net = nn.PReLU(init=1.0)  # the identity, with a parameter
        total = loop.names["sums"](net, outputs, y, torch.float32)
        return total[0] / total[2]

    x, y = samples(16).tensors
    initial_loss(lambda: nn.Linear(5, 3), cost, x, y, chance=math.log(3))


@guard
def kept_weights_stay__(loop):
    check = of_page("training/best-weights", "kept_weights_stay")
    data = TensorDataset(torch.ones(4, 2), torch.zeros(4, dtype=torch.int64))
    check(lambda model: loop.run(model, data)[2])


@guard
def resumes_exactly__(loop):
    """With overflows, so that the scale counts, and a momentum and a rate that changes."""
    def start():
        net = nn.Sequential(nn.Dropout(), nn.Linear(5, 3))
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
        folder = tempfile.TemporaryDirectory()
        return {"net": net, "optimizer": optimizer, "schedule": StepLR(optimizer, 1, gamma=0.9),
                "folder": folder, "path": Path(folder.name, "saved"), "epochs": 0}

    x, y = samples().tensors
    data = TensorDataset(10 * x, y)

    def train(state, epochs):
        state["epochs"] += epochs
        state["best"] = loop.run(
            state["net"], data, path=state["path"], optimizer=state["optimizer"],
            schedule=state["schedule"], epochs=state["epochs"], batch_size=1, parts=2,
            dtype=torch.float16)

    def save(state, path):
        shutil.copy(state["path"], path)

    def load(state, path):
        shutil.copy(path, state["path"])
        state["epochs"] = 2

    resumes_exactly(start, train, save, load, steps=2)


def on_each_rank(rank, source, folder, checks):
    """Train by a source of the loop on a rank; the work of `run_ranks`."""
    from pathlib import Path

    import torch.distributed as dist
    from torch.utils.data import TensorDataset
    names = {"__name__": "loop"}
    exec(source, names)
    torch.manual_seed(rank)
    x = torch.arange(70, dtype=torch.float64).view(14, 5).sin()
    y, drawn = torch.arange(14) % 3, []
    y[[2, 5, 6]] = -100
    data, held_out = TensorDataset(x[:10], y[:10]), TensorDataset(x[3:], y[3:])
    net = nn.Linear(5, 3, dtype=torch.float64)
    net.load_state_dict({"weight": x[:3], "bias": x[0, :3]})
    net.register_forward_pre_hook(lambda net, args: drawn.append(torch.rand(()).item()))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
    ranks = dist.get_world_size() if dist.is_initialized() else 1
    loss, accuracy, _ = names["train"](
        net, optimizer, schedule, data, held_out, Path(folder, "saved"), epochs=2,
        batch_size=4 // ranks, parts=2, dtype=torch.float32)
    if checks:
        assert_ranks_agree(net)
    return drawn, [loss, accuracy, net.weight.tolist()]


def on_two_ranks(loop, checks=False):
    with tempfile.TemporaryDirectory() as folder:
        return run_ranks(on_each_rank, loop.source, folder, checks, uses=[assert_ranks_agree])


@guard
def assert_ranks_agree__(loop):
    on_two_ranks(loop, checks=True)


@guard
def ranks_draw_apart__(loop):
    (first, _), (second, _) = on_two_ranks(loop)
    of_page("training/right-loop", "ranks_draw_apart")(first, second)


@guard
def ranks_give_what_one_process_gives__(loop):
    check = of_page("training/right-loop", "ranks_give_what_one_process_gives")
    with tempfile.TemporaryDirectory() as folder, torch.device("cpu"):
        _, one = on_each_rank(0, loop.source, folder, checks=False)
    check([two for _, two in on_two_ranks(loop)], one)


@functools.cache
def verdict_of(name, source=RIGHT):
    """Return what a guard says of a source of the loop."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = verdict(GUARDS[name], Loop(source))
    torch.set_num_threads(threads)
    return said


def table():
    """Return the table of the page, and what is not as it says."""
    listed, differ = wrong_lines(), []
    for name in GUARDS:
        if (said := verdict_of(name)) != ("pass", ""):
            differ.append(f"{name} says of the right loop: {said}")
    rows = ["| a wrong line | the guard that fails |", "|---|---|"]
    for row in listed["line"]:
        old, new, name = row["old"], row["new"], row["guard"]
        said, message = verdict_of(name, with_line(old, new))
        if said != "fail":
            differ.append(f"{name} does not fail for {new!r}: {said} {message}")
        wrong = f"no `{old}`" if new == "pass" else f"`{new}`"
        rows.append(f"| {wrong} | [`{name}`]({listed['guards'][name]}) |")
    return rows, differ


def main():
    """Print the table; exit with 1 where a guard does not say what it tells."""
    rows, differ = table()
    print(*rows, *differ, sep="\n")
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
