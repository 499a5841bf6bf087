"""Which lines of pages and snippets run, in this process and in those that it starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import coverage

_CONFIG = """\
[run]
data_file = {folder}/data
include =
    {root}/docs/*
    {root}/snippets/*
concurrency = {concurrency}
disable_warnings = no-data-collected, no-sysmon, module-not-measured
"""


class Measure:
    """A context that measures; afterwards `lines` has the lines that ran, by file below the root.

    It can be entered again, and then adds to its lines. With `processes` it counts those that it
    starts, too, and holds for the rest of this process.
    """

    def __init__(self, root: Path, processes: bool = True):
        self.root = root
        self._folder = tempfile.TemporaryDirectory(prefix="lines-", ignore_cleanup_errors=True)
        config = Path(self._folder.name, "config")
        config.write_text(_CONFIG.format(
            folder=self._folder.name, root=root,
            concurrency="thread, multiprocessing" if processes else "thread"))
        self._coverage = coverage.Coverage(config_file=str(config), messages=False)
        self.lines: dict[str, set[int]] = {}

    def __enter__(self) -> Measure:
        self._coverage.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._coverage.stop()
        found = [self._coverage.get_data()]
        for file in Path(self._folder.name).glob("data.*"):  # of the processes that were started
            found.append(coverage.CoverageData(str(file)))
            found[-1].read()
        for data in found:
            for file in data.measured_files():
                path = Path(file).relative_to(self.root).as_posix()
                self.lines.setdefault(path, set()).update(data.lines(file) or ())

    def stop(self) -> None:
        """Measure no more, in a fork of the process that measures."""
        self._coverage.stop()
