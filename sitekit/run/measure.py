"""Which lines of pages and snippets run, in this process and in those that it starts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import coverage

_CONFIG = """\
[run]
data_file = {folder}/data
include =
    {root}/docs/*
    {root}/snippets/*
concurrency = thread, multiprocessing
"""


class NoMeasure:
    """A context that measures nothing."""

    lines: ClassVar[dict[str, set[int]]] = {}

    def __enter__(self) -> NoMeasure:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Measure:
    """A context that measures; afterwards `lines` has the lines that ran, by file below the root.

    It can be entered again, and then adds to its lines. With `processes` it counts those that it
    starts, too; it holds for one context and for the rest of this process.
    """

    def __init__(self, root: Path, processes: bool = True):
        self.root = root
        self.lines: dict[str, set[int]] = {}
        self._folder = tempfile.mkdtemp(prefix="lines-") if processes else ""
        if processes:  # they read their settings from a file
            config = Path(self._folder, "config")
            config.write_text(_CONFIG.format(folder=self._folder, root=root))
            self._coverage = coverage.Coverage(config_file=str(config), messages=False)
        else:
            self._coverage = coverage.Coverage(
                data_file=None, config_file=False, messages=False,
                include=[f"{root}/docs/*", f"{root}/snippets/*"])
        self._coverage.set_option("run:disable_warnings", ["no-data-collected", "no-sysmon"])

    def __enter__(self) -> Measure:
        self._coverage.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._coverage.stop()
        found = [self._coverage.get_data()]
        for file in Path(self._folder).glob("data.*") if self._folder else ():
            found.append(coverage.CoverageData(str(file)))
            found[-1].read()
        for data in found:
            for file in data.measured_files():
                path = Path(file).relative_to(self.root).as_posix()
                self.lines.setdefault(path, set()).update(data.lines(file) or ())
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Measure no more, in a fork of the process that measures."""
        self._coverage.stop()
