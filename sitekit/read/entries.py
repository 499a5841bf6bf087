"""Messages of torch: the entries of docs/messages/, and which of them a pasted text is.

An entry is a section of a page of that folder. Its heading is the message, as code; its first
paragraph says the cause and what to write; an item of a list that is code alone is another
wording of the message. theme/assets/messages.js matches in a browser; a test compares both.
"""

from __future__ import annotations

import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .guide import Guide
from .page import Page
from .place import GuideError, Place
from .session import TRACEBACK

FOLDER = "messages"
ALIKE = 0.78  # the share of an entry's words, weighed by rarity, that a message must have
CUT = 25.0  # the weight of words from which on a message is told by its beginning
BEGUN = 20.0  # the weight from which on the first words of an entry, in order, tell it
SHORT = 0.3  # how much a short wording loses in a message that says more
ASKED = 0.44  # and in a line that names no error: "size mismatch" is a part of many questions
NOT_RAISED = "This comes from"  # what the section of an entry says that no session raises

_CODE = re.compile(r"(?P<ticks>`+) ?(?P<text>.+?) ?(?P=ticks)")
_ITEM = re.compile(rf"- {_CODE.pattern}")
_ENTRY = re.compile(r"(?P<kind>(?:\w+\.)*\w+): (?P<text>.+)")
_RAISED = re.compile(rf"^{re.escape(TRACEBACK)}(?P<error>.+)\Z", re.MULTILINE | re.DOTALL)
_WARNED = re.compile(r"^(?P<warning>\w*Warning: .+)$", re.MULTILINE)

_KIND = re.compile(
    r"(?:^|^[\"'`]|(?<=[\s[\]:,>]))(?<!raise )(?<!DynamoError: )(?<!InductorError: )"
    r"(?<!LoweringException: )(?P<kind>(?:\w+\.)*_?(?:[A-Z]\w*)?"
    r"(?:Error|Warning|Exception|Unsupported|Node|Failed|(?<=cv2\.)error))"
    r"(?::[ \n]|\([\"'])", re.MULTILINE)
_STACK = re.compile(r"Traceback \(most recent call last\)|^ *File \"", re.MULTILINE)
_AROUND = {"ChildFailedError", "CalledProcessError", "ProcessRaisedException",
           "BackendCompilerFailed"}  # what is said of another error, which is pasted too
_NAMES = {  # names that tell enough alone, and the words for them
    "Unsupported": "torch._dynamo.exc.Unsupported", **{name: name for name in (
        "BackendCompilerFailed", "CheckpointException", "ChildFailedError", "CompilationError",
        "ConstraintViolationError", "DistBackendError", "GuardOnDataDependentSymNode",
        "InductorError", "InternalTorchDynamoError", "LoweringException", "SpecViolationError",
        "SymbolicValueError", "UnsupportedOperatorError")}}
_ESCAPED = re.compile(r"\\n(?= *File |Traceback|(?:\w+\.)*\w*Error: )")  # a text within a text
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PREFIX = re.compile(r"^[ \t]*(?:\[?rank\s*\d+\]?:?|\[\d+\]:|E  +|> )[ \t]*", re.MULTILINE)
_CURLY = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")  # as a forum sets quotes
_OTHER = re.compile(r"\n(?=\s*(?:File \"|Traceback|During handling|The above exception"
                    r"|(?:ERROR|WARNING|INFO):))")
_WHAT = re.compile(r"what\(\): +(\S[^\n]*)")  # a message of C++
_OWN = re.compile(r"\b(?:torch\.\w+|\w+Tensor|c10::\w+|Double|Float|Half|BFloat16|Long|Int|Bool|"
                  r"Byte|\w*Impl\w*|\w+_\w+|ninja|ptxas|lcuda|RANK|_C)\b")
_QUOTED = re.compile(r"'[^'\s]{1,80}'|\"[^\"\s]{1,80}\"|`[^`\s]{1,80}`")
_BRACKETS = re.compile(r"\[[^\]\n]*\]|\{[^}\n]*\}|<[^>\n]*>|\(\d[^)\n]*\)")
_IMPORTED = re.compile(r"(No module named|cannot import name|from|module(?= '[\w.]+' has no)) "
                       r"'((\w+)[\w.]*)'")
