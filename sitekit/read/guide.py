"""A checkout of the guide, read once: one object, handed on to whoever asks of it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import markdown
import yaml
from pymdownx.snippets import SnippetExtension, SnippetPreprocessor

from . import lists
from .changes import Change, changes, redirects
from .environment import Environment, check_conditions
from .page import Page, digest, front_matter, read
from .place import GuideError
from .snippet import excerpts

CONFIG = "mkdocs.yml"


class Guide:
    """The pages, snippets, options and lists below a root, as they were when first asked for.

    `edits` gives files other texts than those on the disk.
    """

    def __init__(self, root: Path, edits: Mapping[str, str] | None = None):
        self.root = root.resolve()
        self._edits = dict(edits or {})
        self._texts: dict[str, str] = {}
        self._pages: dict[str, Page] = {}

    @classmethod
    def here(cls) -> Guide:
        """The guide around the working directory. GuideError where there is none."""
        for folder in (Path.cwd(), *Path.cwd().parents):
            if (folder / CONFIG).is_file():
                return cls(folder)
        raise GuideError(f"no {CONFIG} in {Path.cwd()} nor above it: this is not the guide")

    def with_edits(self, edits: Mapping[str, str]) -> Guide:
        """The guide as it would be with these texts, each under its path below the root."""
        guide = Guide(self.root, self._edits | dict(edits))
        guide._texts = self._texts  # what is on the disk is the same
        if not any(path.startswith("tests/") for path in edits):
            guide.environments, guide.exclusions = self.environments, self.exclusions
        return guide

    # --- files ------------------------------------------------------------------

    def text(self, path: str) -> str:
        """The text of a file. FileNotFoundError, or GuideError where it is not UTF-8."""
        if path in self._edits:
            return self._edits[path]
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                where = f"{error.reason} at byte {error.start}"
                raise GuideError(f"{path}: not UTF-8: {where}") from None
            except IsADirectoryError:
                raise FileNotFoundError(path) from None
        return self._texts[path]

    def path_of(self, file: Path) -> str:
        """The path of a file below the root; as it is where it is not below it."""
        file = file if file.is_absolute() else Path.cwd() / file
        inside = file.is_relative_to(self.root)
        return file.relative_to(self.root).as_posix() if inside else str(file)

    def exists(self, path: str) -> bool:
        return path in self._edits or (self.root / path).is_file()

    def _below(self, folder: str, suffix: str) -> list[str]:
        """The files of a folder, hidden ones apart. GuideError for one of another kind."""
        found = []
        for file in sorted((self.root / folder).rglob("*")):
            path = file.relative_to(self.root).as_posix()
            if file.is_dir() or any(part.startswith((".", "__pycache__"))
                                    for part in path.split("/")):
                continue
            if file.suffix != suffix:
                raise GuideError(f"{path}: {folder}/ holds {suffix} files, which are read and "
                                 "run, and nothing else")
            found.append(path)
        return sorted({*found, *fnmatch.filter(self._edits, f"{folder}/*{suffix}")})

    # --- pages and snippets -----------------------------------------------------

    @cached_property
    def paths(self) -> list[str]:
        """Every page of the guide. GuideError where two share a stem, index pages apart."""
        stems: dict[str, str] = {}
        found = self._below("docs", ".md")
        for path in found:
            stem = Path(path).stem.replace("_", "-")
            first = stems.setdefault(stem, path)
            if first != path and stem != "index":
                raise GuideError(f"{path}: {first} has the same stem")
        return found

    @cached_property
    def snippets(self) -> list[str]:
        return self._below("snippets", ".py")

    @cached_property
    def snippets_digest(self) -> str:
        """The digest of the text of every snippet."""
        return digest("\n".join(self.text(file) for file in self.snippets))

    @property
    def files(self) -> list[str]:
        """Every file with examples: README.md, the pages and the snippets."""
        readme = ["README.md"] if self.exists("README.md") else []
        return [*readme, *self.paths, *self.snippets]

    def page(self, path: str) -> Page:
        """A page, or README.md. GuideError where it cannot be trusted."""
        if path not in self._pages:
            is_page = path.startswith("docs/")
            page = read(path, self.text(path), self.text if is_page else None)
            check_conditions(page, self.environments)
            if is_page and not self._edits and page.lines != self._preprocessor.run(
                    page.source.split("\n")):
                raise GuideError(f"{path}: the site would include other text than this reading")
            self._pages[path] = page
        return self._pages[path]

    def meta(self, path: str) -> dict:
        """The front matter of a page, without reading the rest of it."""
        return front_matter(path, self.text(path))[0]

    @cached_property
    def pages(self) -> list[Page]:
        """All pages. GuideError where no page shows an excerpt of a snippet."""
        found = [self.page(path) for path in self.paths]
        shown = set().union(*(page.excerpts for page in found))
        for path in self.snippets:
            for name, lines in excerpts(path, self.text(path)).items():
                if (path, name) not in shown:
                    raise GuideError(f"{path}:{lines[0] - 1 if lines else 1}: "
                                     f"no page shows section '{name}'")
        return found

    def pages_read(self) -> list[Page]:
        """The pages that somebody has asked for so far."""
        return list(self._pages.values())

    def take_over(self, old: Guide) -> set[str]:
        """Take the pages that an earlier reading has read and nothing has changed of; the others.

        A page changes with its text, with a snippet that it names, shows or draws, and with what
        that takes from others.
        """
        def text(guide: Guide, file: str) -> str:
            try:
                return guide.text(file)
            except (FileNotFoundError, GuideError):
                return ""

        other = {file for file in {*old.snippets, *self.snippets, *self.paths, lists.ENVIRONMENTS}
                 if text(old, file) != text(self, file)}
        if lists.ENVIRONMENTS in other:
            return set(self.paths)
        grown = True
        while grown:  # what imports a snippet that changed
            modules = [file.removesuffix(".py").replace("/", ".") for file in other]
            taking = {file for file in self.snippets
                      if any(module in text(self, file) for module in modules)}
            grown = not taking <= other
            other |= taking
        names = [re.sub(r"^snippets/|\bfigure_|\.py$", "", file) for file in other]
        changed = {path for path in self.paths
                   if path in other or any(name in text(self, path) for name in names)}
        self._pages |= {path: page for path, page in old._pages.items() if path not in changed}
        return changed

    def with_stem(self, path: str) -> dict[str, str]:
        """The files of a page by what they are; those that there are not are left out."""
        inside = path.removeprefix("docs/").removesuffix(".md").replace("-", "_")
        folder, _, stem = inside.rpartition("/")
        files = {kind: "/".join(filter(None, parts)) for kind, parts in {
            "page": (path,),
            "snippet": ("snippets", folder, f"{stem}.py"),
            "wrong": ("snippets", folder, f"wrong_{stem}.py"),
            "stub": ("snippets", folder, f"stub_{stem}.py"),
            "figure": ("snippets", folder, f"figure_{stem}.py"),
            "second figure": ("snippets", folder, f"figure_{stem}_2.py"),
            "test": ("tests", folder, f"test_{stem}.py"),
            "claims": (lists.beside(path),)}.items()}
        return {kind: file for kind, file in files.items() if self.exists(file)}

    # --- lists ------------------------------------------------------------------

    @cached_property
    def environments(self) -> list[Environment]:
        return lists.environments(self.text)

    @cached_property
    def exclusions(self) -> list[lists.Exclusion]:
        return lists.exclusions(self.text)

    def beside(self, path: str) -> lists.Beside:
        """What stands beside the test of a page: its claims."""
        return lists.listed_beside(path, self.text)

    @cached_property
    def changes(self) -> list[Change]:
        return changes(self.text)

    @cached_property
    def redirects(self) -> dict[str, str]:
        """Old addresses and the page that each leads to, both below docs/."""
        return redirects(self.changes, {path.removeprefix("docs/") for path in self.paths})

    # --- what the site does with includes ---------------------------------------

    @cached_property
    def _preprocessor(self) -> SnippetPreprocessor:
        extension = SnippetExtension(**self._snippet_options())
        return SnippetPreprocessor(extension.getConfigs(), markdown.Markdown())

    def _snippet_options(self) -> dict:
        class Loader(yaml.SafeLoader):
            """mkdocs.yml, whose tags only MkDocs understands."""

        for tag in ("tag:yaml.org,2002:python/", "!"):  # !ENV, say
            Loader.add_multi_constructor(tag, lambda loader, suffix, node: suffix)
        config = yaml.load(self.text(CONFIG), Loader)
        for extension in config["markdown_extensions"]:
            if isinstance(extension, dict) and "pymdownx.snippets" in extension:
                options = extension["pymdownx.snippets"]
                paths = [str(self.root / folder) for folder in options["base_path"]]
                return options | {"base_path": paths}
        raise GuideError(f"{CONFIG}: pymdownx.snippets has no options")


def page_path(name: str) -> str:
    """`docs/shapes/squeeze.md` for what somebody types: shapes/squeeze, with or without .md."""
    name = re.sub(r"^(?:\./)?(?:docs/)?", "", name.strip())
    return f"docs/{name.removesuffix('.md').strip('/')}.md"
