"""`python -m tests.atlas.run`: call everything on the torch of this Python, and write the atlas.

A process of its own makes the calls and keeps a journal. Where a call ends it, the call is named
and the next process goes on behind it; a run that was killed goes on where its journal ends.
"""

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import compare, data

ROOT = Path(__file__).resolve().parents[2]


def read(journal: Path) -> list[dict]:
    """The whole lines of a journal; what a killed process left half is no line."""
    text = journal.read_text() if journal.exists() else ""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def child(journal: Path, device: str, only: str) -> None:
    """Make the calls that the journal lacks; torch is imported here alone."""
    import torch

    torch.set_num_threads(1)
    torch.set_warn_always(True)
    torch.set_default_device(device)
    from . import calls, see

    seen = {row["call"] for row in read(journal) if "begin" not in row}
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with open(os.devnull, "w") as nowhere:  # what C++ prints
        os.dup2(nowhere.fileno(), 2)
    with journal.open("a") as file:
        for call in calls.calls():
            if call in seen or not re.search(only, call):
                continue
            print(json.dumps({"call": call, "begin": 1}), file=file, flush=True)
            record = see.see(call, form=call not in calls.LINES)
            print(json.dumps({"call": call, **record}), file=file, flush=True)


def run(journal: Path, device: str, only: str = "", command: tuple[str, ...] = ()) -> int:
    """Let processes make the calls; how many they were."""
    for number in range(1, 200):
        cut = journal.read_bytes() if journal.exists() else b""
        journal.write_bytes(cut[:cut.rfind(b"\n") + 1])
        code = subprocess.run([*(command or (sys.executable, "-m", "tests.atlas.run")), "--child",
                               journal, "--device", device, "--only", only], cwd=ROOT).returncode
        if code == 0:
            return number
        rows = read(journal)
        if code > 0 or not rows or "begin" not in rows[-1]:
            raise SystemExit(f"the process ended with {code}, and not in a call; run it again")
        call, name = rows[-1]["call"], signal.Signals(-code).name
        print(f"{call}: ended the process ({name})", flush=True)
        with journal.open("a") as file:
            print(json.dumps({"call": call, "error": f"ended the process: {name}"}), file=file)
    raise SystemExit("too many calls end the process")


def make(version: str, device: str, only: str) -> None:
    """The atlas of the torch that runs, written where all calls were made."""
    start, folder = time.monotonic(), ROOT / ".made/atlas"
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / f"{device}-{version}{'-part' if only else ''}.jsonl"
    processes = run(journal, device, only)
    rows = {row.pop("call"): row for row in read(journal) if "begin" not in row}
    found = {call: row for call, row in rows.items() if row}
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"torch {version} on {device}: {len(found)} records of {len(rows)} calls in {processes} "
          f"processes, {time.monotonic() - start:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s "
          f"of a core, {usage.ru_maxrss / 2**20:.1f} GiB")
    if only and version in data.versions(device):
        kept = data.read(version, device)
        found |= {call: kept[call] for call in kept if not re.search(only, call)}
    if not only or version in data.versions(device):
        data.write(version, found, device)
    journal.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="make only the calls that match, and keep the others")
    parser.add_argument("--against", metavar="VERSION",
                        help="make the atlas where there is none, and compare it with this one")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments.child, arguments.device, arguments.only)
    version = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.__version__)"], check=True,
        capture_output=True, text=True).stdout.partition("+")[0].strip()
    if not arguments.against or version not in data.versions(arguments.device):
        make(version, arguments.device, arguments.only)
    if arguments.against:
        atlases = (data.read(one, arguments.device) for one in (arguments.against, version))
        print("\n".join(compare.report(*atlases)))
    return None


if __name__ == "__main__":
    main()
