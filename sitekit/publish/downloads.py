"""What a reader takes home as a file: each snippet without its markers, each page as a notebook."""

import ast
from collections.abc import Iterator

from ..build.copied import is_offered
from ..build.lists import notebook
from ..read.guide import Guide
from ..read.needed import needed
from ..read.snippet import MARKER
from .notebook import text_of


def standalone(guide: Guide, path: str) -> str:
    """A snippet file without markers; what it imports from other snippets is written out."""
    lines = guide.text(path).split("\n")
    text = "\n".join(line for line in lines if not MARKER.match(line))
    if "from snippets." not in text:
        return text
    module = ast.parse(text)
    last = max(node.end_lineno for node in module.body
               if isinstance(node, (ast.Import, ast.ImportFrom)))
    rest = "\n".join(text.split("\n")[last:]).lstrip("\n")
    docstring = ast.get_docstring(module, clean=False)
    return (f'"""{docstring}"""\n\n' if docstring else "") + needed(guide.text, path, rest) + rest


def files(guide: Guide, site: str) -> Iterator[tuple[str, str]]:
    """The address below the home page and the text of each download."""
    for path in guide.snippets:
        if is_offered(path):
            yield path, standalone(guide, path)
    for page in guide.pages:
        if page.examples:
            yield notebook(page.path), text_of(page, site)
