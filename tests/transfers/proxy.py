"""A proxy in front of a real server that does to chosen requests what bad lines and odd servers do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Asked:
    """One request on its way through."""

    method: str
    path: str  # with its query
    headers: dict[str, str]  # names in lower case; what is deleted here is not passed on
    body: bytes


@dataclass
class Treatment:
    """What to do with the answer: pass it on, lose it, cut its body after some bytes, or give another one."""

    lose: bool = False
    cut_after: int | None = None
    instead: tuple[int, bytes] | None = None  # status and body; the server isn't asked
    before: Callable[[], Any] | None = None  # called before the server is asked
    change: Callable[[bytes], bytes] | None = None  # the server's answer, before it is passed on
    headers: dict[str, str] = field(default_factory=dict)  # of the answer, instead of the server's


Rule = Callable[[Asked], Treatment | None]


@dataclass
class Proxy:
    """`endpoint` is its URL; the first rule that gives a treatment is applied."""

    upstream: str
    endpoint: str = ""
    rules: list[Rule] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    answered: list[Asked] = field(default_factory=list)  # the server has done it

    def treat(self, asked: Asked) -> Treatment:
        self.asked.append(asked)
        found = (rule(asked) for rule in self.rules)
        return next((treatment for treatment in found if treatment), Treatment())

    def once(self, rule: Rule) -> None:
        """Add a rule that is applied to the first request it fits."""
        left = [1]

        def guarded(asked: Asked) -> Treatment | None:
            treatment = rule(asked) if left else None
            if treatment and left:
                left.clear()
            return treatment

        self.rules.append(guarded)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _pass(self) -> None:
        try:
            self._pass_on()
        except ConnectionError:
            self.close_connection = True  # whoever asked was killed

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError  # passing half of it on would hold the server up for as long as it has patience
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        treatment = self.proxy.treat(asked)
        if treatment.before:
            treatment.before()
        if treatment.instead:
            self._answer(*treatment.instead, {"Content-Type": "application/xml"})
            return
        asked.headers.pop("expect", None)
        upstream = http.client.HTTPConnection(urlsplit(self.proxy.upstream).netloc)
        upstream.request(asked.method, asked.path, body=asked.body, headers=asked.headers)
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        self.proxy.answered.append(asked)
        if treatment.lose:
            self.close_connection = True
            return
        headers = dict(answer.getheaders())
        if treatment.change:
            data = treatment.change(data)
            headers["Content-Length"] = str(len(data))
        self._answer(answer.status, data, headers | treatment.headers, treatment.cut_after)

    def _answer(self, status: int, body: bytes, headers: dict[str, str], cut_after: int | None = None) -> None:
        self.send_response_only(status)
        ours = ("connection", "content-length", "transfer-encoding")
        kept = {name: value for name, value in headers.items() if name.lower() not in ours}
        length = next((value for name, value in headers.items() if name.lower() == "content-length"), str(len(body)))
        for name, value in (kept | {"Content-Length": length}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if cut_after is None else body[:cut_after])
        if cut_after is not None:
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is for the tests."""


@contextmanager
def running(upstream: str) -> Iterator[Proxy]:
    proxy = Proxy(upstream)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
