"""`make links` lists the broken links of a site, and those alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guide import ROOT

from .serving import serve

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
LYCHEE = shutil.which("lychee", path=PATH)


@pytest.mark.skipif(not LYCHEE, reason="lychee is in requirements-browser.txt")
@pytest.mark.parametrize("broken", [[], ["gone.html"]])
def test_broken_links_to_other_hosts_are_listed(tmp_path, broken):
    there, site = tmp_path / "there", tmp_path / "site"
    there.mkdir()
    site.mkdir()
    (there / "page.html").write_text("<p>Here.</p>")
    with serve(there) as home:
        links = [home + name for name in ["page.html", *broken]]
        (site / "index.html").write_text(
            "<a href='inside.html'>of the site, which the build checks</a>"
            + "".join(f"<a href='{link}'>elsewhere</a>" for link in links))
        found = subprocess.run([LYCHEE, "--config", ROOT / ".ci/lychee.toml", site / "*.html"],
                               capture_output=True, text=True)
    assert found.returncode == (2 if broken else 0), found.stdout
    assert [link for link in links if link in found.stdout] == [home + name for name in broken]
