"""The process from which the processes of all files are forked: it has imported torch once.

What a file starts by multiprocessing's `forkserver`, ranks and workers, is forked from it as well,
and does not import torch anew.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # else runs side by side wait by spinning

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["sitekit.run.warm"])
_KEPT = ("_forkserver_address", "_forkserver_authkey")  # the second from Python 3.14 on


def start() -> None:
    """Let it import torch now, while the caller does something else."""
    forkserver._forkserver.ensure_running()


def known() -> dict[str, object]:
    """What another process has to know of it, to be sent there."""
    start()
    return {name: getattr(forkserver._forkserver, name, None) for name in _KEPT}


def use(server: dict[str, object]) -> None:
    """Let this process, which has not started it, fork what it starts from it."""
    for name, value in server.items():
        setattr(forkserver._forkserver, name, value)
    if forkserver._forkserver._forkserver_alive_fd is None:  # a process is handed it, and keeps it
        forkserver._forkserver._forkserver_alive_fd = os.open(os.devnull, os.O_WRONLY)
    forkserver._forkserver.ensure_running = lambda: None
