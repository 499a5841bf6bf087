"""`pytest` runs the examples of every page, on the device that it is told."""

import json
import re
import tomllib

import pytest
import torch
from sybil import Sybil
from sybil.integration.pytest import SybilItem

from sitekit import harness
from sitekit.reading import ROOT, relative

SETTINGS = pytest.StashKey[harness.Settings]()
COLLECT = pytest.StashKey()
EXCLUSIONS = pytest.StashKey[list]()
RAN = pytest.StashKey[dict]()


def pytest_addoption(parser):
    parser.addoption("--device", default="cpu", metavar="cpu|cuda|meta",
                     help="the default device of every example (default: cpu)")
    parser.addoption("--ran", metavar="FILE",
                     help="write the digest of each block that ran, by page, and whether it passed")


def pytest_configure(config):
    try:
        settings = harness.Settings(config.getoption("--device"))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    listed = tomllib.loads((ROOT / "tests/exclusions.toml").read_text())
    harness.PageDocument.device = settings.device
    config.stash[SETTINGS] = settings
    config.stash[EXCLUSIONS] = listed.get("exclusion", [])
    config.stash[RAN] = {}
    config.stash[COLLECT] = Sybil(
        parsers=[], path=str(ROOT), patterns=["*.md", "*.py"],
        document_types={".md": harness.PageDocument, ".py": harness.DocstringDocument},
        setup=settings.setup, teardown=settings.teardown).pytest()


def pytest_collect_file(file_path, parent):
    place = relative(file_path)
    if place == "README.md" or re.fullmatch(r"docs/.+\.md|snippets/.+\.py", place):
        return parent.config.stash[COLLECT](file_path, parent)
    return None


def pytest_ignore_collect(collection_path, config):
    """Test the machinery of the site on the CPU only: no device changes it."""
    if config.stash[SETTINGS].device != "cpu" and relative(collection_path) == "tests/site":
        return True
    return None


def pytest_collection_modifyitems(config, items):
    """Take out what tests/exclusions.toml names for this device."""
    tasks = [(item, item.example.parsed) for item in items if isinstance(item, SybilItem)]
    collected = {task.page.path for _, task in tasks}
    excluded = []
    for entry in config.stash[EXCLUSIONS]:
        if entry["device"] != config.stash[SETTINGS].device or entry["page"] not in collected:
            continue
        found = [item for item, task in tasks if task.page.path == entry["page"]
                 and task.step.source.strip() == entry["source"].strip()]
        if not found:
            raise pytest.UsageError(
                f"tests/exclusions.toml: {entry['page']} has no {entry['source']!r}")
        excluded += found
    config.hook.pytest_deselected(items=excluded)
    items[:] = [item for item in items if item not in excluded]


def pytest_runtest_setup(item):
    """Seed each test, whatever ran before it; a page is seeded once, by its document."""
    if not isinstance(item, SybilItem):
        torch.manual_seed(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if isinstance(item, SybilItem) and call.when == "call":
        task = item.example.parsed
        ran = item.config.stash[RAN].setdefault(task.page.path, {})
        ran[task.digest] = ran.get(task.digest, True) and report.passed
    return report


def pytest_sessionfinish(session):
    if file := session.config.getoption("--ran"):
        with open(file, "w") as out:
            json.dump(session.config.stash[RAN], out)


def pytest_terminal_summary(terminalreporter, config):
    device = config.stash[SETTINGS].device
    if device != "cpu":
        terminalreporter.write_line("tests/site: not run, no device changes it")
    listed = [e for e in config.stash[EXCLUSIONS] if e["device"] == device]
    terminalreporter.write_line(f"examples not run on {device}: {len(listed)}")
    for entry in listed:
        terminalreporter.write_line(
            f"  {entry['page']}: {entry['source'].strip()}: {entry['reason']}")


@pytest.fixture
def device(pytestconfig):
    """The device of this run, for the tests in tests/."""
    return pytestconfig.stash[SETTINGS].device
