"""An exercise: a task, hints, a check that its stub fails, a solution, and wrong answers."""

import re

import pytest

from sitekit.read import markdown
from sitekit.read.session import TRACEBACK

PARTS = ["task", "hint", "check", "solution", "wrong"]
FOLDED = {"hint", "solution", "wrong"}
pytestmark = pytest.mark.only("exercise")


def sessions(page, part):
    """The steps of a part's sessions that call a check: each with the last line of its output."""
    return [(step.source, step.want.strip().rpartition("\n")[2], TRACEBACK in step.want)
            for example in page.examples if page.anchor_of(example.line) == part
            for step in example.steps if step.source.startswith("check_")]


def test_an_exercise_has_its_parts_and_folds_what_tells_the_answer(page):
    anchors = [heading.anchor for heading in page.headings]
    assert [anchor for anchor in anchors if anchor in PARTS] == PARTS
    for part in FOLDED:
        lines = [page.lines[n] for n in page.section(part)]
        texts = [line for _, line in markdown.outside(lines) if line.strip()]
        assert texts[1].startswith("/// details | "), f"{page.path}#{part} is not folded"
        opened = sum(line.startswith("/// details") for line in texts)
        assert opened == texts.count("///") >= 1


def test_its_stub_fails_each_check_and_its_solution_passes_it(page):
    stub, solution = sessions(page, "check"), sessions(page, "solution")
    assert {call for call, *_ in stub} == {call for call, *_ in solution}
    assert stub
    assert all(raises and last.startswith("NotImplementedError") for _, last, raises in stub)
    assert not any(raises for *_, raises in solution)


def test_at_least_three_wrong_answers_are_rejected_and_told_why(page, guide):
    wrong = sessions(page, "wrong")
    assert len({call for call, *_ in wrong}) >= 3
    for call, last, raises in wrong:
        assert raises, f"{page.path}: {call} passes"
        assert last.startswith("AssertionError: ")
        assert len(last.split()) >= 10, f"{page.path}: {last!r} names no cause"
    text = guide.text(guide.with_stem(page.path)["wrong"])
    for name in re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE):
        assert any(name in call for call, *_ in wrong), f"{page.path} does not judge {name}"
