"""Are the guards' tests strict? `python -m tests.guards.mutants [commutes …]` changes each guard.

mutmut makes each mutant of a module of snippets/guards and runs that guard's own test file. What
survives is listed with its reason in mutants.toml, or printed, each as a statement on one line.
Messages are not mutated. Three tests are left out: mutmut does not find its mutants where judge is
copied into a file of tests, puts a frame of its own between a caller and a warning, and doubles the
sections whose length is counted.
"""

import ast
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tests.guide import ROOT

MODULES = sorted(path.stem for path in (ROOT / "snippets/guards").glob("*.py")
                 if (ROOT / f"tests/guards/test_{path.stem}.py").exists()
                 and path.stem != "all_guards")  # it is a test itself
CONFIG = """
[tool.mutmut]
source_paths = ["snippets/guards"]
only_mutate = ["snippets/guards/{module}.py"]
also_copy = ["conftest.py", "docs", "sitekit", "snippets"]
do_not_mutate_patterns = ["raise (Undecided|AssertionError)", '^\\s*f?"']
pytest_add_cli_args = ["-n", "0", "-p", "no:cacheprovider",
    "-k", "not stands_in_the_test_file and not name_the_line_of_the_caller and not is_short"]
pytest_add_cli_args_test_selection = ["tests/guards/test_{module}.py", "test_awkward.py"]
"""
CONFTEST = """
import pytest, torch

@pytest.fixture
def device():
    return "cpu"

@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    torch.set_warn_always(True)
"""
AWKWARD = """
import pytest
from tests.awkward import LeftOut, verdicts
from tests.guards.test_{module} import AWKWARD

@pytest.mark.parametrize("case", [each for each in AWKWARD if not isinstance(each, LeftOut)])
def test_awkward(case):
    assert not [verdict for _, verdict in verdicts(case) if verdict.startswith("!")]
"""
MESSAGE = re.compile(r"""f?(["'])(?:(?!\1).)* (?:(?!\1).)*\1""")
DECORATED = re.compile(r"^@contextlib\.contextmanager\n(def (\w+)\(.*?)^(?=# --8<--)", re.M | re.S)


def reasons():
    """Read mutants.toml, as {module: [(was, becomes, reason)]}; under `every`, patterns."""
    listed = tomllib.loads((ROOT / "tests/guards/mutants.toml").read_text())
    return {module: [(entry["was"], each, entry["reason"])
                     for entry in entries for each in entry["becomes"]]
            for module, entries in listed.items()}


def prepare(folder, module):
    """Put into `folder` what mutmut needs; it leaves out what is decorated, so nothing is."""
    for name in ("docs", "sitekit", "tests"):
        (folder / name).symlink_to(ROOT / name)
    for path in sorted((ROOT / "snippets").rglob("*.py")):
        new = folder / path.relative_to(ROOT)
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(path.read_text())
    guard = folder / f"snippets/guards/{module}.py"
    guard.write_text(DECORATED.sub(r"\1\2 = contextlib.contextmanager(\2)\n", guard.read_text()))
    (folder / "test_awkward.py").write_text(AWKWARD.replace("{module}", module))
    (folder / "conftest.py").write_text(CONFTEST)
    config = (ROOT / "pyproject.toml").read_text() + CONFIG.replace("{module}", module)
    (folder / "pyproject.toml").write_text(config)


def functions(text):
    """Return the statements of each function that mutmut has made, by its name, a line each."""
    body = [each for top in ast.parse(text).body
            for each in (top.body if isinstance(top, ast.ClassDef) else [top])]
    return {each.name: ast.unparse(each).splitlines()[1:] for each in body
            if isinstance(each, ast.FunctionDef) and "__mutmut" in each.name}


def changes(text, keys):
    """For each mutant of a mutated file, the lines that are changed, as they were and become."""
    sources = functions(text)
    for mutant in (key.rpartition(".")[2] for key in keys):
        found = list(difflib.unified_diff(sources[re.sub(r"_\d+$", "_orig", mutant)],
                                          sources[mutant], n=0, lineterm=""))[2:]
        yield tuple(" ".join(line[1:].strip() for line in found if line[0] == sign)
                    for sign in "-+")


def mutants(module):
    """Run mutmut on one module; return each mutant's change, and whether a test failed.

    What a test killed in an earlier run stays so, as long as the function is the same.
    """
    kept = ROOT / f".made/mutants/{module}.json"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, module)
        made = folder / f"mutants/snippets/guards/{module}.py"
        made.parent.mkdir(parents=True)
        results = Path(f"{made}.meta")
        if kept.exists():
            results.write_text(
                re.sub(r": (0|33)(?=,?$)", ": null", kept.read_text(), flags=re.M))
        done = subprocess.run(
            [sys.executable, "-m", "mutmut", "run"], cwd=folder, text=True, capture_output=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
        codes = json.loads(results.read_text())["exit_code_by_key"]
        if not codes or None in codes.values():
            sys.exit(f"{module}: mutmut ends early\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(results.read_text())
        found = zip(changes(made.read_text(), codes), codes.values(), strict=True)
        return [(was, becomes, code not in (0, 33)) for (was, becomes), code in found
                if MESSAGE.sub("", was) != MESSAGE.sub("", becomes)]


def main():
    """Print for each module its mutants, those killed, explained and left."""
    known, failed = reasons(), False
    print(f"{'module':24}mutants  killed  explained  left")
    for module in sys.argv[1:] or MODULES:
        found, listed = mutants(module), known.get(module, [])
        alive = [(was, becomes) for was, becomes, killed in found if not killed]
        left = [(was, becomes) for was, becomes in alive
                if not any((was, becomes) == each[:2] for each in listed)
                and not any(re.sub(old, new, was) == becomes for old, new, _ in known["every"])]
        print(f"{module:24}{len(found):7}{len(found) - len(alive):8}"
              f"{len(alive) - len(left):11}{len(left):6}", flush=True)
        for was, becomes in left:
            print(f"  - {was}\n  + {becomes}")
        stale = [each for each in listed if each[:2] not in alive]
        for was, becomes, _ in stale:
            print(f"  explained, but killed:\n  - {was}\n  + {becomes}")
        failed |= bool(left or stale)
    sys.exit(failed)


if __name__ == "__main__":
    main()
