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
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from s3tui.background import Pool
from s3tui.s3.direct import Answer, Direct, Way
from s3tui.s3.packed import pack
from s3tui.s3.page_parser import NotPlain, Page, page_for
from s3tui.s3.standing_back import stand_back

LENGTH = struct.Struct(">I")


@dataclass(slots=True)
class Job:
    """Parent to child: list a segment from here on."""

    number: int
    following: dict[str, str]  # query words of its next page
    end: bytes | None  # its last key at most; may be lowered while it runs
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Parent to child: a running job ends earlier, or stops."""

    number: int
    end: bytes | None
    stop: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """Child to parent: it is ready, a page of a job, a page that failed (which ends the job), or the job's end."""

    number: int
    kind: Literal["ready", "page", "failed", "end"]
    columns: bytes = b""  # packed
    truncated: bool = False
    following: dict[str, str] = field(default_factory=dict)
    status: int = 0
    request_id: str = ""
    seconds: float = 0.0  # until all of the answer was there
    idle: float = 0.0  # s of these, waiting
    busy: float = 0.0  # s of this process's own time


def write(out: BinaryIO, message: Any) -> None:
    """Send a message; raises `OSError` when the other end is gone."""
    data = pickle.dumps(message, protocol=5)
    out.write(LENGTH.pack(len(data)) + data)
    out.flush()


def read(source: BinaryIO) -> Any:
    """The next message; raises `EOFError` when the other end is gone."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    return pickle.loads(source.read(LENGTH.unpack(head)[0]))


def taken_from(received: bytearray) -> Iterator[Any]:
    """Each whole message in `received`, which keeps only the start of one that isn't all there."""
    at = 0
    while len(received) >= (body := at + LENGTH.size):
        following = body + LENGTH.unpack_from(received, at)[0]
        if len(received) < following:
            break
        with memoryview(received) as view:
            message = pickle.loads(view[body:following])
        at = following
        yield message
    del received[:at]


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
            self._send(Fetched(job.number, "end"))

    def _page(self, direct: Direct, query: dict[str, str], job: Job, words: dict[str, str]) -> dict[str, str] | None:
        """Fetch one page and send it; the query words of the next, or None when that was the last."""
        before = time.thread_time()
        answer = Answer(0, b"", "", 0.0, 0.0)
        try:
            answer = direct.get(query | words)
            if answer.status != 200:
                raise NotPlain
            page = page_for(query, answer.body)
        except Exception:  # of any kind: the parent asks again, and says what is wrong
            self._send(Fetched(job.number, "failed", status=answer.status, request_id=answer.request_id))
            return None
        self._send(
            Fetched(
                job.number,
                "page",
                b"".join(pack(page.columns)),
                page.truncated,
                page.following,
                answer.status,
                answer.request_id,
                answer.seconds,
                answer.idle,
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
    stand_back()
    # For signatures that aren't made here; a sixth of the time until the first job.
    sys.modules["awscrt"] = None  # type: ignore[assignment]
    try:
        Child(sys.stdin.buffer, sys.stdout.buffer).run()
    except (EOFError, OSError):
        os._exit(0)  # threads may be in the middle of a request


if __name__ == "__main__":
    main()
