"""A server for tests that lists given keys as S3 does, except on the requests that are told to go wrong.

Requests for pages are counted from 1 in the order of their arrival, repeated ones too. A listing that asks for many
pages at once meets a fault on whatever page comes then.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

from tests.s3.stub_server import Answer, Asked, Stub, stub

FOREVER = 1_000_000_000  # the end of a range of requests
TIME = "2026-11-20T16:03:04.000Z"
_SESSION = b"""<?xml version="1.0"?><CreateSessionResult><Credentials><AccessKeyId>ASIASTUB</AccessKeyId>
<SecretAccessKey>none</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></CreateSessionResult>"""


@dataclass(frozen=True)
class Version:
    """One version of a key. Only a current one that is no marker is an object of the plain listing."""

    key: str
    number: int = 0  # 0 is the newest of its key
    is_marker: bool = False


@dataclass
class Page:
    """One page before it is written; a fault may change it."""

    rows: list[Version]
    prefixes: list[str]
    query: dict[str, str]
    following: dict[str, str] = field(default_factory=dict)  # names and values of the elements; empty on the last
    is_truncated: bool = False

    def answer(self) -> Answer:
        versions = "versions" in self.query
        rows = "".join(map(self._version if versions else self._object, self.rows))
        prefixes = "".join(
            f"<CommonPrefixes><Prefix>{self._text(it)}</Prefix></CommonPrefixes>" for it in self.prefixes
        )
        encoding = "<EncodingType>url</EncodingType>" if self._is_encoded else ""
        truncated = f"<IsTruncated>{str(self.is_truncated).lower()}</IsTruncated>"
        following = "".join(f"<{name}>{self._text(value)}</{name}>" for name, value in self.following.items())
        root = "ListVersionsResult" if versions else "ListBucketResult"
        namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        head = f"<Name>bucket</Name><MaxKeys>1000</MaxKeys>{encoding}{truncated}{following}"
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {namespace}>{head}{rows}{prefixes}</{root}>'
        return Answer(200, document.encode(), {"Content-Type": "application/xml"})

    @property
    def _is_encoded(self) -> bool:
        return self.query.get("encoding-type") == "url"

    def _text(self, name: str) -> str:
        return quote(name, safe="/") if self._is_encoded else escape(name, {"\r": "&#13;"})

    def _object(self, row: Version) -> str:
        etag = f"<ETag>&quot;{len(row.key):032x}&quot;</ETag><Size>{len(row.key)}</Size>"
        rest = f"<LastModified>{TIME}</LastModified>{etag}<StorageClass>STANDARD</StorageClass>"
        return f"<Contents><Key>{self._text(row.key)}</Key>{rest}</Contents>"

    def _version(self, row: Version) -> str:
        latest = str(row.number == 0).lower()
        head = f"<Key>{self._text(row.key)}</Key><VersionId>v{row.number}</VersionId><IsLatest>{latest}</IsLatest>"
        if row.is_marker:
            return f"<DeleteMarker>{head}<LastModified>{TIME}</LastModified></DeleteMarker>"
        etag = f"<ETag>&quot;{len(row.key):032x}&quot;</ETag><Size>{len(row.key)}</Size>"
        rest = f"<LastModified>{TIME}</LastModified>{etag}<StorageClass>STANDARD</StorageClass>"
        return f"<Version>{head}{rest}</Version>"


Fault = Callable[[Page], Answer]


def cut(page: Page) -> Answer:
    """The connection ends in the middle of the body."""
    whole = page.answer()
    headers = {"Content-Length": str(len(whole.body)), "Connection": "close"}
    return Answer(200, whole.body[: len(whole.body) // 2], headers)


def torn(page: Page) -> Answer:
    """Half of the XML, and the headers say that it is all."""
    whole = page.answer()
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def internal_error(page: Page) -> Answer:
    return Answer(500, b"<Error><Code>InternalError</Code></Error>")


def slow_down(page: Page) -> Answer:
    return Answer(503, b"<Error><Code>SlowDown</Code></Error>")


def denied(page: Page) -> Answer:
    return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")


def empty(page: Page) -> Answer:
    """It is fine, and there is nothing in it."""
    return Answer(200)


def no_content(page: Page) -> Answer:
    return Answer(204)


def sign_in(page: Page) -> Answer:
    """What a network sends to those who haven't signed in to it; it is well-formed XML."""
    return Answer(200, b"<html><body><p>Sign in</p></body></html>", {"Content-Type": "text/html"})


def another_document(page: Page) -> Answer:
    return Answer(200, b'<?xml version="1.0"?>\n<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>')


def nothing_said(page: Page) -> Answer:
    """The right document without anything in it."""
    whole = page.answer()
    root = b"ListVersionsResult" if b"<ListVersionsResult" in whole.body else b"ListBucketResult"
    return replace(whole, body=b"<%b/>" % root)


def end_not_said(page: Page) -> Answer:
    """The rows, but neither whether that is all nor how to get more."""
    page.following = {}
    whole = page.answer()
    return replace(whole, body=re.sub(rb"<IsTruncated>\w+</IsTruncated>", b"", whole.body))


def begins_with_the_last(page: Page) -> Answer:
    """The last key of the page before comes once more."""
    if "continuation-token" in page.query:
        page.rows.insert(0, Version(_decoded(page.query["continuation-token"])))
    return page.answer()


def twice(page: Page) -> Answer:
    """Each row comes twice."""
    page.rows = [row for row in page.rows for _ in range(2)]
    return page.answer()


def repeated_token(page: Page) -> Answer:
    """The next page is this one again, and so on for ever."""
    if "versions" in page.query:
        asked = {"NextKeyMarker": "key-marker", "NextVersionIdMarker": "version-id-marker"}
    else:
        asked = {"NextContinuationToken": "continuation-token"}
    page.following = {name: page.query[word] for name, word in asked.items() if word in page.query}
    return page.answer()


