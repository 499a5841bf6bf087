"""Who says what is wrong: each command, in one line, with a status that is not zero."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from sitekit.publish.changes import enter, moved
from sitekit.read.place import GuideError
from tests.guide import ROOT

from .conftest import assert_refused, assert_says

SESSION = "```pycon\n>>> 1\n1\n```\n"
MANY = [("mkdocs", "build", "--strict"), ("pytest", "docs"), ("sitekit.run.record",),
        ("sitekit.run.accept",), ("sitekit.run.mutants",), ("sitekit.publish.changes",)]


@pytest.mark.parametrize("command", MANY, ids=lambda command: command[0])
def test_a_page_that_cannot_be_read(project, command):
    project.page("```pycon\n1\n```\n")
    if command[0] == "sitekit.publish.changes":
        project.write("docs/planted.md", "---\n- a\n---\n")
        project.write("changes.txt", "2026-01-01  gone  New\n")
        assert_refused(project.run(*command), "changes.txt:1")
    else:
        assert_refused(project.run(*command), "docs/planted.md:3", "nothing runs or compares '1'")


@pytest.mark.parametrize("command", MANY[:5], ids=lambda command: command[0])
def test_a_list_that_is_broken(project, command):
    project.page(SESSION)
    project.write("tests/environments.toml", "[[environment]")
    assert_refused(project.run(*command), "tests/environments.toml: not TOML")


@pytest.mark.parametrize("command", [("pytest",), ("sitekit.run.record",), ("sitekit.run.accept",)],
                         ids=lambda command: command[0])
@pytest.mark.parametrize(("device", "words"), [
    ("gpu", ["--device gpu", "not one of cpu, cuda, meta"]),
    ("cuda", ["--device cuda: torch sees no GPU on this machine"]),
])
def test_a_device_that_is_not_there(project, command, device, words):
    project.page(SESSION)
    assert_refused(project.run(*command, "--device", device), *words)


def test_a_page_that_is_not_there(project):
    assert_refused(project.test("--page", "planted"), "--page planted: there is no docs/planted.md")
    result = project.run("sitekit.run.record", "docs/x.md")
    assert_refused(result, "docs/x.md: there is no such file")


def test_a_page_that_fails_is_not_recorded(project):
    project.page(SESSION.replace("\n1\n", "\n2\n"))
    assert_refused(project.run("sitekit.run.record"), "not recorded: docs/planted.md:4")


def test_a_folder_that_is_not_the_guide(tmp_path):
    result = subprocess.run([sys.executable, "-m", "sitekit.run.record"], cwd=tmp_path,
                            capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == (
        f"no mkdocs.yml in {tmp_path} nor above it: this is not the guide\n")


def test_a_site_that_is_not_built(project):
    assert_refused(project.run("sitekit.publish.after", "site"), "site: there is no built site")


def test_a_checkout_that_cannot_be_written_is_built_elsewhere(project, monkeypatch):
    """As root everything can be written; so a file stands where the folder would be made."""
    project.page(SESSION + "\nUse `torch.ones(1)`.\n")
    project.write(".made", "")
    assert project.build().returncode == 0
    assert project.run("sitekit.run.record").returncode == 0


def test_pytest_passes_and_fails_as_the_page_does(project):
    project.page(SESSION + SESSION)
    result = project.test()
    assert result.returncode == 0, result.stdout
    assert_says(result.stdout, "2 passed")
    project.page(SESSION + SESSION.replace("\n1\n", "\n2\n"))
    result = project.test()
    assert result.returncode == 1
    assert_says(result.stdout, "1 failed, 1 passed")
    assert_says(result.stdout, "docs/planted.md:8")


def test_pytest_lists_what_does_not_run_and_who_runs_the_rest(project):
    project.page(SESSION + '```pycon title="torch < 2.12"\n>>> 1\n2\n```\n')
    project.write("tests/exclusions.toml", """
        [[exclusion]]
        file = "docs/planted.md"
        source = "x = 1"
        device = "cpu"
        reason = "planted"
        """)
    result = project.test()
    assert result.returncode == 0, result.stdout
    assert_says(result.stdout, "docs/planted.md: x = 1: planted")
    assert_says(result.stdout, "outputs under `torch < 2.12` run by: make test TORCH=2.11.0")


# --- changes ------------------------------------------------------------------------------


def test_a_new_page_is_entered_once(project):
    project.write("CITATION.cff", "date-released: 2020-01-01\n")
    project.page(SESSION)
    lines = enter(project.guide)
    assert [re.sub(r"^\S+", "", line) for line in lines] == ["  index.md  New", "  planted.md  New"]
    assert enter(project.guide) == []
    assert "2020" not in (project.root / "CITATION.cff").read_text()
    assert project.refusal() == ""


def test_a_page_that_is_renamed_keeps_its_address(project):
    project.page(SESSION)
    enter(project.guide)
    (project.root / "docs/planted.md").rename(project.root / "docs/other.md")
    assert_says(project.refusal(), "planted.md was there once", "make moved OLD=planted NEW=")
    assert [line[12:] for line in moved(project.guide, "planted", "other")] == [
        "planted.md  Moved to other.md"]
    assert project.refusal() == ""
    project.site().finish()
    old = (project.root / "site/planted/index.html").read_text()
    assert re.search(r'http-equiv="refresh" content="0; url=(.+?)"', old)[1] == "../other/"


@pytest.mark.parametrize(("old", "new", "words"), [
    ("planted", "index", "docs/planted.md: it is still there"),
    ("never", "index", "there never was a page never.md"),
    ("gone", "absent", "docs/absent.md: there is no such page"),
])
def test_a_move_that_is_none(project, old, new, words):
    project.page(SESSION)
    project.write("changes.txt", "2026-01-01  planted.md  New\n2026-01-01  gone.md  New\n")
    before = (project.root / "changes.txt").read_text()
    with pytest.raises(GuideError, match=words):
        moved(project.guide, old, new)
    assert (project.root / "changes.txt").read_text() == before


# --- make, without git, without a browser, with another Python ---------------------------


def make(*arguments, cwd=ROOT, **environment):
    """Make, without what the make that runs these tests exports."""
    outer = {name: value for name, value in os.environ.items()
             if name not in ("MAKEFLAGS", "MAKELEVEL", "SOURCE_DATE_EPOCH")}
    return subprocess.run(["make", *arguments], cwd=cwd, capture_output=True, text=True,
                          env=outer | environment)


def test_without_git_the_build_has_a_date(project):
    """From a tarball: the date of the last change in place of that of the last commit."""
    (project.root / "Makefile").write_text((ROOT / "Makefile").read_text())
    project.write("changes.txt", "2026-01-02  index.md  New\n")
    result = make("-pn", "help", cwd=project.root, GIT_DIR=str(project.root / "none"))
    (epoch,) = re.findall(r"^SOURCE_DATE_EPOCH :?= (.*)$", result.stdout, re.MULTILINE)
    assert epoch == "1767312000"


def test_another_python_is_refused_before_anything_is_installed(project):
    (project.root / "Makefile").write_text((ROOT / "Makefile").read_text())
    project.write("requirements.txt", "")
    project.write("python3.10", "#!/bin/sh\nexit 1\n")
    (project.root / "python3.10").chmod(0o755)
    result = make("build", "PYTHON=./python3.10", cwd=project.root)
    assert result.returncode != 0
    assert_says(result.stderr, "./python3.10 is not Python 3.11 or later", "make PYTHON=")


@pytest.mark.parametrize("target", ["test-browser", "bench", "screenshots"])
def test_without_a_browser_the_targets_that_need_one_say_so(project, target):
    (project.root / "Makefile").write_text((ROOT / "Makefile").read_text())
    for stamp in (".venv/installed", ".venv/browser"):
        project.write(stamp, "")
    project.write("requirements.txt", "")
    result = make(target, "-o", ".venv/installed", "-o", ".venv/browser", "-o", "build",
                  cwd=project.root, CHROMIUM="/absent")
    assert result.returncode != 0
    assert_says(result.stderr + result.stdout, "/absent: no Chromium", "apt-get install chromium")


@pytest.mark.parametrize("target", ["page", "moved"])
def test_a_target_without_its_argument_says_so(target):
    result = make(target, "-o", ".venv/installed")
    assert result.returncode != 0
    assert_says(result.stderr + result.stdout, "=shapes/squeeze")


def test_the_targets_run_tests_that_are_there():
    """pytest ends with an error, and runs nothing, where one of its paths is absent."""
    recipes = re.findall(r"^\t(?:.*\\\n)*.*$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    paths = [path for recipe in recipes
             for path in re.findall(r"\s((?:docs|tests)/[\w/.-]+)", recipe)]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


# --- the workflows ------------------------------------------------------------------------


def test_the_workflows_run_each_environment_and_both_builders_to_come(guide):
    texts = {file.name: file.read_text() for file in (ROOT / ".github/workflows").glob("*.yml")}
    for text in texts.values():
        assert yaml.safe_load(text)
    everything = "\n".join(texts.values())
    for environment in guide.environments[1:]:
        for word in environment.command.split():
            version = word.rpartition("=")[2].removeprefix("python")
            assert "=" not in word or version in everything, environment
    assert "properdocs build --strict" in everything
    assert "zensical build" in everything


def test_the_first_environment_is_the_one_that_is_pinned(guide):
    assert f"torch=={guide.environments[0].torch}" in guide.text("requirements.txt").splitlines()
