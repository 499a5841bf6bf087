import argparse
import io
import pickle
import subprocess
import sys
from collections import defaultdict, deque

import numpy as np
import pytest
import torch
from torch import nn

from snippets.checkpoints.weights_only import assert_weights_only, save_checkpoint
from snippets.checkpoints.wrong_weights_only import CodeInAFile, save_with_arguments
from tests.awkward import Case, Guard


def saved(save, x):
    model, file = nn.Linear(2, 1), io.BytesIO()
    save(file, model, torch.optim.SGD(model.parameters(), lr=0.1), number=x[..., :1].sum())
    file.seek(0)
    number = torch.load(file)["number"]
    assert type(number) in (int, float)
    return torch.tensor(number, dtype=torch.float64)


AWKWARD = [
    Case(save_checkpoint, saved, like=lambda x: torch.tensor(
        x[..., :1].sum().item(), dtype=torch.float64), compiled=False),
    Guard(assert_weights_only, right=lambda check, x: check({"weight": x, "step": 1}),
          wrong=lambda check, x: check({"weight": x, "args": argparse.Namespace()})),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.pt"


def test_training_goes_on_from_a_checkpoint(path, device):
    def step(model, optimizer):
        optimizer.zero_grad()
        model(torch.ones(1, 2, device=device)).sum().backward()
        optimizer.step()

    model = nn.Linear(2, 1, device=device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.25)
    step(model, optimizer)
    save_checkpoint(path, model, optimizer, loss=np.float32(0.5))
    checkpoint = torch.load(path)
    other = nn.Linear(2, 1, device=device)
    theirs = torch.optim.Adam(other.parameters(), lr=1.0)
    other.load_state_dict(checkpoint["model"])
    theirs.load_state_dict(checkpoint["optimizer"])
    step(model, optimizer)
    step(other, theirs)
    assert checkpoint["loss"] == 0.5
    assert torch.equal(model.weight, other.weight)


def test_arguments_beside_the_weights_are_refused(path):
    save_with_arguments(path, nn.Linear(2, 1), argparse.Namespace())
    with pytest.raises(pickle.UnpicklingError, match=r"argparse\.Namespace"):
        torch.load(path)


def test_a_file_runs_code_only_without_weights_only(path, capsys):
    torch.save(CodeInAFile(), path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)
    assert capsys.readouterr().out == ""
    torch.load(path, weights_only=False)
    assert "run by the file" in capsys.readouterr().out


@pytest.mark.parametrize("name", [argparse.Namespace, (argparse.Namespace, "argparse.Namespace")])
def test_what_this_process_allows_is_refused_and_stays_allowed(path, name):
    torch.save(argparse.Namespace(), path)
    with torch.serialization.safe_globals([name]):
        before = set(torch.serialization.get_safe_globals())
        with pytest.raises(AssertionError, match=r"refuses argparse\.Namespace"):
            assert_weights_only(argparse.Namespace())
        assert set(torch.serialization.get_safe_globals()) == before
        assert torch.load(path) == argparse.Namespace()
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)


def test_what_an_import_allows_is_refused_as_a_new_process_refuses_it(path):
    rows = [torch.ones(1), torch.ones(2)]
    jagged = torch.nested.nested_tensor(rows, layout=torch.jagged)
    torch.save(jagged, path)
    code = f"import torch; torch.load({str(path)!r})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "UnpicklingError: Weights only load failed" in loaded.stderr
    with pytest.raises(AssertionError, match=r"torch\.load refuses torch"):
        assert_weights_only(jagged)


def test_the_guard_names_every_class():
    with pytest.raises(AssertionError, match=r"argparse\.Namespace") as caught:
        assert_weights_only({"args": argparse.Namespace(), "model": nn.Linear(1, 1)})
    assert "torch.nn.modules.linear.Linear" in str(caught.value)


@pytest.mark.parametrize(("number", "kind"), [
    (3, int), (np.int64(3), int), (torch.tensor(3), int), (3.0, float), (np.float32(3), float),
    (np.longdouble(3), float), (torch.tensor(3.0), float)])
