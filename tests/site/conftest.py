"""A project of its own for each test: the machinery of the site around planted pages."""

import logging
import shutil
from functools import cache
from pathlib import Path
from textwrap import dedent

import markdown
import pytest
from bs4 import BeautifulSoup
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort

from sitekit.build.config import EXTENSION
from sitekit.read.guide import Guide
from sitekit.read.place import GuideError
from sitekit.run.runs import Runs, here, run_file
from sitekit.site import Site
from tests.guide import ROOT

from .commands import Result, run

MACHINERY = ["conftest.py", "mkdocs.yml", "pyproject.toml"]


class Project:
    """A checkout with docs/ and snippets/ of its own, which the machinery of ours reads."""

    def __init__(self, root: Path):
        self.root = root

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))

    def page(self, text: str, name: str = "planted") -> None:
        self.write(f"docs/{name}.md", f"# {name} {{#{name}}}\n\n" + dedent(text))

    # --- in this process --------------------------------------------------------

    @property
    def guide(self) -> Guide:
        """The project as it is now."""
        return Guide(self.root)

    def site(self, to: str = "site") -> Site:
        config = load_config(str(self.root / "mkdocs.yml"), site_dir=str(self.root / to),
                             strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        return Site(config)

    def html(self, name: str = "planted") -> str:
        """A page as it is built, alone."""
        site = self.site()
        site.make(f"{name}.md")
        return html_of(self.root / "site", f"docs/{name}.md").read_text()

    def convert(self, name: str = "planted") -> str:
        """The HTML that the Markdown of a page becomes, with the extensions of mkdocs.yml."""
        path, config = f"docs/{name}.md", configuration()
        given = {EXTENSION: {"guide": self.guide, "path": path}}
        return markdown.Markdown(extensions=config.markdown_extensions,
                                 extension_configs=config.mdx_configs | given).convert(
            self.guide.page(path).source)

    def problems(self, path: str = "docs/planted.md", device: str = "cpu") -> list[str]:
        """What is wrong with the outputs of a file, run now."""
        return run_file(self.guide, path, here(device)).problems

    def runs(self, **options) -> Runs:
        return Runs(self.guide, here(), **options)

    def refusal(self) -> str:
        """Why the project is refused, by whoever reads or builds it; empty where it is not."""
        try:
            _ = self.guide.pages
        except GuideError as error:
            return str(error)
        warnings: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: warnings.append(record.getMessage())
        logging.getLogger("mkdocs").addHandler(handler)
        try:
            self.site().finish()
        except (GuideError, Abort) as error:
            warnings.append(str(error))
        finally:
            logging.getLogger("mkdocs").removeHandler(handler)
        return "\n".join(warnings)

    # --- as a command -----------------------------------------------------------

    def run(self, *command: str, **environment: str) -> Result:
        return run(self.root, *command, **environment)

    def build(self, to: str = "site", **environment: str) -> Result:
        return self.run("mkdocs", "build", "--strict", "--site-dir", to, **environment)

    def test(self, *arguments: str) -> Result:
        return self.run("pytest", "-p", "no:cacheprovider", *(arguments or ["docs"]))


@cache
def configuration() -> MkDocsConfig:
    return load_config(str(ROOT / "mkdocs.yml"))


def html_of(site: Path, path: str) -> Path:
    """The built page of `docs/a/b.md`: `a/b/index.html`."""
    inside = site / path.removeprefix("docs/").removesuffix(".md")
    return inside.with_suffix(".html") if inside.name == "index" else inside / "index.html"


def article_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser").article


def assert_says(text: str, *words: str) -> None:
    """One line of a text holds all words."""
    assert any(all(word in line for word in words) for line in text.splitlines()), (
        f"no line with {words} in:\n{text}")


def assert_refused(result: Result, *words: str) -> None:
    """One line of the output holds all words, and the exit is not zero."""
    assert result.returncode != 0, result.stdout
    assert_says(result.stdout, *words)
    assert "Traceback" not in result.stdout, result.stdout


@pytest.fixture
def project(tmp_path):
    """Return an empty guide: a home page, no snippets."""
    for name in MACHINERY:
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "sitekit").symlink_to(ROOT / "sitekit")
    made = Project(tmp_path)
    made.write("docs/index.md", "# Start {#start}\n")
    made.write("snippets/planted.py", "")
    made.write("changes.txt", "")
    made.write("tests/environments.toml", (ROOT / "tests/environments.toml").read_text())
    return made


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Return the folder of the guide itself, built. What reads it is in built/: one worker's."""
    folder = tmp_path_factory.mktemp("guide") / "site"
    result = Project(ROOT).build(str(folder))
    assert result.returncode == 0, result.stdout
    return folder
