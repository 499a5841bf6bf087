import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import TensorDataset

from snippets.distributed.gradient_averaging import run_ranks
from snippets.training.right_loop import sums, train
from tests.awkward import Case, LeftOut
from tests.guide import GUIDE, ROOT
from tests.training import wrong_loops
from tests.training.wrong_loops import (
    GUARDS,
    RIGHT,
    Loop,
    samples,
    verdict_of,
    with_line,
    wrong_lines,
)
from tests.training.wrong_loops import table as printed

PAGE = (ROOT / "docs/training/right-loop.md").read_text()
ROWS = wrong_lines()["line"]


class Scaled(nn.Module):
    """A model of one weight, 1."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), device="cpu"))

    def forward(self, x):
        return x * self.weight.to(x.dtype)


def targets(x):
    return torch.tensor([1, -100, 0], device=x.device)[:len(x)]


AWKWARD = [
    Case(sums, lambda f, x: f(Scaled(), x, targets(x), torch.float32)[0],
         like=lambda x: F.cross_entropy(
             (x * 1.0).to(torch.promote_types((x * 1.0).dtype, torch.float32)), targets(x),
             reduction="sum")),
    LeftOut(train, "it takes data sets and a file; the tests below try its edges"),
]


def test_integer_logits_count_and_boolean_or_complex_ones_raise():
    model = nn.Sequential(nn.Linear(2, 2), nn.Identity())
    y = torch.tensor([0, 1])
    for logits in (torch.tensor([[1, 0], [0, 1]]), torch.eye(2) > 0, torch.eye(2) + 0j):
        hook = model.register_forward_hook(lambda *_, logits=logits: logits)
        if logits.dtype == torch.int64:
            assert sums(model, torch.zeros(2, 2), y, torch.float32)[1:].tolist() == [2, 2]
        else:
            with pytest.raises(RuntimeError):
                sums(model, torch.zeros(2, 2), y, torch.float32)
        hook.remove()


def test_the_loop_has_60_lines():
    lines = RIGHT.split("# --8<-- [start:train]\n")[1].split("# --8<-- [end:train]")[0]
    assert len(lines.rstrip("\n").split("\n")) == 60


@pytest.mark.parametrize("name", GUARDS)
def test_the_right_loop_passes_each_guard(name):
    assert verdict_of(name) == ("pass", "")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["new"])
def test_a_wrong_line_fails_its_guard(row):
    said, message = verdict_of(row["guard"], with_line(row["old"], row["new"]))
    assert said == "fail", message


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["new"])
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_a_wrong_line_raises_no_error(row, tmp_path):
    loop, net = Loop(with_line(row["old"], row["new"])), nn.Linear(5, 3)
    for epochs in (2, 3):
        loop.run(net, samples(), path=tmp_path / "saved", epochs=epochs, parts=2)


def test_the_page_shows_what_the_command_prints():
    rows, differ = printed()
    assert not differ
    assert "\n".join(rows) in PAGE
    assert len(ROWS) == len({(row["old"], row["new"]) for row in ROWS}) == 24
    assert {row["guard"] for row in ROWS} == {*GUARDS} == {*wrong_lines()["guards"]}


def test_each_line_of_the_loop_is_named_with_its_page():
    """But for those that only name a thing, and those that a comment would not explain."""
    page = GUIDE.page("docs/training/right-loop.md")
    listed = page.section("why")
    named = re.findall(r"`([^`]+)`", "\n".join(page.lines[listed.start:listed.stop]))
    plain = ("ranks = ", "rank = ", "device = ", "x, y = ", "right = ", "return ", "first, best",
             "for ", "if min(", "raise ", "if path.exists()", "loader = ", "test = ", "logits = ",
             "loss, accuracy", "states = ", "device.type", "best = ", "with ")
    body = [line.strip() for part in ("sums", "train")
            for line in RIGHT.split(f"[start:{part}]")[1].split('"""\n')[1].split("# --8<")[0]
            .split("\n") if line.strip()]
    assert len(body) > 50
    for line in body:
        assert any(name in line for name in named) or line.startswith(plain), line
    for name in named:
        assert any(name in line for line in body), name


class Stops(torch.utils.data.Dataset):
    """A data set whose items have noise, and which raises at its nth read."""

    def __init__(self, items, reads=10**9):
        self.items, self.reads = items, reads

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        self.reads -= 1
        if self.reads < 0:
            raise KeyboardInterrupt
        x, y = self.items[index]
        return x + torch.randn(5), y


def attempt(path, data, epochs, seed, **options):
    with torch.device("cpu"):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3))
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
        best = train(net, optimizer, StepLR(optimizer, 3, gamma=0.5), data, samples(9), path,
                     epochs=epochs, batch_size=3, parts=2, **options)
    return best, net.state_dict(), optimizer.state_dict()


def assert_equal(a, b):
    """Compare bit by bit."""
    torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize("options", [
    {"dtype": torch.bfloat16}, {"dtype": torch.float16}, {"dtype": torch.float32},
    {"num_workers": 2, "multiprocessing_context": "fork"}], ids=str)
@pytest.mark.filterwarnings("ignore:This process")
def test_a_resumed_run_equals_one_that_was_not_stopped_bit_for_bit(tmp_path, options):
    data = Stops(samples(20, ignored=[4, 7]))
    whole = attempt(tmp_path / "whole", data, 4, 0, **options)
    stopped = attempt(tmp_path / "stopped", data, 2, 0, **options)
    resumed = attempt(tmp_path / "stopped", data, 4, 1, **options)
    assert_equal(resumed, whole)
    with pytest.raises(AssertionError):
        assert_equal(stopped, whole)


