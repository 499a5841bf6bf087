"""`pytest` runs the examples of every page, on the device that it is told.

`pytest --page shapes/squeeze` runs all that the suite asks of one page, and nothing else.
"""

import gc
import os
import re
from pathlib import Path

from sitekit.run import server

if "PYTEST_XDIST_WORKER" not in os.environ:
    server.start()  # it imports torch while this process does

import hypothesis
import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem

from sitekit.read.environment import meeting
from sitekit.read.guide import Guide, page_path
from sitekit.read.place import GuideError
from sitekit.read.stems import stem_of
from sitekit.run.collect import Documents
from sitekit.run.lines import unexecuted
from sitekit.run.measure import Measure
from sitekit.run.runs import Runs, here
from sitekit.run.task import missing

RUNS = pytest.StashKey[Runs]()
COLLECT = pytest.StashKey()
MEASURES = pytest.StashKey[dict[str, Measure | None]]()
LINES = pytest.StashKey[bool]()  # whether it is asked which lines run
PAGES = "tests/pages"  # what is asked of each page
MACHINERY = ("tests/site", PAGES)  # no device changes it


class Replay:
    """Torch's generator, for hypothesis: an example that is tried again draws the same."""

    def seed(self, number):
        import torch

        torch.manual_seed(number)

    def getstate(self):
        import torch

        return torch.get_rng_state()

    def setstate(self, state):
        import torch

        torch.set_rng_state(state)


REPLAY = Replay()  # hypothesis holds it weakly
hypothesis.register_random(REPLAY)
hypothesis.settings.register_profile("guide", max_examples=50)  # half of its own: CI has 30 minutes
hypothesis.settings.load_profile("guide")


def pytest_addoption(parser):
    parser.addoption("--device", default="cpu", metavar="cpu|cuda|meta",
                     help="the default device of every example (default: cpu)")
    parser.addoption("--page", metavar="shapes/squeeze",
                     help="run all that is asked of this page, and nothing else")


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        server.use(config.workerinput["server"])
    try:
        environment = here(config.getoption("--device"))
        guide = Guide(config.rootpath)
        if (page := config.getoption("--page")) and not guide.exists(page_path(page)):
            raise GuideError(f"--page {page}: there is no {page_path(page)}")
        _ = guide.exclusions, guide.environments
    except (GuideError, ValueError) as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[RUNS] = Runs(guide, environment, anew=True)
    config.stash[MEASURES] = {}
    config.stash[COLLECT] = Sybil(
        parsers=[], path=str(config.rootpath), patterns=["*.md", "*.py"],
        document_types=dict.fromkeys([".md", ".py"], Documents(config.stash[RUNS]))).pytest()


# --- what is collected ----------------------------------------------------------


def place_of(path, config) -> str:
    return config.stash[RUNS].guide.path_of(Path(path))


def pytest_collect_file(file_path, parent):
    if re.fullmatch(r"README\.md|docs/.+\.md|snippets/.+\.py", place_of(file_path, parent.config)):
        return parent.config.stash[COLLECT](file_path, parent)
    return None


def pytest_ignore_collect(collection_path, config):
    """Leave out the browser's tests, on a GPU the machinery, and with --page all other pages."""
    place = place_of(collection_path, config)
    if (place == "tests/browser" and place not in config.args) or (
            config.stash[RUNS].environment.device != "cpu" and place in MACHINERY):
        return True
    guide, twin = config.stash[RUNS].guide, f"docs/{stem_of(place)}.md"
    if place.startswith("tests/") and guide.exists(twin) and missing(guide, twin):
        return True
    if (page := config.getoption("--page")) and collection_path.is_file():
        wanted = stem_of(page_path(page)).replace("_", "-")
        return stem_of(place) != wanted and not place.startswith(PAGES)
    return True if page and place == "tests/site" else None


def scope_of(nodeid: str) -> str:
    """What a worker runs in one piece: all that is of one page, all that reads the built site."""
    file, _, rest = nodeid.partition("::")
    if file.startswith("tests/site/built/"):
        return "tests/site/built"
    if file.startswith("tests/site/"):
        return nodeid
    if file.startswith(PAGES) and (found := re.search(r"\[docs/([^:\]]+)\.md", rest)):
        return found[1]
    return stem_of(file) or file


