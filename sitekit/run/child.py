"""A file run in a process of its own, which branches where a claim's edit begins to matter.

The process is a fork of one that has imported torch and has run nothing, so no file finds what
another one left. A branch is a fork of that: it goes on with other steps and has run the same ones.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from . import server
from .compare import Outcome, problem
from .measure import Measure, NoMeasure
from .perform import namespace_of, perform
from .task import Task

BRANCH_LIMIT = 120  # seconds


@dataclass(frozen=True)
class Branch:
    """Other steps from `start` on; it ends when `section` has a problem, or is over."""

    start: int
    tasks: tuple[Task, ...]
    section: str

    def perform(self, namespace: dict, root: Path) -> Iterator[Outcome]:
        last = max((n for n, task in enumerate(self.tasks) if task.section == self.section),
                   default=-1)
        for task in self.tasks[:last + 1]:
            outcome = perform(task, namespace, root)
            yield outcome
            if outcome.fault or (task.section == self.section and problem(task, outcome)):
                return


@dataclass(frozen=True)
class Job:
    """A file to run."""

    root: Path
    path: str
    device: str
    tasks: tuple[Task, ...]
    branches: tuple[Branch, ...] = ()
    server: dict[str, object] = field(default_factory=dict)


@dataclass
class Ran:
    """What came of a job: an outcome a step, the lines that ran, the outcomes of each branch."""

    outcomes: list[Outcome] = field(default_factory=list)
    lines: dict[str, set[int]] = field(default_factory=dict)
    branches: list[list[Outcome]] = field(default_factory=list)


def run(job: Job, send, *, alone: bool) -> None:
    """Run a job in this process; `send` takes each outcome, and at the end what else came of it.

    `alone` says that the process is for this job.
    """
    from .state import Setting

    namespace = namespace_of(job.root, job.path, job.device)
    found: dict[int, list[Outcome]] = {}
    with Setting(job.device) as setting, (Measure(job.root) if alone else NoMeasure()) as measure:
        for number, task in enumerate(job.tasks):
            for index, branch in enumerate(job.branches):
                if branch.start == number:
                    found[index] = _branched(branch, namespace, job.root, measure)
            outcome = perform(task, namespace, job.root)
            send(outcome)
            if outcome.fault:
                break
    left = setting.left_behind()
    branches = [found.get(index, []) for index in range(len(job.branches))]
    send((left, measure.lines, branches))


def _branched(branch: Branch, namespace: dict, root: Path, measure: Measure) -> list[Outcome]:
    """The outcomes of a branch, which a fork of this process runs."""
    receive, send = multiprocessing.Pipe(duplex=False)
    child = os.fork()  # multiprocessing's own processes would be measured
    if not child:
        try:
            import torch

            measure.stop()
            torch.set_num_threads(1)  # a pool of threads does not outlive a fork
            for outcome in branch.perform(namespace, root):
                send.send(outcome)
        finally:
            os._exit(0)
    send.close()
    outcomes: list[Outcome] = []
    with suppress(EOFError):
        while receive.poll(BRANCH_LIMIT):
            outcomes.append(receive.recv())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return outcomes


def serve(connection: Connection, job: Job, log: str) -> None:
    """What the new process does: run a job, and send what comes of it.

    What its code writes past Python, and what Python says when it dies, is in the file `log`.
    """
    os.setpgid(0, 0)  # so that it can be ended with all that it started
    with open(log, "wb") as written:
        os.dup2(written.fileno(), 1)
        os.dup2(written.fileno(), 2)
    server.use(job.server)
    os.chdir(job.root)
    sys.path.insert(0, str(job.root))
    sys.argv = [""]
    run(job, connection.send, alone=True)
    connection.close()
