"""Say what a message of torch means: python -m sitekit.explain < traceback.txt

Prints the entry of the guide. Ends with 1 where no entry reads like the message, and with 2
where there is no message.
"""

from __future__ import annotations

import argparse
import os
import sys

from .read.entries import Entry, Matcher, all_entries, message_of, words
from .read.guide import Guide
from .read.place import GuideError


def entry_of(text: str, guide: Guide) -> Entry | None:
    """The entry that a pasted text is. GuideError where the text has no message."""
    if not text.strip():
        raise GuideError("nothing was given; give a message or a traceback: "
                         "python -m sitekit.explain < traceback.txt")
    kind, message = message_of(text)
    entry = Matcher(all_entries(guide)).match(text) if words(message) else None
    if not entry and not kind:
        raise GuideError("no message was found in what was given")
    return entry


def explained(entry: Entry, guide: Guide, site: str) -> str:
    """An entry as it stands in the guide, and its address."""
    page = guide.page(f"docs/{entry.page}")
    section = page.section(entry.anchor)
    assert section is not None
    text = "\n".join(page.lines[section.start + 1:section.stop]).strip()
    where = f"{site}{page.address}" if site else page.path
    return f"{entry.heading}\n\n{text}\n\n{where}#{entry.anchor}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.parse_args()
    try:
        guide = Guide.here()
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
        found = entry_of(text, guide)
    except GuideError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if not found:
        print("no message of this guide reads like this one", file=sys.stderr)
        sys.exit(1)
    print(explained(found, guide, os.environ.get("SITE_URL", "")))


if __name__ == "__main__":
    main()
