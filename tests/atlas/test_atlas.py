"""The atlas is whole, a change of one value is noticed, and a run goes on where it was ended."""

import json
import sys
import time

import pytest
import torch

from tests.atlas import compare, data, run

VERSIONS = data.versions()
PINNED = torch.__version__.partition("+")[0]


def test_it_has_the_torch_that_the_pages_are_written_for_and_five_others():
    assert "2.13.0" in VERSIONS
    assert len(VERSIONS) >= 6


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_whole(version):
    found = data.read(version)
    assert len(found) > 20_000
    for call, record in found.items():
        assert record.keys() <= {"value", "writes", "grad", "error", "warns", "signature", "noise",
                                 "draws"}, call


def test_it_is_below_eight_megabytes():
    assert sum(path.stat().st_size for path in data.FOLDER.rglob("*.jsonl")) < 8_000_000


def test_two_versions_are_compared_in_five_seconds():
    start = time.process_time()
    assert compare.report(data.read(VERSIONS[0]), data.read(VERSIONS[-1]))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(("call", "key", "planted", "kind"), [
    ("torch.clamp(kinks, min=0)", "grad", "kinks float32[7] 0 0 3 4 5 6 7.001", "silent: gradient"),
    ("torch.clamp(kinks, min=0)", "value", "float32[7] 0 0 0 0 0.5 1 4", "silent: value"),
    ("torch.clamp(kinks, min=0)", "value", "float64[7] 0 0 -0 0 0.5 1 3", "silent: value"),
    ("torch.clamp(kinks, min=0)", "error", "TypeError: no", "raises now"),
    ("torch.clamp(kinks, min=0)", "warns", "UserWarning: no", "warns now"),
    ("torch.rand(3)", "value", "float32[3] 0.25 0.5 0.75", "other numbers of the same seed"),
])
def test_a_planted_change_is_noticed(call, key, planted, kind):
    old = data.read("2.13.0")
    new = old | {call: old[call] | {key: planted}}
    assert new[call] != old[call]
    assert compare.sorted_changes(old, new) == {kind: {compare.name_of(call): [call]}}


def test_the_last_digits_are_no_change():
    assert data.same({"value": "float32[2] 0.333333 1e-30"}, {"value": "float32[2] 0.333334 1e-30"})
    assert not data.same({"value": "float32[1] 0.333"}, {"value": "float32[1] 0.334"})
    assert not data.same({"value": "float32[1] 1"}, {"value": "float32[1] 0"})
    assert not data.same({"value": "float32[1] -0"}, {"value": "float32[1] 0"})
    assert not data.same({"value": "float32[1] nan"}, {"value": "float32[1] 0"})


def test_versions_that_are_written_are_read_again(tmp_path):
    one, two = {"f(x)": {"value": "1"}, "g(x)": {"value": "2"}}, {"f(x)": {"value": "3"}}
    three = {"f(x)": {"value": "3"}, "g(x)": {"error": "TypeError: no"}}
    for version, atlas in [("2.10.0", two), ("2.9.1", one), ("2.11.0", three)]:
        data.write(version, atlas, folder=tmp_path)
    assert data.versions(folder=tmp_path) == ["2.9.1", "2.10.0", "2.11.0"]
    for version, atlas in [("2.9.1", one), ("2.10.0", two), ("2.11.0", three)]:
        assert data.read(version, folder=tmp_path) == atlas


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_file_that_is_half_written_is_not_read(tmp_path, cut):
    data.write("2.9.1", {"f(x)": {"value": "1"}, "g(x)": {"value": "2"}}, folder=tmp_path)
    file = tmp_path / "cpu/2.9.1.jsonl"
    file.write_text(file.read_text()[:-1 - cut])
    with pytest.raises(data.NotWhole, match=r"2\.9\.1"):
        data.read("2.9.1", folder=tmp_path)


CHILD = """
import json, os, signal, sys
from pathlib import Path
journal = Path(sys.argv[2])
rows = [json.loads(line) for line in journal.read_text().splitlines()]
seen = {row["call"] for row in rows if "begin" not in row}
for call in ["one", "two", "three"]:
    if call in seen:
        continue
    with journal.open("a") as file:
        print(json.dumps({"call": call, "begin": 1}), file=file)
    if call == "two":
        os.kill(os.getpid(), signal.SIGSEGV)
    with journal.open("a") as file:
        print(json.dumps({"call": call, "value": str(len(rows))}), file=file)
"""


def test_a_call_that_ends_the_process_is_named_and_the_rest_goes_on(tmp_path, capsys):
    journal = tmp_path / "journal"
    assert run.run(journal, "cpu", command=(sys.executable, "-c", CHILD)) == 2
    assert "two: ended the process (SIGSEGV)" in capsys.readouterr().out
    rows = {row["call"]: row for row in run.read(journal) if "begin" not in row}
    assert list(rows) == ["one", "two", "three"]
    assert rows["two"]["error"] == "ended the process: SIGSEGV"


def test_a_run_that_was_killed_goes_on_where_its_journal_ends(tmp_path):
    journal = tmp_path / "journal"
    kept = json.dumps({"call": "one", "value": "kept"}) + "\n" + json.dumps(
        {"call": "two", "value": "kept"}) + "\n"
    journal.write_text(kept + '{"call": "three", "val')
    run.run(journal, "cpu", command=(sys.executable, "-c", CHILD))
    assert journal.read_text().startswith(kept + '{"call": "three", "begin"')
    done = [row["call"] for row in run.read(journal) if "begin" not in row]
    assert done == ["one", "two", "three"]


@pytest.mark.skipif(PINNED not in VERSIONS, reason=f"no atlas of torch {PINNED}")
def test_torch_does_what_its_atlas_says(pytestconfig):
    from tests.atlas import calls, see

    if pytestconfig.getoption("--device") != "cpu":
        pytest.skip("the inputs of this test are on the CPU")
    known, lines = data.read(PINNED), [line for line in calls.LINES if line.startswith("torch.")]
    for call in lines[::4]:
        found = see.see(call)
        if "noise" not in found and "draws" not in found:
            assert data.same(known.get(call), found), (call, known.get(call), found)


def test_each_line_is_a_call_and_stands_once():
    from tests.atlas import calls

    assert len(calls.LINES) == len(set(calls.LINES))
    for line in calls.LINES:
        compile(line, line, "eval")


def test_compare_prints_what_is_silent_first():
    said = compare.report(data.read("2.13.0"), data.read("2.15.0"))
    heads = [line for line in said if line.startswith("==")]
    assert heads[0].startswith("== silent: gradient")
    assert any("torch.clamp(" in line for line in said[:said.index(heads[1])])


def test_an_unknown_version_is_named():
    with pytest.raises(SystemExit, match=r"no atlas of torch 1\.0\.0 on cpu; .*2\.13\.0"):
        data.read("1.0.0")
