"""Deleting objects, selections and prefixes: listed and deleted at the same time, and counted key by key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import ClassVar

from s3tui.background import PARTS, Cancelled, CancelToken
from s3tui.display import counted
from s3tui.errors import BadInput
from s3tui.s3 import errors, upload_aborts
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import LARGEST, Doomed, Failure
from s3tui.s3.uri import S3Uri
from s3tui.transfers import doomed as dooms
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress, State
from s3tui.transfers.removing import Removed, Remover
from s3tui.transfers.request import Kind
from s3tui.transfers.still_there import UnchangedRemover

AT_ONCE = 4  # batches of one delete
FAILURES_KEPT = 100
_TOLD = 3  # failures in the outcome's sentence


@dataclass(frozen=True, slots=True)
class DeleteRequest:
    """What is to go from one bucket: objects by their exact keys, and everything under prefixes.

    A prefix ends in `/`, or is empty for the whole bucket. `version_id` is of the only key. `all_versions` takes
    noncurrent versions and delete markers, too, `uploads` unfinished uploads. `expected` is how many keys were
    counted before, to tell how far it is. `seen` are size in bytes and ETag of each of `keys`, if they were looked at
    before: what has become another object stays.
    """

    kind: ClassVar[Kind] = "delete"
    overwrite: ClassVar[bool] = False
    bucket: str
    keys: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    version_id: str = ""
    all_versions: bool = False
    uploads: bool = False
    expected: int = 0
    seen: tuple[tuple[int, str], ...] = ()

    @property
    def ends(self) -> tuple[str, str]:
        """What goes; it goes nowhere."""
        names = [*self.prefixes, *self.keys]
        if len(names) == 1:
            return f"{S3Uri(self.bucket, names[0])}{'' if self.keys else '*'}", ""
        parts = [(len(self.prefixes), "prefix", "prefixes"), (len(self.keys), "object", "objects")]
        said = " and ".join(counted(count, noun, plural) for count, noun, plural in parts if count)
        return f"s3://{self.bucket}: {said}", ""

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        return delete(connection, self, progress, token, notes)

    def discard(self, _: Connection, notes: Notes) -> None:
        """What is deleted can't be brought back, and nothing else is left."""
        notes.clear()

    def problems(self) -> list[str]:
        """Why it can't be done as it stands, one sentence each."""
        found = [f"“{prefix}” is no prefix: it must end in “/”." for prefix in self.prefixes if prefix[-1:] not in "/"]
        if "" in self.keys:
            found.append("A key is empty.")
        if self.version_id and (len(self.keys) != 1 or self.prefixes):
            found.append("A version id is that of one key.")
        if self.seen and (len(self.seen) != len(self.keys) or self.prefixes or self.version_id or self.all_versions):
            found.append("What was seen must be of every key, and nothing else can go with them.")
        if not self.keys and not self.prefixes:
            found.append("There is nothing to delete.")
        return found


@dataclass(slots=True)
class Result:
    """What became of it so far. Only the first `FAILURES_KEPT` failures are kept in full."""

    deleted: int = 0  # objects, versions and delete markers
    failed: int = 0
    unknown: int = 0  # asked for, but no answer came
    aborted: int = 0  # unfinished uploads
    failures: list[Failure] = field(default_factory=list)
    why: errors.S3Error | None = None  # nothing more was done after this
    cancelled: bool = False

    def add(self, removed: Removed) -> None:
        """Take in what became of a batch."""
        self.deleted += len(removed.deleted)
        self.failed += len(removed.failures)
        self.unknown += len(removed.unknown)
        self.failures += removed.failures[: FAILURES_KEPT - len(self.failures)]
        self.why = self.why or removed.why

    def join(self, other: Result) -> None:
        """Take in what became of another delete."""
        self.deleted += other.deleted
        self.failed += other.failed
        self.unknown += other.unknown
        self.aborted += other.aborted
        self.failures += other.failures[: FAILURES_KEPT - len(self.failures)]
        self.why = self.why or other.why
        self.cancelled |= other.cancelled


Told = Callable[[Removed], object]


def delete(
    connection: Connection,
    request: DeleteRequest,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
    on_removed: Told | None = None,
) -> Outcome:
    """Delete what `request` names and say what the endpoint said: `verified` only when it named every key as deleted
    and the list was complete.

    `on_removed` is called in this thread with what became of each batch. Cancelled, it waits for the batches on their
    way; what they did is in the outcome. Raises `BadInput`, and `errors.S3Error` when nothing was deleted at all.
    """
    if complaints := request.problems():
        raise BadInput(complaints[0])
    return outcome(run(connection, request, progress, token, notes, on_removed))


def run(
    connection: Connection,
    request: DeleteRequest,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
    on_removed: Told | None = None,
) -> Result:
    """As `delete`, without a judgement."""
    deleting = _Deleting(connection, _without_repeats(request), progress, token, on_removed)
    began = bool(notes.get("begun"))
    notes.set(begun=True)
    try:
        if request.expected:
            progress.begin(request.expected)
        deleting.remove_all(began)
        deleting.abort_uploads()
    except Cancelled:
        deleting.result.cancelled = True
    except errors.S3Error as error:
        deleting.result.why = deleting.result.why or error
    return deleting.result


