"""Where examples run: torch, device and Python, and the conditions that a page may name of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .page import Example, Page
from .place import GuideError

CONDITION = re.compile(
    r"(?P<of>torch|python) (?P<sign><|>=) (?P<version>\d+\.\d+)|(?P<device>cpu|cuda)")


@dataclass(frozen=True)
class Environment:
    """A torch on a device and a Python, and the command that runs the examples there."""

    torch: str
    device: str = "cpu"
    command: str = ""
    python: str = "3.11"

    def __str__(self) -> str:
        return f"torch {self.torch} ({self.device})"

    def meets(self, condition: str) -> bool:
        """Whether `torch < 2.13`, `python >= 3.13`, `cpu` or `cuda` is true here."""
        found = CONDITION.fullmatch(condition)
        assert found, condition
        if found["device"]:
            return found["device"] == self.device
        here, there = (tuple(map(int, version.split(".")[:2]))
                       for version in (getattr(self, found["of"]), found["version"]))
        return here < there if found["sign"] == "<" else here >= there

    def examples(self, page: Page) -> list[Example]:
        """The examples of a page with the outputs that hold here."""
        held: list[Example] = []
        for example in page.examples:
            if not example.condition:
                held.append(example)
            elif self.meets(example.condition):
                held[-1] = example
        return held


def check_conditions(page: Page, environments: Sequence[Environment]) -> None:
    """GuideError for a condition that is none, is always true, or is true where nothing runs.

    A page `since` a torch that is newer than the first environment's would run nowhere, either.
    The first environment is the one whose outputs a page shows first.
    """
    since = page.meta.get("since", "")
    if since and not re.fullmatch(r"\d+\.\d+", since):
        raise GuideError(f'{page.path}: since is a version of torch, such as "2.13", not {since!r}')
    if since and environments and not environments[0].meets(f"torch >= {since}"):
        raise GuideError(f"{page.path}: since torch {since}, but the outputs that a page shows are "
                         f"those of {environments[0]}")
    for example in page.examples:
        condition = example.condition
        if not condition:
            continue
        here = f"{page.path}:{example.at.line - 1}"
        if not CONDITION.fullmatch(condition):
            raise GuideError(f"{here}: a condition is torch < 2.13, python >= 3.13, cpu or "
                             f"cuda, not {condition!r}")
        if environments and environments[0].meets(condition):
            raise GuideError(f"{here}: the condition {condition!r} is true of {environments[0]}, "
                             "whose outputs are those of the session above")
        if environments and not list(meeting(condition, environments)):
            raise GuideError(f"{here}: the condition {condition!r} is true nowhere in "
                             "tests/environments.toml, so nothing runs its outputs")


def meeting(condition: str, environments: Sequence[Environment]) -> Iterator[Environment]:
    return (environment for environment in environments if environment.meets(condition))