_COMMAND = re.compile(r"(?<=Command '\[')(?:[^'\n]*[/\\])?(\w*[a-zA-Z_])[\d.]*")
_LIBRARY = re.compile(r"\b(lib\w+)\n?\.so[\d.]*(?=: cannot open)")
_LOADED = re.compile(r"(?<=loading state_dict for )'?\w+'?(?=:)")
_PLEASE = re.compile(r"\(Could this error message be improved.*", re.DOTALL)
_BARE = re.compile(r"(?P<line>[^\n]*\n)(?:[ \t]*[~^]+[ \t]*\n)?"
                   r"[ \t]*(?:\w+\.)*(?P<kind>\w+(?:Error|Exception))\s*\Z")
_RAISED_IN = re.compile(r'File "(?:[^"\n]*?[/\\])?(torch[/\\](?:distributed[/\\])?\w+)[/\\.]'
                        r'[^"\n]*"(?!.*File ")', re.DOTALL)
_PATH = re.compile(r"(?<=\")[A-Z]:\\[^\"\n]+(?=\")"
                   r"|[^\s'\"`<>()[\]]*(?:[/\\][\w.+-]+){2,}(?::\d+)?|\b_Z\w+")
_KEY = re.compile(r"\A(?:'(\w+)'|\d+)(?=\s*(?:\n|\Z))")  # what a KeyError says
_KEYED = re.compile(r"\A'[^'\s]+'(?=\s*(?:\n|\Z))")
_NO_KEY = "KeyError in a dict or a table"  # what a KeyError says whose key has no entry
_CLASS = re.compile(r"'(NoneType|list|tuple|dict|str|int|float|bool|numpy\.\w+|Subset|"
                    r"TensorDataset|ConcatDataset|DataLoader|DataFrame|Series|Image|Namespace|"
                    r"(?:Png|Jpeg)ImageFile|ImageDraw|FreeTypeFont)'(?= object has)")
_OUTPUT = re.compile(r"'\w*Outputs?(?:With\w+)?'(?= object has)")
_CALLED = re.compile(r"(\w+)\(\)(?= (?:takes|missing) )|(?<=while checking arguments for )(\w+)")
_WORD = re.compile(r"[a-z_]{2,}")
_RELATED = {"RuntimeError", "NotImplementedError", "TypeError", "AcceleratorError",
            "TorchRuntimeError", "OutOfMemoryError", "Unsupported", "GuardOnDataDependentSymNode",
            "DistBackendError", "ModuleAttributeError", "AttributeError"}


@dataclass(frozen=True)
class Entry:
    """A message, what it means, and where its entry stands."""

    kind: str  # RuntimeError, UserWarning, ...
    text: str
    cause: str
    page: str  # below docs/
    anchor: str
    also: tuple[str, ...] = ()  # other wordings

    @property
    def heading(self) -> str:
        return f"{self.kind}: {self.text}"


def raised(page: Page) -> Iterator[tuple[str, str]]:
    """Each message that a page shows, and the anchor of its section."""
    for example in page.examples:
        for step in example.steps:
            for found in (_RAISED.search(step.expected), *_WARNED.finditer(step.expected)):
                if found:
                    yield found[1], page.anchor_of(example.line)


def has_entries(page: Page) -> bool:
    return page.folder == FOLDER and not page.is_index


def entries(page: Page) -> Iterator[Entry]:
    """The entries of a page of messages. GuideError for a heading that is no message."""
    for heading in page.headings:
        if heading.level != 2:
            continue
        code = _CODE.fullmatch(heading.title.strip())
        found = code and _ENTRY.fullmatch(code["text"])
        if not found:
            place = Place(page.path, page.places[heading.line].line)
            raise GuideError(f"{place}: an entry is headed by its message as code, "
                             f"`RuntimeError: ...`, not {heading.title!r}")
        section = page.section(heading.anchor)
        assert section is not None
        lines = page.lines[section.start + 1:section.stop]
        cause = "\n".join(lines).strip().split("\n\n")[0]
        also = [item["text"] for line in lines if (item := _ITEM.fullmatch(line.rstrip()))]
        yield Entry(found["kind"].rpartition(".")[2], found["text"], " ".join(cause.split()),
                    page.name, heading.anchor, tuple(also))


