"""The process from which the processes of all files are forked: it imports torch once."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # else runs side by side wait by spinning

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["torch", "torch._dynamo", "torch.testing", "numpy", "coverage", "sitekit.run.child"])


def start() -> None:
    """Let it import torch now, while the caller does something else."""
    forkserver.ensure_running()
