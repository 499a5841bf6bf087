"""What a reader takes home as a file: each snippet without its markers, each page as a notebook."""

import ast
from collections.abc import Iterable, Iterator

import nbformat

from .notebook import to_notebook
from .reading import MARKER, ROOT, Reading, needs, relative

FOR_THE_PAGE_ONLY = ("wrong_", "stub_", "figure_")


def is_offered(path: str) -> bool:
    """Whether a snippet file is for use: neither a bug nor half an exercise."""
    return not path.rpartition("/")[2].startswith(FOR_THE_PAGE_ONLY)


def standalone(path: str) -> str:
    """A snippet file without markers; what it imports from other snippets is written out."""
    lines = (ROOT / path).read_text().split("\n")
    text = "\n".join(line for line in lines if not MARKER.match(line))
    if "from snippets." not in text:
        return text
    module = ast.parse(text)
    last = max(node.end_lineno for node in module.body
               if isinstance(node, (ast.Import, ast.ImportFrom)))
    rest = "\n".join(text.split("\n")[last:]).lstrip("\n")
    docstring = ast.get_docstring(module, clean=False)
    return (f'"""{docstring}"""\n\n' if docstring else "") + needs(path, rest) + rest


def files(readings: Iterable[Reading], site: str) -> Iterator[tuple[str, str]]:
    """The address below the home page and the text of each download."""
    for path in sorted((ROOT / "snippets").rglob("*.py")):
        if is_offered(relative(path)):
            yield relative(path), standalone(relative(path))
    for reading in readings:
        if reading.examples:
            yield notebook(reading.path), nbformat.writes(to_notebook(reading, site))


def notebook(page: str) -> str:
    """The address of a page's notebook: of `docs/a/b.md`, `a/b/b.ipynb`, where an exercise's is."""
    inside = page.removeprefix("docs/").removesuffix(".md")
    return f"{inside}/{inside.rpartition('/')[2]}.ipynb"
