"""Run `python -m command` in a project, in a process that has imported torch already."""

import multiprocessing
import os
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from sitekit.run import server


@dataclass
class Result:
    returncode: int
    stdout: str


def run(root: Path, *command: str, **environment: str) -> Result:
    """Run a module of `root`'s own or an installed one; what it printed, stderr included."""
    with TemporaryFile() as output:
        process = server.CONTEXT.Process(target=_run, args=(
            _Inherited(output.fileno()), server.known(), root, command, environment))
        process.start()
        process.join()
        output.seek(0)
        return Result(process.exitcode, output.read().decode())


class _Inherited:
    """A file descriptor that is sent to the new process."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor

    def __reduce__(self):
        duplicate = multiprocessing.reduction.DupFd(self.descriptor)
        return _detach, (duplicate,)


def _detach(duplicate):
    return duplicate.detach()


def _run(output: int, known: dict, root: Path, command: tuple[str, ...],
         environment: dict) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(root)
    os.environ.update(NO_MKDOCS_2_WARNING="1", CUDA_VISIBLE_DEVICES="", **environment)
    server.use(known)
    sys.path.insert(0, str(root))
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
