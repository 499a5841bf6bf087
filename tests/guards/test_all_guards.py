import ast
import contextlib
import subprocess
import sys

import pytest
import torch
from torch import nn

from snippets.guards import all_guards
from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.causal import causal
from snippets.guards.commutes import commutes
from snippets.guards.every_place_read import every_place_read
from snippets.guards.finite_gradients import finite_gradients_at_the_edge
from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.initial_loss import initial_loss
from snippets.guards.judge import Undecided
from snippets.guards.keeps_layout import keeps_layout
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.round_trip import round_trip
from snippets.guards.same_twice import same_in_eval_twice
from tests.awkward import LeftOut, public
from tests.guide import GUIDE

AWKWARD = [LeftOut(all_guards.test_guarded_layer, "it is a test, and takes nothing")]

PAGE = "docs/guards/all-guards.md"
HELPERS = {"cost", "held"}  # what the guards of a page share
SPECIAL = {  # they need more than a model; the page on choosing tells what
    "commutes", "edges_of", "every_place_read", "finite_gradients_at_the_edge",
    "gradients_are_fresh", "initial_loss", "keeps_layout",
    "parts_add_up", "resumes_exactly", "same_in_eval_twice",
    "workers_and_epochs_differ"}


KEEP = torch.tensor([[True] * 4, [True, True, False, False], [True] * 4])
NUMBERS = torch.arange(60.0).view(3, 4, 5)
CALLS = {
    independent_samples: lambda guard, call, x: guard(call, x),
    same_alone: lambda guard, call, x: guard(call, x),
    causal: lambda guard, call, x: guard(call, x),
    permutation_equivariant: lambda guard, call, x: guard(call, x),
    keeps_layout: lambda guard, call, x: guard(call, x),
    finite_gradients_at_the_edge: lambda guard, call, x: guard(call, x),
    every_place_read: lambda guard, call, x: guard(call, x),
    commutes: lambda guard, call, x: guard(call, x, before=lambda x: x.roll(1, 0)),
    padding_values_ignored: lambda guard, call, x: guard(lambda x, keep: call(x), x, KEEP),
    padding_length_ignored: lambda guard, call, x: guard(lambda x, keep: call(x), x, KEEP),
    perfect_prediction_costs_nothing: lambda guard, call, x: guard(lambda p, t: call(p), x, x),
    loss_is_mean_of_samples: lambda guard, call, x: guard(lambda p, t: call(p), x, x),
    agrees_with_reference: lambda guard, call, x: guard(call, call, x),
    round_trip: lambda guard, call, x: guard(call, call, x, spec=call),
    initial_loss: lambda guard, call, x: guard(lambda: call, lambda out, t: out.mean(), x, x,
                                               chance=1.0),
    same_in_eval_twice: lambda guard, call, x: guard(Calls(call), x)}
INPUTS = {
    "list": [NUMBERS, NUMBERS], "array": NUMBERS.numpy(), "None": None,
    "meta": NUMBERS.to("meta"), "sparse": NUMBERS.to_sparse(), "empty": NUMBERS[:0],
    "number": torch.tensor(1.0), "no features": NUMBERS[..., :0],
    "jagged": torch.nested.nested_tensor([NUMBERS[0], NUMBERS[1, :2]], layout=torch.jagged)}
OUTPUTS = {
    "list": lambda x: [x], "None": lambda x: None, "number": lambda x: 1.0,
    "no axis": lambda x: torch.ones(()), "none": lambda x: (), "sparse": lambda x: x.to_sparse(),
    "meta": lambda x: torch.ones(x.shape, device="meta"), "dict": lambda x: {"logits": x}}


class Calls(nn.Module):
    """A function as a module."""

    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, x):
        return self.call(x)


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("guard", CALLS, ids=lambda guard: guard.__name__)
def test_inputs_that_cannot_be_changed_are_undecided(guard, kind):
    x = INPUTS[kind]
    if kind == "number" and guard in (agrees_with_reference, commutes,
                                      finite_gradients_at_the_edge, same_in_eval_twice):
        pytest.skip("the guard takes a single number")
    with pytest.raises(Undecided):
        CALLS[guard](guard, lambda x: x, x)


@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("guard", CALLS, ids=lambda guard: guard.__name__)
def test_no_output_raises_an_error_of_torch(guard, kind):
    with contextlib.suppress(AssertionError, Undecided):
        CALLS[guard](guard, OUTPUTS[kind], NUMBERS)


def copied():
    """The file that the copy button of the test gives."""
    return GUIDE.page(PAGE).examples[0].copied


def test_each_guard_of_the_folder_is_called():
    pages = {path for path in GUIDE.paths if path.startswith("docs/guards/")
             and path not in {PAGE, "docs/guards/judge.md", "docs/guards/short-guards.md",
                              "docs/guards/short-loss-guards.md"}}
    guards = {name for path in pages for name in public(path)}
    test = next(node for node in ast.parse(copied()).body
                if getattr(node, "name", None) == "test_guarded_layer")
    called = {node.func.id for node in ast.walk(test)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert len(guards - HELPERS - SPECIAL) == 12
    assert guards - HELPERS - SPECIAL <= called


def test_the_copied_file_imports_torch_and_the_standard_library_alone():
    nodes = list(ast.walk(ast.parse(copied())))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert {module.partition(".")[0] for module in modules} <= {"torch", *sys.stdlib_module_names}


def test_pytest_finds_and_passes_the_copied_file(tmp_path):
    (tmp_path / "test_model.py").write_text(copied())
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_model.py"],
        capture_output=True, text=True, cwd=tmp_path)
    assert "1 passed" in result.stdout, result.stdout
