"""A small site of many kinds of pages, on loopback, for tests, benchmarks and the README. Remembers what was posted."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.site.fuzz import fuzz_page

FOLDER = Path(__file__).parent
CITIES = (
    "Aachen",
    "Amsterdam",
    "Athens",
    "Barcelona",
    "Berlin",
    "Bern",
    "Bologna",
    "Brussels",
    "Budapest",
    "Copenhagen",
)


class Site:
    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.submitted: list[dict[str, Any]] = []
        """What was posted to /submit, in order."""
        self.let_go = threading.Event()
        """What downloads that are held wait for."""


@contextmanager
def serve(port: int = 0) -> Generator[Site]:
    """The site while it runs; `port` 0 takes a free one."""
    server = Server(("127.0.0.1", port), Page)
    server.site = Site(server)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.site  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Where five wait, as is usual, the sixth of a browser's connections is tried again a second later."""


class Page(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, directory=str(FOLDER), **kwargs)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        # A slow answer is what these pages are about; the number of milliseconds is in the address.
        time.sleep(min(int(query.get("ms", 0)), 30_000) / 1000)
        match url.path:
            case "/":
                self.path = "/index.html"
                super().do_GET()
            case "/news":
                self._json([{"title": f"Story {n}", "minutes": 2 + n} for n in (1, 2, 3)])
            case "/cities":
                start = query.get("q", "").lower()
                self._json([city for city in CITIES if start and city.lower().startswith(start)])
            case "/fuzz":
                other = f"http://localhost:{self.server.server_address[1]}"  # type: ignore[attr-defined]
                self._say(fuzz_page(int(query["seed"]), other, inner="inner" in query), "text/html; charset=utf-8")
            case "/show":
                self._say(f"<!doctype html><title>Test</title>{query['html']}", "text/html; charset=utf-8")
            case "/file":
                self._file(query)
            case "/nothing":
                self.send_response(204)
                self.end_headers()
            case _:
                super().do_GET()

    def _file(self, query: dict[str, str]) -> None:
        """A download called `name`; its second half `held` until it is let go; `break` before it is whole."""
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Disposition", f'attachment; filename="{query["name"]}"')
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b"hello ")
        if "held" in query:
            self.server.site.let_go.wait(60)  # type: ignore[attr-defined]
        if "break" in query:
            self.close_connection = True
        else:
            self.wfile.write(b"world")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        is_json = "json" in self.headers.get("Content-Type", "")
        self.server.site.submitted.append(json.loads(body) if is_json else dict(parse_qsl(body)))  # type: ignore[attr-defined]
        self._json({"ok": True})

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _json(self, value: Any) -> None:
        self._say(json.dumps(value), "application/json")

    def _say(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8000) as site:
        print(f"{site.url}/contact.html", file=sys.stderr)
        threading.Event().wait()
