"""What only torch can tell, kept from one build to the next: its import takes seconds."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version

from ..read.guide import Guide
from ..read.page import digest
from ..run.runs import MADE

version = cache(version)


def kept(guide: Guide, name: str, sources: str, make: Callable[[], str]) -> str:
    """What `make` returns; it is asked again where torch, `name` or `sources` are others."""
    file = guide.root / MADE / name
    key = digest(f"{name} {version('torch')} {sources}")
    if file.exists() and (text := file.read_text()).startswith(key):
        return text.removeprefix(key)
    made = make()
    with suppress(OSError):  # a checkout that is read only
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_text(key + made)
        new.replace(file)  # another build may read it now
    return made
