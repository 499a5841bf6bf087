"""`make preview`: build what will be published, publish it on this disk, and serve that.

The site stands at the path of SITE_URL, as on the server, which answers with 404.html where
nothing is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from .run.runs import MADE

PORT = 8000
FOLDER = f"{MADE}/preview"


def publish(site: Path, repository: Path, to: Path) -> None:
    """Publish as the workflow does, but into a repository on this disk; take its files out."""
    subprocess.run(["git", "init", "-q", "--bare", repository], check=True)
    subprocess.run([".ci/publish", site, repository], check=True)
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    files = subprocess.run(["git", "--git-dir", repository, "archive", "gh-pages"], check=True,
                           stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", to], check=True, input=files.stdout)


class Handler(SimpleHTTPRequestHandler):
    """A folder below a path, which answers what is not there as GitHub Pages does."""

    def __init__(self, *args, below: str, **kwargs):
        self.below = below
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(self.below)
        return super().translate_path(f"/{inside}" if path != inside else "/not/there")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        missing = Path(self.directory, "404.html").read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(missing)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(missing)

    def log_message(self, *_: object) -> None:
        pass


def server(folder: Path, address: str, port: int = PORT) -> ThreadingHTTPServer:
    """A server of a folder at the path of an address."""
    below = urlsplit(address).path.rstrip("/") + "/"
    return ThreadingHTTPServer(("127.0.0.1", port),
                               partial(Handler, directory=str(folder), below=below))


def main() -> None:
    address = os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{PORT}/guide/")
    made = Path(FOLDER)
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "--site-dir",
                    made / "site"], check=True)
    publish(made / "site", made / "repository.git", made / "published")
    with server(made / "published", address) as serving, suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{PORT}{urlsplit(address).path} shows what {address} will")
        serving.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"make preview: {error}")