def _without_repeats(request: DeleteRequest) -> DeleteRequest:
    """Nothing twice, and nothing that lies under a prefix that goes: it would be deleted two times."""
    prefixes: list[str] = []
    for prefix in sorted(set(request.prefixes)):
        if not prefixes or not prefix.startswith(prefixes[-1]):
            prefixes.append(prefix)
    if request.seen:
        return request
    keys = (key for key in dict.fromkeys(request.keys) if not key.startswith(tuple(prefixes)))
    return dataclasses.replace(request, keys=tuple(keys), prefixes=tuple(prefixes))


class _Deleting:
    """One delete on its way."""

    def __init__(
        self,
        connection: Connection,
        request: DeleteRequest,
        progress: Progress,
        token: CancelToken,
        on_removed: Told | None,
    ) -> None:
        self._connection, self._request, self._progress, self._token = connection, request, progress, token
        self._on_removed = on_removed
        self._running: set[Future[Removed]] = set()
        self.result = Result()

    def remove_all(self, began: bool) -> None:
        """`began`: an earlier run was broken off, so named keys may be gone already."""
        # While versioning is suspended each delete puts the same marker, that of the version “null”.
        repeatable = dooms.versioning_of(self._connection, self._request.bucket) in ("Off", "Suspended")
        place = self._connection, self._request.bucket, repeatable
        seen = dict(zip(self._request.keys, self._request.seen, strict=True)) if self._request.seen else None
        stop = CancelToken()
        self._token.on_cancel(stop.cancel)
        look_first = began and bool(self._request.keys)
        remove = (Remover(*place) if seen is None else UnchangedRemover(*place, seen)).remove
        try:
            with closing(self._batches()) as batches:
                for batch in batches:
                    if self.result.why:
                        break
                    self._running.add(PARTS.submit(remove, batch, stop, look_first))
                    if len(self._running) >= AT_ONCE:
                        self._collect(FIRST_COMPLETED)
            self._collect(ALL_COMPLETED)
        except errors.S3Error:
            self._collect(ALL_COMPLETED)  # what was listed before goes, and is told
            raise
        except BaseException:  # Ctrl-C, too
            stop.cancel()
            self._collect(ALL_COMPLETED)
            raise
        self._token.check()

    def _batches(self) -> Generator[list[Doomed], None, None]:
        waiting: list[Doomed] = []
        with closing(dooms.stream(self._connection, self._request, self._token)) as stream:
            for some in stream:
                waiting += some.doomed
                while len(waiting) >= LARGEST:
                    yield waiting[:LARGEST]
                    waiting = waiting[LARGEST:]
        if waiting:
            yield waiting

    def _collect(self, when: str) -> None:
        done, self._running = wait(self._running, return_when=when)
        for future in done:
            removed = future.result()
            self.result.add(removed)
            self._progress.add(len(removed.deleted))
            if self._on_removed:
                self._on_removed(removed)

    def abort_uploads(self) -> None:
        """Abort the unfinished uploads, if that was asked for."""
        if self.result.why or not self._request.uploads:
            return
        self._progress.stage = "aborting unfinished uploads"
        unfinished = dooms.unfinished(self._connection, self._request, self._token)
        for ended in upload_aborts.abort_all(self._connection, self._request.bucket, unfinished, self._token):
            if isinstance(ended.error, (errors.AccessDenied, errors.Refused, errors.Conflict, errors.Unsafe)):
                self.result.add(Removed(failures=[Failure(Doomed(ended.upload.key), ended.error)]))
            elif ended.error:
                raise ended.error
            elif not ended.had_ended:  # else it was completed or aborted meanwhile
                self.result.aborted += 1


def outcome(result: Result) -> Outcome:
    """What may be said of it. Raises the `errors.S3Error` that stopped it, if nothing was deleted before."""
    nothing = not (result.deleted or result.failed or result.unknown or result.aborted)
    if result.why and nothing and not result.cancelled:
        raise result.why
    said = [f"{result.deleted:,} deleted; the endpoint named each."] if result.deleted else ["Nothing was deleted."]
    if result.aborted:
        said.append(f"{counted(result.aborted, 'unfinished upload')} aborted.")
    if result.unknown:
        said.append(f"Of {result.unknown:,} more it is not known: no answer came.")
    if result.failed:
        said.append(f"{result.failed:,} not deleted: {' '.join(_reasons(result))}")
    if result.why:
        said.append(f"It stopped early: {result.why.sentence}")
    state: State = "verified"
    if result.unknown:
        state = "outcome unknown"
    elif result.cancelled:
        state = "cancelled"
    elif result.failed or result.why:
        state = "done in part" if result.deleted or result.aborted else "failed"
    elif nothing:
        said = ["There was nothing to delete."]
    return Outcome(state, " ".join(said))


def _reasons(result: Result) -> list[str]:
    """The first failures, and that there are more."""
    told = [failure.error.sentence for failure in result.failures[:_TOLD]]
    return told + ([f"And {result.failed - len(told):,} more."] if result.failed > len(told) else [])
