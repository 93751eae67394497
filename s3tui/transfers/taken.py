"""Which of many keys are taken, by as few requests as that needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from s3tui.background import CancelToken
from s3tui.s3 import errors, page_parser
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns
from s3tui.s3.uri import S3Uri
from s3tui.transfers.found import Found
from s3tui.transfers.names import shared_prefix
from s3tui.transfers.stored import bare, find

ASKED_SINGLY = 4  # keys; of more of them, those between the first and the last are listed
_PAGE = 1000


@dataclass(slots=True)
class Taken:
    """`found`: size in bytes and ETag of what is there, by key. Of the keys that are `unknown` nobody may tell."""

    found: dict[str, Found] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def replacing(self, key: str) -> tuple[bool, str | None]:
        """`overwrite` and `replaces` of a write that somebody lets replace what is at `key`: what was seen there, and
        nothing else. Where nothing was, nothing is replaced."""
        if key in self.unknown:
            return True, None
        found = self.found.get(key)
        return (True, found[1]) if found else (False, None)


def taken(connection: Connection, bucket: str, keys: Iterable[str], token: CancelToken) -> Taken:
    """Which of `keys` are taken in `bucket`. At most two requests for each key; one for a thousand that lie together.

    Raises `errors.S3Error`, of which `NoSuchBucket`; a denied look is no error. Raises `Cancelled`.
    """
    wanted = sorted(set(keys), key=str.encode)
    looking = _Looking(connection, bucket, wanted, token)
    try:
        looking.ask()
    except (errors.AccessDenied, errors.Unsupported):
        looking.ask_each(wanted)  # whoever may not list may perhaps look
    return looking.result


class _Looking:
    def __init__(self, connection: Connection, bucket: str, wanted: Sequence[str], token: CancelToken) -> None:
        self.result = Taken()
        self._connection, self._bucket, self._wanted, self._token = connection, bucket, wanted, token
        self._prefix = shared_prefix(wanted)
        self._set = frozenset(wanted)

    def ask(self) -> None:
        """HeadObject can't tell that there is no such bucket, so there is always one listing."""
        if len(self._wanted) <= ASKED_SINGLY:
            self._page(1)
            self.ask_each(self._wanted)
            return
        at, after = 0, ""
        while at < len(self._wanted):
            page, is_last = self._page(_PAGE, StartAfter=after) if after else self._page(_PAGE)
            if after and len(page) and page.key_bytes(0) <= after.encode():
                self._all_pages()  # the endpoint ignores StartAfter
                return
            last = page.key_bytes(len(page) - 1) if len(page) else b""
            if is_last:
                return
            before = at
            while at < len(self._wanted) and self._wanted[at].encode() <= last:
                at += 1
            if at == before:
                # A page of others: much lies between.
                self.ask_each(self._wanted[at : at + 1])
                at += 1
            after = _before(self._wanted[at], last) if at < len(self._wanted) else ""

    def ask_each(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._token.check()
            try:
                found = find(self._connection, S3Uri(self._bucket, key))
            except (errors.AccessDenied, errors.Refused):
                self.result.unknown.add(key)
                continue
            if found:
                self.result.found[key] = (found.size, bare(found.etag))

    def _all_pages(self) -> None:
        """Page after page to the last key."""
        last, more = self._wanted[-1].encode(), dict[str, Any]()
        while True:
            page, is_last = self._page(_PAGE, **more)
            if is_last or page.key_bytes(len(page) - 1) >= last:
                return
            more = {"ContinuationToken": self._following}

    def _page(self, count: int, **more: Any) -> tuple[Columns, bool]:
        """A page, of which everything wanted is taken in; and whether it is the last."""
        self._token.check()
        with page_parser.columns_wanted():
            answer = self._connection.call(
                "list_objects_v2", Bucket=self._bucket, Prefix=self._prefix, MaxKeys=count, **more
            )
        page = page_parser.page_of(answer)
        for index in range(len(page)):
            if (key := page.key(index)) in self._set:
                self.result.found[key] = (page.size(index), bare(page.etag(index)))
        self._following = str(answer.get("NextContinuationToken") or "")
        return page, not (self._following and len(page))


def _before(key: str, last: bytes) -> str:
    """A key between `last` and `key` to go on after. Cut from a key, it is text that can be asked for."""
    shorter = key[:-1]
    return shorter if shorter.encode() > last else last.decode("utf-8", "ignore")
