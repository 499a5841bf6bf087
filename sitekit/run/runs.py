"""The runs of the guide's files: each file once, whoever asks, and kept for the next command.

What is kept counts as long as all that a run depends on is the same: the file after its includes,
every snippet, what runs and compares it, Python and the installed packages.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import distributions, version
from pathlib import Path

from ..read.environment import Environment
from ..read.guide import Guide
from ..read.lists import Claim
from ..read.page import digest
from ..read.place import GuideError
from . import claims, server
from .child import Branch, Job, Ran, run, serve
from .compare import Outcome, problem
from .task import Task, tasks

MADE = ".made"  # what commands make for each other
PYTHON = ".".join(platform.python_version_tuple()[:2])
DEVICES = ("cpu", "cuda", "meta")
LIMIT = 300  # seconds without an outcome


@dataclass
class Run:
    """A file that ran, step by step."""

    tasks: list[Task]
    ran: Ran
    python: str = platform.python_version()

    @property
    def outcomes(self) -> list[Outcome]:
        return self.ran.outcomes

    def problem(self, number: int) -> str:
        """What is wrong with a step; empty where nothing is."""
        if number >= len(self.outcomes):
            return f"{self.tasks[number].where}\nnot reached"
        return problem(self.tasks[number], self.outcomes[number])

    @property
    def problems(self) -> list[str]:
        found = (self.problem(number) for number in range(len(self.tasks)))
        return [text for text in found if text]


def in_this_process(device: str) -> bool:
    """Whether files share this process. A process that has used CUDA cannot be forked."""
    return device == "cuda"


def run_file(guide: Guide, path: str, environment: Environment,
             branches: Sequence[Branch] = ()) -> Run:
    """Run a file now: in a process of its own, and on a GPU in this one."""
    found = tasks(guide, path, environment)
    if not found:
        return Run([], Ran())
    job = Job(guide.root, path, environment.device, tuple(found), tuple(branches), server.known())
    messages: list = []
    if in_this_process(environment.device):
        run(job, messages.append, alone=False)
        ended = ""
    else:
        ended = _messages(job, messages)
    return Run(found, _ran(messages, ended, len(found)))


def _messages(job: Job, messages: list) -> str:
    """Run a job in a process of its own; what it sends, and why it ended before the end."""
    receive, send = multiprocessing.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="run-", ignore_cleanup_errors=True) as folder:
        log = Path(folder, "log")
        process = server.CONTEXT.Process(target=serve, args=(send, job, str(log)))
        process.start()
        send.close()
        try:
            while not messages or isinstance(messages[-1], Outcome):
                if not receive.poll(LIMIT):
                    return f"nothing came for {LIMIT} seconds"
                messages.append(receive.recv())
        except EOFError:
            process.join()
            code = process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            said = log.read_text(errors="replace").strip() if log.exists() else ""
            return f"the process ended: {how}\n{said[-2000:]}".strip()
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()
    return ""


def _ran(messages: list, ended: str, count: int) -> Ran:
    outcomes = [message for message in messages if isinstance(message, Outcome)]
    rest = [message for message in messages if not isinstance(message, Outcome)]
    left, lines, branches = rest[0] if rest else ([], {}, [])
    if ended:
        outcomes.append(Outcome("", fault=ended))
    elif left and outcomes and len(outcomes) == count:
        last = outcomes[-1]
        outcomes[-1] = Outcome(last.got, last.trace, last.raised,
                               "the page leaves torch changed: " + ", ".join(left))
    return Ran(outcomes, lines, branches)


# --- kept runs ------------------------------------------------------------------


@cache
def _installed() -> str:
    """Python, the machine's kind and every installed package with its version."""
    packages = sorted({f"{d.metadata['Name']} {d.version}" for d in distributions()})
    return " ".join([sys.version, platform.machine(), *packages])


@cache
def _torch() -> str:
    return version("torch").partition("+")[0]


@cache
def machinery_digest() -> str:
    """The digest of what reads, runs and compares."""
    here = Path(__file__).resolve().parents[1]
    return digest("".join(file.read_text() for folder in ("read", "run")
                          for file in sorted((here / folder).glob("*.py"))))


def key(guide: Guide, path: str, environment: Environment) -> str:
    """The digest of all in the guide that a run depends on."""
    page = guide.page(path) if path.endswith(".md") else None
    return digest("\n".join([
        str(environment), machinery_digest(), path, page.text if page else "",
        guide.snippets_digest, repr(guide.exclusions)]))