def pytest_collection_modifyitems(config, items):
    """What is asked of each page comes last: it looks at what the page's own tests ran."""
    items.sort(key=lambda item: (not item.get_closest_marker("long"),
                                 not item.nodeid.startswith("tests/site/"),
                                 item.nodeid.startswith(PAGES)))
    files = {item.nodeid.partition("::")[0] for item in items}
    config.stash[RUNS].claims = f"{PAGES}/test_claims.py" in files
    config.stash[LINES] = f"{PAGES}/test_lines.py" in files


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Let the workers fork from the one process that has imported torch."""
    node.workerinput["server"] = server.known()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class ByPage(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return scope_of(nodeid)

    config.option.loadscopereorder = False  # what takes long stands first already
    return ByPage(config, log)


def pytest_collection_finish():
    """What is collected lives to the end: no test should wait while it is searched for garbage."""
    gc.freeze()


# --- what runs ------------------------------------------------------------------


def pytest_runtest_setup(item):
    """Seed each test and let torch warn anew; a page is seeded once, in its own process."""
    if not isinstance(item, SybilItem):
        import torch

        REPLAY.seed(0)
        torch.set_warn_always(True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Measure which lines of the snippets the tests of a page run."""
    place = place_of(item.path, item.config)
    stem = "" if isinstance(item, SybilItem) else stem_of(place)
    measures = item.config.stash[MEASURES]
    if stem and stem not in measures:
        measures[stem] = measure(item.config, stem)
    if stem and measures[stem]:
        with measures[stem]:
            return (yield)
    return (yield)


def measure(config, stem):
    """What measures the tests of a page, where its examples leave lines for them to run."""
    runs = config.stash[RUNS]
    for path in runs.guide.paths if config.stash[LINES] else ():
        if stem_of(path) == stem and unexecuted(runs, path):
            return Measure(config.rootpath, processes=False)
    return None


def pytest_terminal_summary(terminalreporter, config):
    runs, page = config.stash[RUNS], config.getoption("--page")
    device, write = runs.environment.device, terminalreporter.write_line
    for path in runs.guide.paths:
        if names := missing(runs.guide, path):
            write(f"not run here: {path} needs {', '.join(names)} "
                  "(libraries: pip install -r requirements-libraries.txt)")
    if page:
        for line in what_a_page_may_have(runs.guide, page_path(page)):
            write(line)
        return
    if device != "cpu":
        write(f"{', '.join(MACHINERY)}: not run, no device changes them")
    listed = [e for e in runs.guide.exclusions if e.device == device]
    write(f"not run on {device}: {len(listed)}")
    for entry in listed:
        write(f"  {entry.file}: {entry.source.strip()}: {entry.reason}")
    conditions = sorted({example.condition for page in runs.guide.pages_read()
                         for example in page.examples if example.condition})
    for condition in conditions:
        where = ", ".join(e.command for e in meeting(condition, runs.guide.environments))
        write(f"  outputs under `{condition}` run by: {where}")


def what_a_page_may_have(guide, path):
    """The files of a page that there are, and what the others would hold."""
    inside = path.removeprefix("docs/").removesuffix(".md").replace("-", "_")
    folder, slash, stem = inside.rpartition("/")
    folder += slash
    files = {
        path: "the text, and sessions with their output",
        f"snippets/{folder}{stem}.py": "definitions to take home, each between section markers",
        f"snippets/{folder}wrong_{stem}.py": "wrong versions, each named for what is wrong",
        f"tests/{folder}test_{stem}.py": "what the examples do not prove",
        f"tests/{folder}{stem}.toml": "claims, each with the edit that makes it false",
    }
    for file, holds in files.items():
        yield f"{file}: {'there' if guide.exists(file) else f'not there; it would hold {holds}'}"


# --- what tests ask for ---------------------------------------------------------


@pytest.fixture
def device(pytestconfig):
    """The device of this run, for the tests in tests/."""
    return pytestconfig.stash[RUNS].environment.device


@pytest.fixture(scope="session")
def runs(pytestconfig):
    """Return the runs of this session, of which each file has one."""
    return pytestconfig.stash[RUNS]


@pytest.fixture(scope="session")
def measured(pytestconfig):
    """Return what tells which lines the tests of a page have run, by the page's stem."""
    measures = pytestconfig.stash[MEASURES]
    return lambda stem: measures[stem].lines if measures.get(stem) else {}


@pytest.fixture(scope="session")
def guide(runs):
    """Return the guide that is tested."""
    return runs.guide
