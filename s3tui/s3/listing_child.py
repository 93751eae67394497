"""The child process of a long listing: fetches pages, cuts them into columns and writes these to its parent.

What it does and with which keys comes over its standard input, nothing over arguments or the environment. It ends
when that closes, so it never outlives its parent. It decides nothing: the parent says where each segment of the
key space begins and ends, checks every page, and asks again itself for what fails here.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from s3tui.background import Pool
from s3tui.s3.direct import Answer, Direct, Way
from s3tui.s3.page_parser import NotPlain, Page, parse_page

_LENGTH = struct.Struct(">I")
_NICE = 5  # the screen goes first


@dataclass(slots=True)
class Job:
    """Parent to child: list a segment from here on."""

    number: int
    following: dict[str, str]  # query words of its next page
    end: bytes | None  # its last key at most; may be lowered while it runs
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Parent to child: a change to a running job."""

    number: int
    end: bytes | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """Child to parent: a page of a job, or why there is none; then the job has ended."""

    number: int
    kind: Literal["ready", "page", "failed"]
    columns: bytes = b""  # packed
    truncated: bool = False
    following: dict[str, str] = field(default_factory=dict)
    status: int = 0
    request_id: str = ""
    waited: float = 0.0  # s, for the server
    busy: float = 0.0  # s of this process's time


def write(out: BinaryIO, message: Any) -> None:
    """Send a message; raises `OSError` when the other end is gone."""
    data = pickle.dumps(message, protocol=5)
    out.write(_LENGTH.pack(len(data)))
    out.write(data)
    out.flush()


def read(source: BinaryIO) -> Any:
    """The next message; raises `EOFError` when the other end is gone."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    data = source.read(_LENGTH.unpack(head)[0])
    try:
        return pickle.loads(data)
    except pickle.UnpicklingError as error:
        raise EOFError from error


class Child:
    """Runs jobs, each in a thread, until the parent is gone."""

    def __init__(self, source: BinaryIO, out: BinaryIO) -> None:
        self._source = source
        self._out = out
        self._writing = threading.Lock()
        self._jobs: dict[int, Job] = {}

    def run(self) -> None:
        """Obey what comes in. Raises `EOFError` at its end."""
        way: Way = read(self._source)
        direct = Direct(way)
        pool = Pool("pages", way.streams)
        self._send(Fetched(0, "ready"))
        while True:
            message = read(self._source)
            if isinstance(message, Job):
                self._jobs[message.number] = message
                pool.submit(self._list, direct, way.query, message)
            elif job := self._jobs.get(message.number):
                job.end, job.stopped = message.end, message.stop

    def _list(self, direct: Direct, query: dict[str, str], job: Job) -> None:
        try:
            following: dict[str, str] | None = job.following
            while following is not None and not job.stopped:
                following = self._page(direct, query, job, following)
        finally:
            del self._jobs[job.number]

    def _page(self, direct: Direct, query: dict[str, str], job: Job, words: dict[str, str]) -> dict[str, str] | None:
        """Fetch one page and send it; the query words of the next, or None when that was the last."""
        from botocore.exceptions import HTTPClientError

        before = time.thread_time()
        answer = Answer(0, b"", "", 0.0)
        try:
            answer = direct.get(query | words)
            if answer.status != 200:
                raise NotPlain
            page = parse_page(answer.body)
        except (HTTPClientError, NotPlain):
            self._send(Fetched(job.number, "failed", status=answer.status, request_id=answer.request_id))
            return None
        self._send(
            Fetched(
                job.number,
                "page",
                page.columns.packed(),
                page.truncated,
                page.following,
                answer.status,
                answer.request_id,
                answer.seconds,
                time.thread_time() - before,
            )
        )
        return page.following if page.truncated and page.following and not _is_past(page, job.end) else None

    def _send(self, message: Fetched) -> None:
        with self._writing:
            write(self._out, message)


def _is_past(page: Page, end: bytes | None) -> bool:
    last = page.columns.last_key
    return end is not None and last is not None and last >= end


def main() -> None:
    """Until standard input is closed."""
    os.nice(_NICE)
    try:
        Child(sys.stdin.buffer, sys.stdout.buffer).run()
    except (EOFError, OSError):
        os._exit(0)  # threads may be in the middle of a request


if __name__ == "__main__":
    main()