def written(guide: Guide) -> list[Entry]:
    return [entry for page in guide.pages if has_entries(page) for entry in entries(page)]


def all_entries(guide: Guide) -> list[Entry]:
    """The entries that are written, and one for each message of a snippet that a page raises."""
    listed = written(guide)
    return listed + own(guide, Matcher(listed))


def own(guide: Guide, matcher: Matcher) -> list[Entry]:
    """What the guards and other snippets of the guide raise, with the section that explains it."""
    found: dict[frozenset[str], Entry] = {}
    def late(page: Page) -> tuple[bool, int]:
        return page.folder != "guards", page.meta.get("order", 99)

    for page in sorted(guide.pages, key=late):
        if has_entries(page) or page.folder == "exercises":
            continue
        for text, anchor in raised(page):
            entry = _ENTRY.fullmatch(in_line(text))
            if entry and words(entry["text"]) and not matcher.match(text):
                kind, said = entry["kind"].rpartition(".")[2], entry["text"]
                found.setdefault(frozenset(words(said)), Entry(
                    kind, said, f"Code of this guide raises it. See: {page.title}.",
                    page.name, anchor))
    return list(found.values())


def unproved(page: Page) -> Iterator[Entry]:
    """The entries that no session of their section raises, though they do not say so."""
    shown: dict[str, list[str]] = {}
    for text, anchor in raised(page):
        shown.setdefault(anchor, []).append(in_line(text))
    for entry in entries(page):
        section = page.section(entry.anchor)
        assert section is not None
        if NOT_RAISED not in "\n".join(page.lines[section.start:section.stop]) and not any(
                in_line(entry.text) in text for text in shown.get(entry.anchor, ())):
            yield entry


def in_line(text: str) -> str:
    return " ".join(text.split())


def messages_of(text: str) -> list[tuple[str, str]]:
    """The kind and the words of each message in a pasted text; no kind where it names none.

    Of a traceback, the last error comes first, and what only hands another one on comes last;
    colours, a rank's prefix and pytest's marks are taken off. The names that tell enough
    alone come after all. An error without words is its line, and then its place in torch. A
    KeyError is its key, and then what says of any key that it is missing.
    """
    text = _COLOUR.sub("", text.translate(_CURLY).replace("\r\n", "\n"))
    if _ESCAPED.search(text):
        text = text.replace("\\n", "\n")
    text = _PREFIX.sub("", text)
    found = []
    for each in _KIND.finditer(text):
        message = _OTHER.split(text[each.end():].split("\n\n")[0])[0]
        found.append((each["kind"].rpartition(".")[2], message.strip()))
    if _STACK.search(text):
        found.reverse()
    if not found:  # an error without words: the line that raised it, too
        bare, place = _BARE.search(text), _RAISED_IN.search(text)
        if not bare:
            what = _WHAT.search(text)
            return [*([("", what[1])] if what else []), ("", text.strip())]
        found = [("", bare["line"].lstrip() + bare["kind"])]
        if place:
            module = re.sub(r"[/\\]", ".", place[1])
            found.append(("", f"{bare['kind']} in {module}"))
        return found
    found = [each for kind, message in found for each in ((kind, message), *(
        [(kind, _NO_KEY)] if kind == "KeyError" and _KEYED.match(message) else []))]
    named = [(kind, _NAMES[kind]) for kind, _ in found if kind in _NAMES]
    return sorted(found, key=lambda each: each[0] in _AROUND) + named


def message_of(text: str) -> tuple[str, str]:
    """The kind and the words of the message that a pasted text is about."""
    return messages_of(text)[0]


