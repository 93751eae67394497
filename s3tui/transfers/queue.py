"""The transfers of this run: waiting, moving, and done, in the order they were asked for.

Whoever shows them pulls `snapshot()`; `version` grows with every change of a state. Nothing of it is on disk
yet; a transfer is its request, its connection's profile and its state, which is what a journal will hold.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from s3tui.background import TRANSFERS, Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.progress import FINISHED, Outcome, Progress, State

if TYPE_CHECKING:
    from s3tui.transfers.download import DownloadRequest
    from s3tui.transfers.upload import UploadRequest

Kind = Literal["upload", "download"]
Move = Callable[[Progress, CancelToken], Outcome]


@dataclass(frozen=True, slots=True)
class TransferView:
    """One transfer as it is now. `done`, `total` are bytes, `speed` bytes a second; `why` explains the state."""

    number: int
    kind: Kind
    profile: str
    source: str
    target: str
    state: State
    stage: str
    done: int
    total: int | None
    speed: float
    seconds_left: float | None
    why: str
    etag: str = ""  # of what was moved, when that worked
    version_id: str | None = None
    exists: bool = False  # it failed because the target is there already

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class Transfer:
    """One file on its way. Only the queue changes it."""

    def __init__(
        self, number: int, kind: Kind, connection: Connection, request: UploadRequest | DownloadRequest, move: Move
    ) -> None:
        """`move(progress, token)` does what `request` asks for."""
        self.number, self.kind, self.connection = number, kind, connection
        self.request, self.move = request, move
        self.progress = Progress()
        self.token = CancelToken()
        self.state: State = "waiting"
        self.why = ""
        self.error: BaseException | None = None
        self.outcome: Outcome | None = None
        self.future: Future[None] | None = None

    def view(self) -> TransferView:
        """As it is now."""
        progress, running = self.progress, self.state == "running"
        source, target = self._places()
        stage = "cancelling" if self.token.cancelled else progress.stage
        return TransferView(
            number=self.number,
            kind=self.kind,
            profile=self.connection.profile.name,
            source=source,
            target=target,
            state=self.state,
            stage=stage if running else "",
            done=progress.done,
            total=progress.total,
            speed=progress.speed if running else 0.0,
            seconds_left=progress.seconds_left if running else None,
            why=self.why,
            etag=self.outcome.etag if self.outcome else "",
            version_id=self.outcome.version_id if self.outcome else None,
            exists=isinstance(self.error, AlreadyExists),
        )

    def _places(self) -> tuple[str, str]:
        uri = self.request.target if self.kind == "upload" else self.request.source  # type: ignore[union-attr]
        ends = str(self.request.path), str(uri)
        return ends if self.kind == "upload" else (ends[1], ends[0])


class Queue:
    """Runs transfers, three at a time. Thread-safe."""

    def __init__(self, on_finished: Callable[[TransferView], object] | None = None) -> None:
        """`on_finished(view)` is called when one has ended: in its own thread, or in that of who cancelled it before
        it began."""
        self.version = 0
        self._on_finished = on_finished
        self._transfers: list[Transfer] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def submit_upload(self, connection: Connection, request: UploadRequest) -> Transfer:
        """Send a file as soon as there is room for it."""

        def move(progress: Progress, token: CancelToken) -> Outcome:
            from s3tui.transfers.upload import upload

            return upload(connection, request, progress, token)

        return self._submit("upload", connection, request, move)

    def submit_download(self, connection: Connection, request: DownloadRequest) -> Transfer:
        """Receive an object as soon as there is room for it."""

        def move(progress: Progress, token: CancelToken) -> Outcome:
            from s3tui.transfers.download import download

            return download(connection, request, progress, token)

        return self._submit("download", connection, request, move)

    def cancel(self, number: int) -> None:
        """Stop a transfer; an unfinished upload is aborted, a partial file deleted. Returns at once."""
        for transfer in self._unfinished():
            if transfer.number == number:
                self._stop(transfer)

    def cancel_all(self, timeout: float) -> bool:
        """Stop everything and wait up to `timeout` seconds for aborts. Whether all have ended."""
        unfinished = self._unfinished()
        for transfer in unfinished:
            self._stop(transfer)
        futures = [transfer.future for transfer in unfinished if transfer.future]
        return not wait(futures, timeout).not_done

    def again(self, number: int) -> Transfer | None:
        """Submit a transfer that failed or was cancelled once more, as a new one."""
        found = self._ended(number)
        return self._resubmit(found, found.request) if found else None

    def replace(self, number: int) -> Transfer | None:
        """Submit a transfer that found its target there once more, now to replace it."""
        found = self._ended(number)
        return self._resubmit(found, dataclasses.replace(found.request, overwrite=True)) if found else None

    def wait(self, seconds: float) -> None:
        """Wait until a transfer ends, at most `seconds`."""
        wait([each.future for each in self._unfinished() if each.future], seconds, FIRST_COMPLETED)

    def _ended(self, number: int) -> Transfer | None:
        with self._lock:
            found = next((each for each in self._transfers if each.number == number), None)
        return found if found and found.state in ("failed", "cancelled") else None

    def _resubmit(self, transfer: Transfer, request: UploadRequest | DownloadRequest) -> Transfer:
        if transfer.kind == "upload":
            return self.submit_upload(transfer.connection, cast("UploadRequest", request))
        return self.submit_download(transfer.connection, cast("DownloadRequest", request))

    def forget_finished(self) -> None:
        """Drop what has ended from the list."""
        with self._lock:
            self._transfers = [each for each in self._transfers if each.state not in FINISHED]
            self.version += 1

    @property
    def running(self) -> int:
        """How many have not ended yet, the waiting ones included."""
        return len(self._unfinished())

    def snapshot(self) -> tuple[TransferView, ...]:
        """Every transfer of this run, oldest first."""
        with self._lock:
            return tuple(transfer.view() for transfer in self._transfers)

    def _submit(
        self, kind: Kind, connection: Connection, request: UploadRequest | DownloadRequest, move: Move
    ) -> Transfer:
        transfer = Transfer(next(self._numbers), kind, connection, request, move)
        with self._lock:
            self._transfers.append(transfer)
            self.version += 1
        transfer.future = TRANSFERS.submit(self._run, transfer)
        return transfer

    def _unfinished(self) -> list[Transfer]:
        with self._lock:
            return [transfer for transfer in self._transfers if transfer.state not in FINISHED]

    def _stop(self, transfer: Transfer) -> None:
        transfer.token.cancel()
        if transfer.future and transfer.future.cancel():
            self._end(transfer, "cancelled", "Cancelled before it began.")

    def _run(self, transfer: Transfer) -> None:
        with self._lock:
            transfer.state = "running"
            self.version += 1
        began = time.monotonic()
        try:
            outcome = transfer.move(transfer.progress, transfer.token)
        except Cancelled:
            self._end(transfer, "cancelled", "Cancelled; nothing was left behind.")
        except S3tuiError as error:
            transfer.error = error
            self._end(transfer, "failed", str(error))
        except Exception as error:
            # A fault of ours must not look like a transfer that never ends.
            transfer.error = error
            self._end(transfer, "failed", f"A fault in s3tui: {type(error).__name__}: {error}")
        else:
            transfer.outcome = outcome
            self._end(transfer, outcome.state, f"{outcome.detail} It took {time.monotonic() - began:.1f} s.")

    def _end(self, transfer: Transfer, state: State, why: str) -> None:
        with self._lock:
            transfer.state, transfer.why = state, why
            self.version += 1
        if self._on_finished:
            self._on_finished(transfer.view())