def test_a_number_comes_back_as_pythons(path, number, kind):
    model = nn.Linear(2, 1)
    save_checkpoint(path, model, torch.optim.SGD(model.parameters()), number=number)
    found = torch.load(path)["number"]
    assert (found, type(found)) == (3, kind)


def test_an_int_that_is_too_long_is_refused_by_both(path):
    torch.save({"step": 10**700}, path)
    with pytest.raises(pickle.UnpicklingError, match="Unsupported operand"):
        torch.load(path)
    with pytest.raises(AssertionError, match="refuses: Unsupported operand"):
        assert_weights_only({"step": 10**700})
    assert_weights_only({"step": 10**600})


@pytest.mark.parametrize(("value", "loads"), [
    (2**2039 - 1, True), (-2**2039, True), (2**2039, False), (b"a", True), (b"", False),
    ({1}, True), (frozenset({1}), False)])
def test_ints_of_256_bytes_and_empty_bytes_are_refused(path, value, loads):
    torch.save(value, path)
    if loads:
        assert torch.load(path) == value
        assert_weights_only(value)
    else:
        with pytest.raises(pickle.UnpicklingError):
            torch.load(path)
        with pytest.raises(AssertionError, match=r"torch\.load refuses"):
            assert_weights_only(value)


def test_an_lr_of_numpy_is_refused_and_the_guard_says_so(path):
    model = nn.Linear(2, 1)
    given = torch.optim.Adam(model.parameters(), lr=np.float64(0.1))
    scheduled = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.optim.lr_scheduler.LambdaLR(scheduled, np.cos)
    for optimizer in (given, scheduled):
        save_checkpoint(path, model, optimizer, step=3)
        with pytest.raises(pickle.UnpicklingError, match="numpy"):
            torch.load(path)
        with pytest.raises(AssertionError, match="refuses numpy"):
            assert_weights_only(optimizer.state_dict())


@pytest.mark.parametrize(("value", "empty"), [
    (defaultdict(list, a=[1]), defaultdict(list)), (deque([1]), deque())])
def test_what_no_list_of_classes_loads(path, value, empty):
    with torch.serialization.safe_globals([defaultdict, list, deque]):
        torch.save(empty, path)
        assert torch.load(path) == empty
        torch.save(value, path)
        with pytest.raises(pickle.UnpicklingError, match="but got <class 'collections"):
            torch.load(path)
    assert torch.load(path, weights_only=False) == value


def test_what_the_list_of_unsafe_globals_leaves_out(path):
    unsafe = torch.serialization.get_unsafe_globals_in_checkpoint
    torch.save(np.float64(1), path)
    assert set(unsafe(path)) == {"numpy._core.multiarray.scalar", "numpy.dtype"}
    with torch.serialization.safe_globals([np._core.multiarray.scalar, np.dtype]):
        assert unsafe(path) == []
        with pytest.raises(pickle.UnpicklingError, match="Float64DType"):
            torch.load(path)
    torch.save(argparse.Namespace(), path, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match="to be a checkpoint returned by"):
        unsafe(path)
    with torch.serialization.safe_globals([argparse.Namespace]):
        assert torch.load(path) == argparse.Namespace()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol 4:UserWarning")
def test_another_pickle_protocol_is_refused(path):
    torch.save([1, "a"], path, pickle_protocol=4)
    with pytest.raises(pickle.UnpicklingError, match="Unsupported operand"):
        torch.load(path)


def test_what_cannot_be_saved_raises_as_torch_save_does():
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"pickle|local object"):
        assert_weights_only({"schedule": lambda step: 1 / step})


def test_the_refused_classes_are_named_in_order():
    kept = [np.float64(1), deque([1]), argparse.Namespace(), frozenset({1}), range(2), 1j.__class__]
    with pytest.raises(AssertionError) as error:
        assert_weights_only(kept)
    names = str(error.value).removeprefix("torch.load refuses ").split(", ")
    assert len(names) >= 6
    assert names == sorted(names)