def kept_file(guide: Guide, path: str, environment: Environment, python: str = PYTHON) -> Path:
    folder = f"{environment.torch}-{environment.device}-{python}"
    return (guide.root / MADE / "runs" / folder / path).with_suffix(".json")


def keep(guide: Guide, path: str, environment: Environment, run: Run) -> None:
    """Write down a run, for the commands that come later."""
    file = kept_file(guide, path, environment)
    text = json.dumps({"key": key(guide, path, environment), "installed": _installed(),
                       "python": run.python,
                       "outcomes": [asdict(outcome) for outcome in run.outcomes],
                       "lines": {file: sorted(lines) for file, lines in run.ran.lines.items()}})
    with suppress(OSError):  # a checkout that is read only
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_text(text)
        new.replace(file)  # somebody may read it now


def kept(guide: Guide, path: str, environment: Environment, python: str = PYTHON) -> Run | None:
    """The run of a file as it is now, or nothing where none is kept.

    The run of another torch or Python, made beside, counts with what was installed there.
    """
    file = kept_file(guide, path, environment, python)
    try:
        found = json.loads(file.read_text())
        is_here = (environment.torch, python) == (_torch(), PYTHON)
        if found["key"] != key(guide, path, environment) or (
                is_here and found["installed"] != _installed()):
            return None
        outcomes = [Outcome(**{**outcome, "raised": outcome["raised"] and tuple(outcome["raised"])})
                    for outcome in found["outcomes"]]
        return Run(tasks(guide, path, environment), Ran(
            outcomes, {file: set(lines) for file, lines in found["lines"].items()}),
            found["python"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Runs:
    """The runs of one command, in one environment.

    Without `anew`, what is kept is taken. With `claims`, a page's run also tries its claims.
    """

    def __init__(self, guide: Guide, environment: Environment, *, anew: bool = False,
                 claims: bool = False):
        self.guide, self.environment, self.anew, self.claims = guide, environment, anew, claims
        self._found: dict[str, Run] = {}
        self._verdicts: dict[str, dict[Claim, str]] = {}

    def of(self, path: str) -> Run:
        """The run of a file, the first time that somebody asks for it."""
        if path not in self._found:
            run = None if self.anew or self.claims else kept(self.guide, path, self.environment)
            if run is None:
                branches, self._verdicts[path] = self._branches(path)
                run = run_file(self.guide, path, self.environment, list(branches.values()))
                keep(self.guide, path, self.environment, run)
                for (claim, branch), outcomes in zip(branches.items(), run.ran.branches,
                                                     strict=False):
                    self._verdicts[path][claim] = claims.verdict(claim, branch, outcomes)
            self._found[path] = run
        return self._found[path]

    def all(self, paths: Iterable[str]) -> None:
        """Run many files, as many at a time as there are processors."""
        at_a_time = 1 if in_this_process(self.environment.device) else os.cpu_count()
        with ThreadPoolExecutor(at_a_time) as pool:
            list(pool.map(self.of, paths))

    def verdict(self, claim: Claim) -> str:
        """Why a claim's edit proves nothing; empty where its section notices the edit."""
        self.of(claim.page)
        return self._verdicts[claim.page][claim]

    def _branches(self, path: str) -> tuple[dict[Claim, Branch], dict[Claim, str]]:
        """The branches of a page's claims; for a claim that has none, why."""
        branches: dict[Claim, Branch] = {}
        verdicts: dict[Claim, str] = {}
        is_page = path.startswith("docs/")
        for claim in self.guide.beside(path).claims if self.claims and is_page else ():
            try:
                branches[claim] = claims.branch(self.guide, claim, self.environment)
            except GuideError as error:
                verdicts[claim] = str(error)
        return branches, verdicts


def here(device: str = "cpu") -> Environment:
    """This Python's torch, on a device. ValueError, in one line, where nothing can run on it."""
    if device not in DEVICES:
        raise ValueError(f"--device {device}: not one of {', '.join(DEVICES)}")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise ValueError("--device cuda: torch sees no GPU on this machine")
    return Environment(_torch(), device, python=PYTHON)


def stop_unless_passed(run: Run, says: str) -> None:
    """GuideError with the first problem of a run."""
    if run.problems:
        raise GuideError(f"{says}: {run.problems[0]}")
