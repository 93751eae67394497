"""How much a bucket or prefix holds: objects, older versions, delete markers and unfinished parts, by storage class
and by prefix."""

from __future__ import annotations

import threading
from collections.abc import Callable

from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted
from s3tui.s3 import buckets, capabilities, listing, upload_parts, uploads
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns
from s3tui.s3.errors import S3Error
from s3tui.s3.listing import COMPLETE, MORE, Completeness
from s3tui.s3.uri import S3Uri
from s3tui.s3.usage_tree import STATES, Level, State, Tally, UsageTree


class Usage:
    """What has been measured so far. One thread measures, others look at it."""

    def __init__(self, uri: S3Uri, levels: int | None = None) -> None:
        """`levels` is how many levels of prefixes are kept below `uri`; None keeps all that there is room for."""
        self.uri = uri
        self.completeness: Completeness = MORE
        self.rows = 0  # listed: objects, versions and markers
        self.doing = "listing"  # what goes on at the moment
        self.notes: list[str] = []  # what this endpoint or bucket can't have, a sentence each
        self.unknown: set[State] = set(STATES)  # not looked for, not yet or not at all
        self._tree = UsageTree(uri.key, levels)
        self._lock = threading.Lock()

    @property
    def start(self) -> str:
        """The prefix whose parts are told apart: all of `uri.key` up to its last slash."""
        return self.uri.key[: self.uri.key.rfind("/") + 1]

    @property
    def tally(self) -> Tally:
        """Everything so far."""
        with self._lock:
            return self._tree.tally

    def level(self, prefix: str) -> Level | None:
        """What is known of `prefix`, which is `start` or a prefix below it; None when nothing is."""
        with self._lock:
            return self._tree.level(prefix)

    def add_page(self, page: Columns) -> None:
        """Take in rows of a listing without delimiter, in the order of their keys."""
        with self._lock:
            self._tree.add_page(page)
            self.rows += len(page)

    def add_parts(self, parts: upload_parts.Parts) -> None:
        """Take in what an unfinished upload holds."""
        with self._lock:
            self._tree.add(parts.upload.key, "part", parts.upload.storage_class, parts.count, parts.size)


Progress = Callable[[Usage], object]


def measure(
    usage: Usage, connection: Connection, token: CancelToken | None = None, on_progress: Progress | None = None
) -> None:
    """Measure all of `usage.uri`, and call `on_progress` often, from this thread.

    Raises `S3Error` and `Cancelled`; the usage then says why it stopped and keeps what it has. What may not be
    looked at makes it incomplete, what the endpoint doesn't have is a note.
    """
    progress = on_progress or (lambda _: None)
    try:
        unseen = _add_rows(usage, connection, token, progress)
        unseen += _add_uploads(usage, connection, token, progress)
    except Cancelled:
        usage.completeness = Completeness("stopped", "cancelled")
        raise
    except S3Error as error:
        usage.completeness = Completeness("stopped", error.sentence)
        raise
    usage.completeness = Completeness("stopped", " ".join(unseen)) if unseen else COMPLETE
    usage.doing = ""
    progress(usage)


def _add_rows(usage: Usage, connection: Connection, token: CancelToken | None, progress: Progress) -> list[str]:
    """Count objects, and versions where there can be any. What could not be seen is returned, a sentence each."""
    if token:
        token.check()
    bucket, unseen, versions = usage.uri.bucket, [], False
    if buckets.versioning(connection, bucket) != "Off":
        known = capabilities.probe_bucket(connection, bucket, "versions")
        versions = known.supported
        if known.denied:
            unseen.append("You may not list versions here: older versions and delete markers are not counted.")
        elif not known.supported:
            usage.notes.append("This endpoint lists no versions: only current objects are counted.")
    looked_for: set[State] = {"current"} if unseen else {"current", "noncurrent", "marker"}
    for page in listing.stream(connection, bucket, usage.uri.key, token=token, versions=versions):
        usage.unknown -= looked_for
        usage.add_page(page)
        progress(usage)
    usage.unknown -= looked_for
    return unseen


def _add_uploads(usage: Usage, connection: Connection, token: CancelToken | None, progress: Progress) -> list[str]:
    """Count the parts of unfinished uploads. What could not be seen is returned, a sentence each."""
    bucket = usage.uri.bucket
    usage.doing = "looking for unfinished uploads"
    progress(usage)
    try:
        known = capabilities.probe_bucket(connection, bucket, "uploads")
        if known.denied:
            return ["You may not list unfinished uploads here: their parts are not counted."]
        if not known.supported:
            usage.unknown.discard("part")
            usage.notes.append("This endpoint lists no unfinished uploads.")
            return []
        found = uploads.unfinished(connection, bucket, usage.uri.key, token)
        usage.unknown.discard("part")
    except S3Error as error:  # what was listed before is right all the same
        return [f"Unfinished uploads could not be listed: {error.sentence}"]
    unseen = [] if found.completeness.is_complete else [f"Unfinished uploads: {found.completeness.reason}."]
    unknown: list[upload_parts.Parts] = []
    total = len(found.uploads)
    for number, parts in enumerate(upload_parts.parts_of_all(connection, bucket, found.uploads, token), 1):
        usage.add_parts(parts)
        unknown += [parts] if parts.error else []
        usage.doing = f"reading the parts of unfinished uploads, {number:,} of {total:,}"
        progress(usage)
    if unknown:
        which = counted(len(unknown), "unfinished upload")
        why = unknown[0].error.sentence if unknown[0].error else ""
        unseen.append(f"The parts of {which} could not be read: {why}")
    return unseen
