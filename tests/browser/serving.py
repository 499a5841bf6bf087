"""A built site on a local port, compressed as a web server would."""

import gzip
import mimetypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXT = {".css", ".html", ".ipynb", ".js", ".json", ".md", ".py", ".svg", ".txt", ".xml"}


@cache
def compressed(path: Path, modified: float) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args, interrupted: bytes, **kwargs):
        self.interrupted = interrupted  # where each page stops for a moment
        super().__init__(*args, **kwargs)  # answers the request

    def do_GET(self):
        with suppress(ConnectionError):  # the page was left before it had come
            self.send()

    def send(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            return self.send_error(404)
        self.send_response(200)
        kind = "text/html" if path.suffix == ".html" else mimetypes.guess_type(path)[0]
        self.send_header("Content-Type", kind or "application/octet-stream")
        if path.suffix == ".html" and self.interrupted:
            return self.send_interrupted(path.read_bytes())
        if path.suffix in TEXT:
            body = compressed(path, path.stat().st_mtime)
            self.send_header("Content-Encoding", "gzip")
        else:
            body = path.read_bytes()
        self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages does
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_interrupted(self, body: bytes) -> None:
        self.end_headers()
        before, mark, after = body.partition(self.interrupted)
        self.wfile.write(before + mark)
        time.sleep(0.5)
        self.wfile.write(after)

    def log_message(self, *_):
        pass


@contextmanager
def serve(site: Path, interrupted: bytes = b"") -> Iterator[str]:
    """Give the address of the site's home page, with a slash at its end."""
    handler = partial(Handler, directory=site, interrupted=interrupted)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