def words(message: str) -> list[str]:
    """The words that tell one message from another: no numbers, shapes, and names of the reader."""
    message = _COMMAND.sub(r"\1 \1_command", _PLEASE.sub("", message))
    message = _KEY.sub(lambda found: f"key_{found[1] or 'number'}", message)
    message = _PATH.sub(" ", message)
    message = _LOADED.sub(" ", message)
    message = _OUTPUT.sub("of_output", _CLASS.sub(r"of_\1", message))
    message = _IMPORTED.sub(lambda found: f"{found[1]} module_{found[3]} module_" +
                            found[2].replace(".", "_"), message)
    message = _LIBRARY.sub(lambda found: "{0}_so {0}_missing".format(
        re.sub(r"\d", "_", found[1])), message)
    kept = _QUOTED.sub(lambda quoted: " ".join(_OWN.findall(quoted[0])) or " ", message)
    kept = _BRACKETS.sub(lambda found: " ".join(_OWN.findall(found[0])) or " ", kept)
    kept = _CALLED.sub(lambda found: "{0} {0}_called".format(found[1] or found[2]), kept)
    return _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kept).lower())


class Matcher:
    """Tells which entry a pasted text is."""

    def __init__(self, listed: Sequence[Entry]):
        self.wordings = [(entry, frozenset(held), " ".join(held), set(_QUOTED.findall(text)))
                         for entry in listed for text in (entry.text, *entry.also)
                         for held in [words(text)]]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The wordings that hold each word."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, (_, held, _, _) in enumerate(self.wordings):
            for word in held:
                found[word].append(number)
        return found

    @cached_property
    def needed(self) -> list[float]:
        return [self.weight(held) for _, held, _, _ in self.wordings]

    @cached_property
    def rare(self) -> dict[str, float]:
        return {word: self.rarity(len(held)) for word, held in self.places.items()}

    def rarity(self, held: int) -> float:
        return math.log(1 + len(self.wordings) / held)

    def weight(self, held: Iterable[str]) -> float:
        """How rare the words are among the entries, together."""
        return sum(self.rare.get(word) or self.rarity(1) for word in held)

    def shares(self, kind: str, message: str, least: float = 0) -> Iterator[tuple[float, Entry]]:
        """How much a message is like each wording, of those that may reach `least`."""
        listed, names = words(message), set(_QUOTED.findall(message))
        given, in_order = frozenset(listed), " ".join(listed)
        told = self.weight(given)
        shared: dict[int, float] = defaultdict(float)
        for word in given:
            for number in self.places.get(word, ()):
                shared[number] += self.rare[word]
        least -= 5e-3 + 1e-3 * len(names)  # what is added last
        asked = not kind and "\n" not in message and len(listed) > 3
        short = ASKED if asked else SHORT
        for number, both in sorted(shared.items()):
            entry, _, said, named = self.wordings[number]
            needed = self.needed[number]
            share = both / (needed or 1)
            if told >= CUT:  # the end may have been left out
                share = max(share, 0.9 * both / told if both >= 0.95 * told else 0)
            elif told >= BEGUN and said.startswith(in_order):
                share = max(share, 0.85)
            if share < least:
                continue
            share *= 1 - short * max(0, 1 - needed / CUT) * (1 - both / (told or 1))
            if kind and entry.kind != kind and not {kind, entry.kind} <= _RELATED:
                share *= 0.9
            share *= 0.9 + 0.1 * both / (told or 1)
            share += 5e-3 * (said in in_order)
            share += 1e-3 * len(names & named) - 1e-4 * len(named - names)
            yield share, entry

    def match(self, text: str) -> Entry | None:
        for kind, message in messages_of(text):
            found = max(self.shares(kind, message, ALIKE), default=None,
                        key=lambda pair: round(pair[0], 9))
            if found and found[0] >= ALIKE:
                return found[1]
        return None


def missing(guide: Guide) -> Iterator[str]:
    """What has no entry yet, or an entry that nothing shows: the list of who writes them."""
    matcher = Matcher(written(guide))
    for page in guide.pages:
        if has_entries(page):
            for entry in unproved(page):
                yield f"{page.path}#{entry.anchor}: no session of the section raises it"
        else:
            for text, anchor in raised(page):
                if text.startswith("RuntimeError") and not matcher.match(text):
                    yield f"{page.path}#{anchor}: no entry for {in_line(text)[:150]}"


if __name__ == "__main__":
    from pathlib import Path

    guide = Guide(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for line in missing(guide):
        print(line)
    print(f"{len(written(guide))} entries")
