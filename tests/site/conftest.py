"""A project of its own for each test: the machinery of the site around planted pages."""

import json
import shutil
from pathlib import Path
from textwrap import dedent

import pytest
from bs4 import BeautifulSoup
from sitekit.reading import ROOT, digest

from .commands import Result, run

MACHINERY = ["conftest.py", "mkdocs.yml", "pyproject.toml", "sitekit"]


class Project:
    """A checkout with its docs/ and snippets/, which its own sitekit reads."""

    def __init__(self, root: Path):
        self.root = root

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))

    def page(self, text: str, name: str = "planted") -> None:
        self.write(f"docs/{name}.md", f"# {name} {{#{name}}}\n\n" + dedent(text))

    def run(self, *command: str, **environment: str) -> Result:
        return run(self.root, *command, **environment)

    def build(self, to: str = "site", **environment: str) -> Result:
        return self.run("mkdocs", "build", "--strict", "--site-dir", to, **environment)

    def test(self, *arguments: str) -> Result:
        return self.run("pytest", "-p", "no:cacheprovider", *(arguments or ["docs"]))

    def ran(self) -> dict[str, dict[str, bool]]:
        """For each page, the digest of each block that ran and whether it passed."""
        self.test("docs", "--ran", "ran.json")
        return json.loads((self.root / "ran.json").read_text())


def blocks(html: Path) -> list[tuple[str, str]]:
    """The language and the text of each code block that a reader of a built page sees."""
    article = BeautifulSoup(html.read_text(), "html.parser").article
    found = []
    for pre in article.find_all("pre"):
        classes = pre.parent.get("class", [])
        language = next((c.removeprefix("language-") for c in classes
                         if c.startswith("language-")), "")
        found.append((language, pre.get_text()))
    return found


def html_of(site: Path, path: str) -> Path:
    """The built page of `docs/a/b.md`: `a/b/index.html`."""
    inside = site / path.removeprefix("docs/").removesuffix(".md")
    return inside.with_suffix(".html") if inside.name == "index" else inside / "index.html"


def python_digests(html: Path) -> set[str]:
    return {digest(text) for language, text in blocks(html) if language in ("python", "pycon")}


def assert_refused(result: Result, *words: str) -> None:
    """One line of the output holds all words, and the exit is not zero."""
    assert result.returncode != 0, result.stdout
    assert any(all(word in line for word in words) for line in result.stdout.splitlines()), (
        f"no line with {words} in:\n{result.stdout}")


@pytest.fixture
def project(tmp_path):
    """Return an empty guide: a home page, no snippets."""
    for name in MACHINERY:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    made = Project(tmp_path)
    made.write("docs/index.md", "# Start {#start}\n")
    made.write("snippets/planted.py", "")
    made.write("tests/exclusions.toml", "")
    made.write("tests/claims.toml", "")
    return made


@pytest.fixture(scope="session")
def guide(tmp_path_factory):
    """Return the guide itself, built into a folder of its own, and that folder."""
    site = tmp_path_factory.mktemp("guide") / "site"
    result = Project(ROOT).build(str(site))
    assert result.returncode == 0, result.stdout
    return site
