"""`python -m tests.browser.unseen`: how the search finds what it was not tuned with.

unseen.toml has titles of public threads and the pages that answer them.
"""

import tomllib

from tests.guide import ROOT

from .browsing import browser
from .conftest import SITE
from .queries import shares_typed
from .searching import Search
from .serving import serve

UNSEEN = tomllib.loads((ROOT / "tests/browser/unseen.toml").read_text())

if __name__ == "__main__":
    with browser() as chromium, serve(SITE) as home:
        shares_typed(Search(chromium.new_page(), home), UNSEEN["thread"])
    print(f"{len(UNSEEN['none']['titles'])} more of the same lists are answered by no page")