def no_token(page: Page) -> Answer:
    """There is more, but not how to get it."""
    page.is_truncated, page.following = True, {}
    return page.answer()


def backwards(page: Page) -> Answer:
    """The keys of the page come in the wrong order."""
    page.rows.reverse()
    return page.answer()


def slow(seconds: float) -> Fault:
    """The page comes late."""

    def fault(page: Page) -> Answer:
        time.sleep(seconds)
        return page.answer()

    return fault


@dataclass(frozen=True)
class Bucket:
    """What the server holds, and how it always behaves."""

    keys: Sequence[str]  # in S3's order: by their UTF-8
    history: Mapping[str, Sequence[str]] = field(default_factory=dict)  # key -> `version` or `marker`, newest first
    faults: Sequence[tuple[Container[int], Fault]] = ()  # on which requests; the first one holds
    max_keys: int = 0  # sends so many whatever was asked for; 0 does as asked
    ignores_start_after: bool = False
    refuses: Callable[[Asked], bool] = lambda _: False  # requests whose keys it says are out of date
    _lists: dict[tuple[str, str], list[str]] = field(default_factory=dict, init=False)  # by prefix and delimiter
    _version_lists: dict[str, list[Version]] = field(default_factory=dict, init=False)  # by prefix

    def page(self, query: dict[str, str]) -> Page:
        """The page that S3 would send, but for the two options."""
        if self.ignores_start_after:
            query = {word: value for word, value in query.items() if word != "start-after"}
        limit = self.max_keys or min(int(query.get("max-keys", 1000)), 1000)
        return self._versions(query, limit) if "versions" in query else self._objects(query, limit)

    def _objects(self, query: dict[str, str], limit: int) -> Page:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = _decoded(query["continuation-token"]) if "continuation-token" in query else None
        names = self._names(prefix, delimiter)
        if after is None:
            first = self._first_after(names, query.get("start-after", ""))
        else:
            first = bisect_right(names, after.encode(), key=str.encode)
        last = min(first + limit, len(names))
        page = Page([], [], query, is_truncated=last < len(names))
        for name in names[first:last]:
            if _is_prefix(name, prefix, delimiter):
                page.prefixes.append(name)
            else:
                page.rows.append(Version(name))
        if page.is_truncated:
            page.following = {"NextContinuationToken": names[last - 1].encode().hex()}
        return page

    def _names(self, prefix: str, delimiter: str) -> list[str]:
        """Objects and common prefixes."""
        if (prefix, delimiter) not in self._lists:
            self._lists[prefix, delimiter] = self._found(prefix, delimiter)
        return self._lists[prefix, delimiter]

    def _found(self, prefix: str, delimiter: str) -> list[str]:
        first = bisect_left(self.keys, prefix.encode(), key=str.encode)
        found: dict[str, None] = {}
        for key in self.keys[first:]:
            if not key.startswith(prefix):
                break
            if self._states(key)[0] == "marker":
                continue
            name, delimited, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            found[prefix + name + delimiter if delimited else key] = None
        return list(found)

    def _first_after(self, names: Sequence[str], start: str) -> int:
        """A common prefix in the midst of which it starts is still there while keys of it are left."""
        first = bisect_right(names, start.encode(), key=str.encode)
        before = names[first - 1] if first else ""
        if not before or before == start or not start.startswith(before):
            return first
        following = bisect_right(self.keys, start.encode(), key=str.encode)
        return first - 1 if following < len(self.keys) and self.keys[following].startswith(before) else first

    def _versions(self, query: dict[str, str], limit: int) -> Page:
        prefix = query.get("prefix", "")
        if prefix not in self._version_lists:
            self._version_lists[prefix] = [
                Version(key, number, state == "marker")
                for key in self.keys
                if key.startswith(prefix)
                for number, state in enumerate(self._states(key))
            ]
        rows = self._version_lists[prefix]
        marker = (query.get("key-marker", "").encode(), int(query.get("version-id-marker", f"v{FOREVER}")[1:]))
        first = bisect_right(rows, marker, key=lambda row: (row.key.encode(), row.number)) if marker[0] else 0
        last = min(first + limit, len(rows))
        page = Page(rows[first:last], [], query, is_truncated=last < len(rows))
        if page.is_truncated:
            page.following = {"NextKeyMarker": rows[last - 1].key, "NextVersionIdMarker": f"v{rows[last - 1].number}"}
        return page

    def _states(self, key: str) -> Sequence[str]:
        return self.history.get(key, ("version",))


@contextlib.contextmanager
def listing_server(bucket: Bucket) -> Iterator[Stub]:
    """Serves `bucket` under any name until the block ends, S3 Express's ones too, which are asked in sessions."""
    numbers = iter(range(1, FOREVER))
    lock = threading.Lock()

    def answer(asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        query = {word: values[0] for word, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if "session" in query:
            return Answer(200, _SESSION, {"Content-Type": "application/xml"})
        if asked.method != "GET" or not query.keys() & {"list-type", "versions"}:
            return Answer(501, b"<Error><Code>NotImplemented</Code></Error>")
        if bucket.refuses(asked):
            return Answer(400, b"<Error><Code>ExpiredToken</Code></Error>")
        with lock:
            number = next(numbers)
        page = bucket.page(query)
        fault = next((fault for requests, fault in bucket.faults if number in requests), Page.answer)
        return fault(page)

    with stub(answer) as running:
        yield running


def _is_prefix(name: str, prefix: str, delimiter: str) -> bool:
    return bool(delimiter) and delimiter in name[len(prefix) :]


def _decoded(token: str) -> str:
    return bytes.fromhex(token).decode()
