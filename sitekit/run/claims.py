"""Each claim of a page: the smallest edit that makes it false, and whether its section notices."""

from __future__ import annotations

from collections.abc import Sequence

from ..read.environment import Environment
from ..read.guide import Guide
from ..read.lists import Claim
from ..read.place import GuideError
from .child import Branch
from .compare import Outcome, error_of, problem
from .task import tasks


def branch(guide: Guide, claim: Claim, environment: Environment) -> Branch:
    """What the page runs with the claim's edit, from the first step that differs.

    GuideError where the edit cannot be made, or changes nothing that runs.
    """
    file = claim.file or claim.page
    text = guide.text(file)
    if text.count(claim.old) != 1:
        raise GuideError(f"{claim}: {claim.old!r} stands {text.count(claim.old)} times in {file}, "
                         "and must stand once")
    if guide.page(claim.page).section(claim.section) is None:
        raise GuideError(f"{claim}: {claim.page} has no section #{claim.section}")
    edited = guide.with_edits({file: text.replace(claim.old, claim.new)})
    before, after = (tasks(g, claim.page, environment) for g in (guide, edited))
    start = next((n for n, pair in enumerate(zip(before, after, strict=False))
                  if pair[0].step != pair[1].step), min(len(before), len(after)))
    if start == len(after):
        raise GuideError(f"{claim}: the edit changes nothing that the page runs")
    return Branch(start, tuple(after[start:]), claim.section)


def verdict(claim: Claim, branch: Branch, outcomes: Sequence[Outcome]) -> str:
    """Why the edit does not show that the claim is proved; empty where it does.

    An output of the section must differ, or an error come that the claim names.
    """
    seen = [(task, outcome) for task, outcome in zip(branch.tasks, outcomes, strict=False)
            if problem(task, outcome)]
    inside = [pair for pair in seen if pair[0].section == claim.section]
    if not inside:
        elsewhere = ", ".join(sorted({f"#{task.section}" for task, _ in seen}))
        where = f"; what fails is in {elsewhere}" if elsewhere else ""
        return f"{claim}: nothing in #{claim.section} fails{where}"
    task, outcome = inside[0]
    if outcome.fault:
        return f"{claim}: {outcome.fault}"
    by = outcome.error if outcome.error != error_of(task.step.expected) else ""
    if by != claim.error:
        names = f"names {claim.error}" if claim.error else "names none"
        return f"{claim}: {task.where} ends in {by or 'an output'}, and the claim {names}\n" + (
            problem(task, outcome))
    return ""


def believed(guide: Guide, claim: Claim, environment: Environment) -> str:
    """Why the claim's belief is not contradicted by its step; empty where it is."""
    if not claim.step:
        return ""
    found = [task.step.expected for task in tasks(guide, claim.page, environment)
             if task.step.source.strip() == claim.step]
    if not found:
        return f"{claim}: {claim.page} has no step {claim.step!r}"
    return f"{claim}: the belief is what the step prints" if claim.belief in found else ""
