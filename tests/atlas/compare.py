"""`python -m tests.atlas.compare 2.13.0 2.15.0`: what changed silently, then what raises now.

It reads the data alone, without torch.
"""

import argparse
import re
from collections.abc import Callable

from . import data
from .data import Record

OLD_AND_NEW = Callable[[Record, Record], bool]


def differ(*keys: str) -> OLD_AND_NEW:
    return lambda old, new: any(not data.same({key: old.get(key, "")}, {key: new.get(key, "")})
                                for key in keys)


def kind(record: Record) -> str:
    """The type of the error that the call raises, or its backward."""
    text = record.get("error", record.get("grad", ""))
    found = re.match(r"(\w+(?:Error|Exception)|ended the process):", text)
    return found[1] if found else ""


def warnings(record: Record) -> set[str]:
    """The kinds of warning; other words are no new warning."""
    return {one.partition(":")[0] for one in record.get("warns", "").split(" | ")} - {""}


KINDS: dict[str, OLD_AND_NEW] = {  # in the order in which they are printed; the first that fits
    "only new": lambda old, new: not old,
    "gone, or the arguments no longer fit": lambda old, new: not new,
    "signature": lambda old, new: "signature" in old | new,
    "raises now": lambda old, new: not kind(old) and bool(kind(new)),
    "raises no longer": lambda old, new: bool(kind(old)) and not kind(new),
    "raises another type": lambda old, new: kind(old) != kind(new),
    "other words": lambda old, new: bool(kind(old)),
    "warns now": lambda old, new: bool(warnings(new) - warnings(old)),
    "noise": lambda old, new: "noise" in old or "noise" in new,
    "other numbers of the same seed": lambda old, new: "draws" in old or "draws" in new,
    "silent: value": differ("value", "writes"),
    "silent: gradient": differ("grad"),
    "warns no longer": lambda old, new: True,
}
PRINTED = ["silent: gradient", "silent: value", "other numbers of the same seed",
           "raises no longer",
           "signature", "raises now", "raises another type", "gone, or the arguments no longer fit",
           "warns now", "warns no longer", "only new", "other words"]


def name_of(call: str) -> str:
    """The function that a call is about."""
    found = re.search(r"(?:torch|F|nn|linalg|fft|special|optim|lr_scheduler|distributions|Tensor"
                      r"|attention)\.[\w.]*\w", call)
    return found[0] if found else call


def sorted_changes(old: data.Atlas, new: data.Atlas) -> dict[str, dict[str, list[str]]]:
    """The calls that changed, by the kind of change and the function."""
    found: dict[str, dict[str, list[str]]] = {}
    for call, (before, after) in data.changes(old, new).items():
        fits = next(name for name, rule in KINDS.items() if rule(before or {}, after or {}))
        found.setdefault(fits, {}).setdefault(name_of(call), []).append(call)
    return found


def text(record: Record | None, other: Record | None) -> str:
    """The parts of a record that the other lacks."""
    record, other = record or {}, other or {}
    return "; ".join(f"{key} {value}" if key != "value" else value for key, value in record.items()
                     if not data.same({key: value}, {key: other.get(key, "")})) or "–"


def report(old: data.Atlas, new: data.Atlas, calls: int = 1) -> list[str]:
    """The lines that are printed: each function, how often, and its first calls."""
    found, said = sorted_changes(old, new), []
    for change in PRINTED:
        functions = found.get(change, {})
        total = sum(map(len, functions.values()))
        said.append(f"== {change}: {len(functions)} functions, {total} calls")
        if change == "other words" and calls == 1:
            said.append("   (--calls 2 prints them)")
            continue
        for name, changed in sorted(functions.items()):
            said.append(f"{name} ({len(changed)})")
            for call in sorted(changed, key=len)[:calls]:
                before, after = old.get(call), new.get(call)
                said += [f"    {call}", f"      - {text(before, after)[:240]}",
                         f"      + {text(after, before)[:240]}"]
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--calls", type=int, default=1, help="of each function (1)")
    arguments = parser.parse_args()
    old, new = (data.read(version, arguments.device) for version in (arguments.old, arguments.new))
    print("\n".join(report(old, new, arguments.calls)))


if __name__ == "__main__":
    main()
