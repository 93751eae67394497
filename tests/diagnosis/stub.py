"""A small S3 server that lies: each operation answers what the test says, all others as an empty bucket would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection

BUCKET = "bucket"


@dataclass(frozen=True)
class Says:
    """One answer. `length` is the Content-Length that is claimed, when it isn't the body's."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


def fails(status: int, code: str, message: str = "no", **elements: str) -> Says:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    said = f"<Message>{message}</Message>" if message else ""
    return Says(status, f"<Error><Code>{code}</Code>{said}{inner}<RequestId>req-{code}</RequestId></Error>")


def listing(*keys: str, prefixes: tuple[str, ...] = (), truncated: bool = False) -> Says:
    rows = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
        "<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    rows += "".join(f"<CommonPrefixes><Prefix>{prefix}</Prefix></CommonPrefixes>" for prefix in prefixes)
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>" if truncated else ""
    return Says(200, f"<ListBucketResult><Name>{BUCKET}</Name>{rows}{more}</ListBucketResult>")


def versions(*entries: tuple[str, str, bool], kind: str = "Version") -> Says:
    rows = "".join(
        f"<{kind}><Key>{key}</Key><VersionId>{version}</VersionId><IsLatest>{str(latest).lower()}</IsLatest>"
        f"<LastModified>2026-01-02T03:04:05.000Z</LastModified></{kind}>"
        for key, version, latest in entries
    )
    return Says(200, f"<ListVersionsResult><Name>{BUCKET}</Name>{rows}</ListVersionsResult>")


EMPTY = {
    "HeadBucket": Says(),
    "HeadObject": Says(404),
    "GetObject": fails(404, "NoSuchKey"),
    "List": listing(),
    "Versions": versions(),
    "Versioning": Says(200, "<VersioningConfiguration/>"),
    "Uploads": Says(200, "<ListMultipartUploadsResult/>"),
    "Parts": fails(404, "NoSuchUpload"),
    "ListBuckets": Says(200, "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"),
}


@dataclass
class Liar:
    """`answers` by operation; an operation may have several, one for each time it is asked. `asked` are the
    requests that came, as `HEAD bucket/key`."""

    answers: dict[str, Says | list[Says]]
    connection: Connection = field(init=False)
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> Says:
        bucket, _, key = path.lstrip("/").partition("/")
        self.asked.append(f"{method} {bucket}/{key}")
        name = _operation(method, bucket, key, query)
        chosen = self.answers.get(f"{name} {key}") or self.answers.get(name) or EMPTY[name]
        if isinstance(chosen, list):
            return chosen.pop(0) if len(chosen) > 1 else chosen[0]
        return chosen


def _operation(method: str, bucket: str, key: str, query: dict[str, list[str]]) -> str:
    if key:
        return "HeadObject" if method == "HEAD" else "Parts" if "uploadId" in query else "GetObject"
    if method == "HEAD":
        return "HeadBucket"
    if not bucket:
        return "ListBuckets"
    named = {"versions": "Versions", "versioning": "Versioning", "uploads": "Uploads"}
    return next((operation for name, operation in named.items() if name in query), "List")


@contextmanager
def lying(answers: dict[str, Says | list[Says]]) -> Iterator[Liar]:
    """A server with these answers (they may be changed), and a connection to it."""
    liar = Liar(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            says = liar.answer(self.command, unquote(parts.path), parse_qs(parts.query, keep_blank_values=True))
            body = says.body.encode()
            self.send_response(says.status)
            self.send_header("x-amz-request-id", "req")
            for name, value in says.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if says.length is None else says.length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
                self.close_connection = says.length is not None

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    remember("liar", Keys("liar-key", "liar-secret"))
    host, port = server.server_address[:2]
    liar.connection = Connection(
        Profile(
            "liar", endpoint=f"http://{host!s}:{port}", region="us-east-1", addressing="path", credentials="session"
        )
    )
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
