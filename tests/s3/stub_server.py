"""A tiny HTTP server for tests: it answers whatever a function says, as servers that lie do."""

from __future__ import annotations

import contextlib
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What to send; a status of 0 closes the connection without an answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Stub:
    """The running server, what it was asked, and a profile for it."""

    def __init__(self, endpoint: str) -> None:
        self.asked: list[Asked] = []
        self.endpoint = endpoint
        remember("stub", Keys("AKIASTUB", "not-a-secret"))
        self.profile = Profile("stub", endpoint=endpoint, region="us-east-1", credentials="session")


@contextlib.contextmanager
def stub(answer: Callable[[Asked], Answer], tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """Serve on a free loopback port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes; the second one would wait 40 ms

        def respond(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            running.asked.append(asked)
            reply = answer(asked)
            self.close_connection = reply.status == 0
            if not self.close_connection:
                with contextlib.suppress(ConnectionError):  # a client that has read enough goes away
                    self.send(reply)

        def send(self, reply: Answer) -> None:
            self.send_response_only(reply.status)
            usual = {"Date": self.date_time_string(), "Content-Length": str(len(reply.body))}
            for name, value in {**usual, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = respond

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # a listing that fans out connects many times at once

        def handle_error(self, *where: object) -> None:
            if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was ended goes away like that
                super().handle_error(*where)  # type: ignore[arg-type]

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "https" if tls else "http"
    running = Stub(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
