"""The atlas as data: tests/atlas/data/DEVICE/VERSION.jsonl, a line a call, without torch.

The oldest version is written whole. Each later file holds what differs from the version before it
(null: the call leaves no record any more), so that it is the difference of the two. Its last line
counts the calls, and a file without that line is none.
"""

import json
import os
import re
from itertools import pairwise
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
NEAR = 1e-5  # numbers whose relative difference is smaller are the same; half precision has a 2⁻⁷
ZERO = 6e-7  # and so are numbers that are as near to each other as float32 rounds 4
NUMBER = re.compile(r"^[+-]?(\d+\.?\d*(e[+-]?\d+)?|inf|nan)[,);]*$")
Record = dict[str, str]
Atlas = dict[str, Record]


class NotWhole(ValueError):
    """A file of the atlas that was not written to its end."""


def order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def versions(device: str = "cpu", folder: Path = FOLDER) -> list[str]:
    return sorted((path.stem for path in (folder / device).glob("*.jsonl")), key=order)


def near(old: str, new: str, limit: float = NEAR) -> bool:
    """Whether two texts are the same but for the last digits of their numbers."""
    if old == new:
        return True
    ours, theirs = old.split(), new.split()
    return len(ours) == len(theirs) and all(
        one == two or (bool(NUMBER.match(one) and NUMBER.match(two))
                       and close(one.rstrip(",);"), two.rstrip(",);"), limit))
        for one, two in zip(ours, theirs, strict=True))


def close(one: str, two: str, limit: float) -> bool:
    a, b = float(one), float(two)
    return a != b and abs(a - b) <= max(limit * max(abs(a), abs(b)), ZERO)


def same(old: Record | None, new: Record | None) -> bool:
    if not old or not new or old == new:
        return old == new
    half = any("float16" in text or "bfloat16" in text for text in old.values())
    return old.keys() == new.keys() and all(
        near(text, new[key], 2**-7 if half else NEAR) for key, text in old.items())


def lines(path: Path) -> Atlas:
    """The lines of one file; NotWhole if it was not written to its end."""
    rows = path.read_text().splitlines()
    try:
        found = {row.pop("call"): row or None for row in map(json.loads, rows[:-1])}
        whole = json.loads(rows[-1])["calls"] == len(rows) - 1 == len(found)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise NotWhole(f"{path}: not written to its end; run the atlas of this version again")
    return found


def read(version: str, device: str = "cpu", folder: Path = FOLDER) -> Atlas:
    """What every call did on a version."""
    known = versions(device, folder)
    if version not in known:
        raise SystemExit(f"no atlas of torch {version} on {device}; there are: {', '.join(known)}")
    atlas: Atlas = {}
    for one in known[:known.index(version) + 1]:
        atlas |= lines(folder / device / f"{one}.jsonl")
        atlas = {call: record for call, record in atlas.items() if record}
    return atlas


def changes(old: Atlas, new: Atlas) -> dict[str, tuple[Record | None, Record | None]]:
    """The calls whose records differ, with both."""
    return {call: (old.get(call), new.get(call)) for call in sorted({*old, *new})
            if not same(old.get(call), new.get(call))}


def write(version: str, atlas: Atlas, device: str = "cpu", folder: Path = FOLDER) -> None:
    """Enter a version, and write anew the files that build on it."""
    known = {one: read(one, device, folder) for one in versions(device, folder)} | {version: atlas}
    chain = sorted(known, key=order)
    put(folder / device / f"{chain[0]}.jsonl", known[chain[0]])
    for before, after in pairwise(chain):
        differ = changes(known[before], known[after])
        put(folder / device / f"{after}.jsonl", {call: new for call, (_, new) in differ.items()})
        known[after] = known[before] | {call: new for call, (_, new) in differ.items()}
        known[after] = {call: record for call, record in known[after].items() if record}


def put(path: Path, atlas: dict) -> None:
    """Write a file under another name first: who reads it finds all of it, or the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    rows = [json.dumps({"call": call, **(atlas[call] or {})}, ensure_ascii=False)
            for call in sorted(atlas)]
    new.write_text("\n".join([*rows, json.dumps({"calls": len(rows)})]) + "\n")
    os.replace(new, path)
