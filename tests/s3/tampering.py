"""A proxy before the moto server that answers some requests itself or changes what passes: a server with faults."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection


@dataclass
class Exchange:
    """One request, and its answer once the server gave it."""

    method: str
    path: str  # with the query
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    cut: bool = False  # give no answer at all

    def refuse(self, status: int, code: str) -> None:
        """Answer with an S3 error instead of asking the server."""
        self.status = status
        self.answer_headers = {"Content-Type": "application/xml"}
        self.answer = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


Hook = Callable[[Exchange], object]


@dataclass
class Proxy:
    """`before` sees a request and may answer it; `after` sees the server's answer and may change it."""

    connection: Connection
    seen: list[Exchange]
    before: list[Hook]
    after: list[Hook]

    def sent(self, method: str, part: str = "") -> list[Exchange]:
        """The requests of that method whose path holds `part`."""
        return [exchange for exchange in self.seen if exchange.method == method and part in exchange.path]


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A running proxy before `upstream` (a URL), with a connection of its own."""
    host = urlsplit(upstream)
    before: list[Hook] = []
    after: list[Hook] = []
    seen: list[Exchange] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            exchange = Exchange(self.command, self.path, dict(self.headers.items()), body)
            seen.append(exchange)
            for hook in before:
                hook(exchange)
            if not exchange.status:
                self.forward(exchange)
                for hook in after:
                    hook(exchange)
            if exchange.cut:
                self.close_connection = True
                return
            self.respond(exchange)

        def forward(self, exchange: Exchange) -> None:
            server = http.client.HTTPConnection(host.hostname or "", host.port)
            try:
                server.request(exchange.method, exchange.path, exchange.body or None, exchange.headers)
                answer = server.getresponse()
                exchange.status, exchange.answer = answer.status, answer.read()
                exchange.answer_headers = dict(answer.getheaders())
            finally:
                server.close()

        def respond(self, exchange: Exchange) -> None:
            self.send_response_only(exchange.status)
            for name, value in exchange.answer_headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            length = len(exchange.answer)
            if exchange.method == "HEAD":
                length = int(exchange.answer_headers.get("Content-Length", 0))
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if exchange.method != "HEAD":
                self.wfile.write(exchange.answer)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    remember("tampered", Keys("a", "b"))
    profile = Profile(
        "tampered", endpoint=f"http://127.0.0.1:{server.server_port}", region="us-east-1", credentials="session"
    )
    try:
        yield Proxy(Connection(profile), seen, before, after)
    finally:
        server.shutdown()
        server.server_close()


def without_header(name: str) -> Hook:
    """Drop one header of each answer."""

    def drop(exchange: Exchange) -> None:
        exchange.answer_headers = {
            key: value for key, value in exchange.answer_headers.items() if key.lower() != name.lower()
        }

    return drop