@pytest.mark.filterwarnings("ignore:This process")
def test_workers_that_persist_draw_other_numbers_after_a_resume(tmp_path):
    options = {"num_workers": 2, "multiprocessing_context": "fork", "persistent_workers": True}
    data = Stops(samples(20))
    whole = attempt(tmp_path / "whole", data, 4, 0, **options)
    attempt(tmp_path / "stopped", data, 2, 0, **options)
    with pytest.raises(AssertionError):
        assert_equal(attempt(tmp_path / "stopped", data, 4, 1, **options), whole)


def test_a_run_that_is_killed_within_an_epoch_goes_on_exactly(tmp_path):
    data = samples(20)
    whole = attempt(tmp_path / "whole", Stops(data), 3, 0)
    with pytest.raises(KeyboardInterrupt):
        attempt(tmp_path / "killed", Stops(data, reads=50), 3, 0)
    assert_equal(attempt(tmp_path / "killed", Stops(data), 3, 1), whole)


def test_a_run_that_is_killed_while_it_saves_keeps_the_file_before(tmp_path, monkeypatch):
    attempt(tmp_path / "saved", samples(), 1, 0)
    before = (tmp_path / "saved").read_bytes()

    def killed(state, path):
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            attempt(tmp_path / "saved", samples(), 2, 0)
    assert (tmp_path / "saved").read_bytes() == before
    assert_equal(attempt(tmp_path / "saved", samples(), 2, 1),
                 attempt(tmp_path / "whole", samples(), 2, 0))


def resumed_on_a_rank(rank, source, folder):
    from pathlib import Path
    names = {"__name__": "loop"}
    exec(source, names)
    x = torch.arange(60.0).view(12, 5).sin()
    data = TensorDataset(x, torch.arange(12) % 3)

    def of(name, epochs):
        torch.manual_seed(epochs + rank)
        net = nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 4), nn.Dropout(), nn.Linear(4, 3))
        if name == "whole" or epochs == 1:
            for p in net.parameters():
                nn.init.constant_(p, 0.1)
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
        loss, accuracy, _ = names["train"](
            net, optimizer, schedule, data, data, Path(folder, name), epochs=epochs,
            batch_size=2, parts=2, dtype=torch.float16)
        return loss, accuracy, [p.tolist() for p in net.parameters()]

    whole = of("whole", 3)
    of("stopped", 1)
    return whole, of("stopped", 3)


def test_two_ranks_resume_exactly(tmp_path):
    for whole, resumed in run_ranks(resumed_on_a_rank, RIGHT, str(tmp_path)):
        assert whole == resumed


def test_the_best_epoch_is_returned_after_a_resume_too(tmp_path):
    """With a rate so large that the first epoch is the best."""
    path, data = tmp_path / "saved", samples()
    net = nn.Linear(5, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    schedule = StepLR(optimizer, 3, gamma=1e4)
    given = {"batch_size": 4, "path": path, "dtype": torch.float32}
    with torch.device("cpu"):
        first = train(net, optimizer, schedule, data, data, epochs=1, **given)
        again = train(net, optimizer, schedule, data, data, epochs=3, **given)
    assert first[0] == again[0]
    assert_equal(first[2], again[2])
    assert not torch.equal(again[2]["weight"], net.weight)


def test_tokens_and_a_batch_without_targets_are_trained_on(tmp_path):
    net = nn.Embedding(7, 7, device="cpu")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    ids = torch.arange(24, device="cpu").view(6, 4) % 7
    following = torch.where(torch.arange(6, device="cpu")[:, None] < 3, ids, -100)
    loss, accuracy, _ = train(
        net, optimizer, StepLR(optimizer, 9), TensorDataset(ids, following),
        TensorDataset(ids, following), tmp_path / "saved", epochs=2, batch_size=1)
    assert net.weight.isfinite().all()
    with torch.no_grad():
        logits = net(ids[:3]).flatten(0, 1)
    assert accuracy == (logits.argmax(1) == ids[:3].flatten()).double().mean()
    assert 0 < loss < 10


@pytest.mark.parametrize("wrong", [{"parts": 0}, {"batch_size": 0}, {"data": []},
                                   {"held_out": []}], ids=str)
def test_what_could_train_nothing_is_refused_before_anything_changes(tmp_path, wrong):
    net = nn.Linear(5, 3).eval()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    before, state = net.weight.clone(), torch.get_rng_state()
    given = {"data": samples(), "held_out": samples(), "epochs": 1, "batch_size": 4} | wrong
    with pytest.raises(ValueError, match=r"one part|batch_size"):
        train(net, optimizer, StepLR(optimizer, 1), path=tmp_path / "saved", **given)
    assert torch.equal(net.weight, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert not net.training
    assert not [*tmp_path.iterdir()]


def test_a_loss_of_nan_is_never_the_best(tmp_path):
    (x, y), net = samples().tensors, nn.Linear(5, 3)
    before = net.weight.detach().clone()
    loss, accuracy, weights = Loop(RIGHT).run(
        net, samples(), held_out=TensorDataset(x * torch.nan, y))
    assert (loss, accuracy) == (float("inf"), 0.0)
    assert torch.equal(weights["weight"], before)
    assert not torch.equal(net.weight, before)


def test_the_command_tells_a_line_that_its_guard_lets_pass(monkeypatch, capsys):
    row = {"old": "model.eval()", "new": "net.eval()", "guard": "commutes"}
    listed = {**wrong_lines(), "line": [row]}
    monkeypatch.setattr(wrong_loops, "wrong_lines", lambda: listed)
    assert wrong_loops.main()
    assert "commutes does not fail for 'net.eval()'" in capsys.readouterr().out
