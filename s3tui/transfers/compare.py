"""Verifying later: an object against a local file, or against what its own endpoint tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from s3tui.background import CancelToken
from s3tui.display import counted, listed
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import evidence
from s3tui.transfers.evidence import Claim
from s3tui.transfers.failures import LocalFailure
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Progress
from s3tui.transfers.ranges import Ranges
from s3tui.transfers.source import Source
from s3tui.transfers.verify import why_not

Verdict = Literal["verified", "differs", "missing", "can't be compared"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of an object; `path` is None when it was held against its endpoint's own word."""

    uri: S3Uri
    path: Path | None
    verdict: Verdict
    detail: str
    size: int | None = None  # bytes; None when the object was not seen


def compare(
    connection: Connection, uri: S3Uri, path: Path | None, progress: Progress, token: CancelToken
) -> Comparison:
    """Hold the object at `uri`, or the version that `uri` names, against the file at `path`; without one its bytes
    against what the endpoint tells of them.

    What can't be read is a verdict too. Raises `Cancelled` only.
    """
    try:
        stored = head(connection, uri)
    except errors.NoSuchKey as error:
        return Comparison(uri, path, "missing", f"There is no such object: {error.sentence}")
    except S3tuiError as error:
        return Comparison(uri, path, "can't be compared", str(error))
    try:
        if path is None:
            verdict, detail = _with_its_word(connection, stored, progress, token)
        else:
            verdict, detail = _with_file(connection, stored, path, progress, token)
    except S3tuiError as error:
        verdict, detail = "can't be compared", str(error)
    return Comparison(uri, path, verdict, detail, stored.size)


def _with_its_word(
    connection: Connection, stored: ObjectInfo, progress: Progress, token: CancelToken
) -> tuple[Verdict, str]:
    """Read it all, and keep nothing."""
    claims = evidence.all_of(connection, stored)
    if not claims:
        return "can't be compared", f"Nothing tells: {why_not(stored)}."
    progress.begin(stored.size)

    def feed(data: memoryview) -> None:
        for claim in claims:
            claim.feed(data)

    Ranges(connection, stored.uri, stored, progress).receive_in_order(feed, token)
    return _judged(claims) or ("can't be compared", f"It may be damaged: {why_not(stored)}.")


def _with_file(
    connection: Connection, stored: ObjectInfo, path: Path, progress: Progress, token: CancelToken
) -> tuple[Verdict, str]:
    try:
        source = Source(path)
    except LocalFailure as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            return "missing", "There is no such file."
        raise
    with source:
        if source.size != stored.size:
            return "differs", f"The object has {counted(stored.size, 'byte')}, the file {source.size:,}."
        return settled_by_claims(connection, stored, source, progress, token) or _byte_by_byte(
            connection, stored, source, progress, token
        )


def settled_by_claims(
    connection: Connection, stored: ObjectInfo, source: Source, progress: Progress, token: CancelToken
) -> tuple[Verdict, str] | None:
    """What all that is told of `stored` says of a file of its size; None where that leaves it open.

    Raises `errors.S3Error`, `FileChanged`, `LocalFailure` and `Cancelled`.
    """
    progress.begin(source.size)
    claims = evidence.all_of(connection, stored)
    for chunk in source.chunks(Part(1, 0, source.size), token) if claims else ():
        progress.add(len(chunk))
        for claim in claims:
            claim.feed(chunk)
    source.check_unchanged()
    return _judged(claims)


def _judged(claims: Sequence[Claim]) -> tuple[Verdict, str] | None:
    """What the claims say together after all bytes were fed; None when they leave it open."""
    held, broken = dict[str, None](), dict[str, None]()
    for claim in claims:
        if claim.holds():
            held[claim.what] = None
        elif claim.proves:
            broken[claim.what] = None
    if broken:
        though = f", though the {listed(list(held))} fits" if held else ""
        return "differs", f"The {listed(list(broken))} that is told is not that of these bytes{though}."
    return ("verified", f"Size and {listed(list(held))} agree.") if held else None


def _byte_by_byte(
    connection: Connection, stored: ObjectInfo, source: Source, progress: Progress, token: CancelToken
) -> tuple[Verdict, str]:
    """Where nothing that is told could settle it, the object itself is read."""
    at = 0

    def feed(data: memoryview) -> None:
        nonlocal at
        for chunk in source.chunks(Part(1, at, len(data)), token):
            theirs, data = bytes(data[: len(chunk)]), data[len(chunk) :]
            if theirs != chunk:
                raise _Other(at + next(place for place, byte in enumerate(chunk) if byte != theirs[place]))
            at += len(chunk)

    try:
        Ranges(connection, stored.uri, stored, progress).receive_in_order(feed, token)
        source.check_unchanged()
    except _Other as found:
        return "differs", f"Byte {found.at:,} is the first that is another (counted from 0)."
    return "verified", "The object was read, and every byte agrees."


class _Other(Exception):
    """The byte at `at` is not the same."""

    def __init__(self, at: int) -> None:
        super().__init__(str(at))
        self.at = at
