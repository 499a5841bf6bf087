"""The step after the build: what needs no builder is written into the site.

Whichever program made the pages: `python -m sitekit.publish.after site`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

import yaml

from ..read.guide import Guide
from ..read.place import GuideError
from . import downloads, notebook, programs, search

LAB = ("assets/lab-core.js", "assets/lab.js")  # 15 kB together, on the page of the lab alone
NOT_RUN = re.compile(r"^\s*/\*[\s\S]*?\*/\s*|  // .*$|^\s+", re.MULTILINE)


def write(guide: Guide, to: Path, site: str, directory_urls: bool = True) -> None:
    """Execute the exercises; write downloads and what programs read into a site."""
    for page in guide.pages:
        if page.meta.get("notebook"):
            notebook.check(guide, page)
    name, description = (_setting(guide, key) for key in ("site_name", "site_description"))
    for address, text in [*downloads.files(guide, site), *search.files(guide, directory_urls),
                          *programs.files(guide, name, description, site)]:
        file = to / address
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for script in (to / name for name in LAB):
        if script.exists():
            script.write_text(NOT_RUN.sub("", script.read_text(encoding="utf-8")), encoding="utf-8")


def _setting(guide: Guide, key: str) -> str:
    """A text of mkdocs.yml, of which nothing but two plain lines is asked."""
    line = next(line for line in guide.text("mkdocs.yml").split("\n") if line.startswith(f"{key}:"))
    return yaml.safe_load(line)[key]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path, help="the folder of a built site")
    arguments = parser.parse_args()
    try:
        if not (arguments.site / "index.html").is_file():
            raise GuideError(f"{arguments.site}: there is no built site")
        write(Guide.here(), arguments.site, os.environ.get("SITE_URL", ""))
    except GuideError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
