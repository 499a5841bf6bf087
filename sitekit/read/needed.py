"""What an excerpt of a snippet file needs before it, so that a copy runs alone."""

from __future__ import annotations

import ast
from collections.abc import Callable

from .session import parsed


def brief(text: str) -> str:
    """A definition with the first paragraph of its docstring: the rest stands on its own page."""
    found = parsed(text).body[0]
    if not isinstance(found, (ast.FunctionDef, ast.ClassDef)) or not ast.get_docstring(found):
        return text
    doc, lines = found.body[0], text.split("\n")
    first, last = doc.lineno - 1, doc.end_lineno
    blank = next((at for at in range(first, last) if not lines[at].strip()), last)
    if blank < last:
        lines[blank - 1:last] = [f'{lines[blank - 1]}"""']
    return "\n".join(lines)


def needed(text_of: Callable[[str], str], file: str, excerpt: str) -> str:
    """The imports that an excerpt uses, and the definitions it takes from elsewhere.

    `text_of` gives the text of a file. What `file` imports from another snippet is written
    out, so that the copy needs nothing of this repository.
    """
    imports: dict[str, set[str]] = {}
    definitions: dict[str, None] = {}

    def resolve(file: str, text: str) -> None:
        section = parsed(text)
        used = {node.id for node in ast.walk(section) if isinstance(node, ast.Name)}
        used -= {getattr(node, "name", None) for node in section.body}
        for node in parsed(text_of(file)).body:
            if getattr(node, "name", None) in used:
                resolve_name(file, node.name)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [a for a in node.names if (a.asname or a.name).split(".")[0] in used]
                module = getattr(node, "module", "")
                if module.startswith("snippets."):
                    for alias in names:
                        resolve_name(module.replace(".", "/") + ".py", alias.name)
                elif names:
                    imports.setdefault(module, set()).update(map(ast.unparse, names))

    def resolve_name(file: str, name: str) -> None:
        module = text_of(file)
        for node in parsed(module).body:
            if getattr(node, "name", None) == name:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                text = "\n".join(module.split("\n")[first - 1:node.end_lineno])
                resolve(file, text)
                definitions[brief(text)] = None

    resolve(file, excerpt)
    lines = [f"from {module} import {', '.join(sorted(names))}" if module else
             "\n".join(f"import {name}" for name in sorted(names))
             for module, names in sorted(imports.items())]
    above = ["\n".join(lines), *definitions]
    return "".join(part + "\n\n\n" for part in above if part)


def written_out(text_of: Callable[[str], str], statement: str) -> str:
    """The definitions that an import from a snippet brings; nothing for another statement."""
    if not statement.startswith("from snippets."):
        return ""
    node = parsed(statement).body[0]
    assert isinstance(node, ast.ImportFrom)
    names = "\n".join(alias.name for alias in node.names)
    renamed = [f"{a.asname} = {a.name}\n" for a in node.names if a.asname]
    return needed(text_of, str(node.module).replace(".", "/") + ".py", names) + "".join(renamed)
