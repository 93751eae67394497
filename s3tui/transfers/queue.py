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
from typing import Any

from s3tui.background import TRANSFERS, Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import FINISHED, Outcome, Progress, State
from s3tui.transfers.request import Kind, Request


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
    request: Request | None = None  # what was asked for

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class Transfer:
    """One file on its way. Only the queue changes it."""

    def __init__(self, number: int, connection: Connection, request: Request) -> None:
        self.number, self.connection, self.request = number, connection, request
        self.progress = Progress()
        self.notes = Notes()
        self.token = CancelToken()
        self.state: State = "waiting"
        self.why = ""
        self.error: BaseException | None = None
        self.outcome: Outcome | None = None
        self.future: Future[None] | None = None

    def view(self) -> TransferView:
        """As it is now."""
        progress, running = self.progress, self.state == "running"
        source, target = self.request.ends
        stage = "cancelling" if self.token.cancelled else progress.stage
        return TransferView(
            number=self.number,
            kind=self.request.kind,
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
            request=self.request,
        )


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

    def submit(self, connection: Connection, request: Request) -> Transfer:
        """Do what is asked for as soon as there is room for it."""
        transfer = Transfer(next(self._numbers), connection, request)
        with self._lock:
            self._transfers.append(transfer)
            self.version += 1
        transfer.future = TRANSFERS.submit(self._run, transfer)
        return transfer

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
        """Submit a transfer that failed, was cancelled or done in part once more, as a new one."""
        found = self._ended(number)
        return self.submit(found.connection, found.request) if found else None

    def replace(self, number: int) -> Transfer | None:
        """Submit a transfer that found its target there once more, now to replace it."""
        found = self._ended(number)
        if found is None:
            return None
        request: Any = found.request  # mypy doesn't know that a protocol's classes are dataclasses
        return self.submit(found.connection, dataclasses.replace(request, overwrite=True))

    def wait(self, seconds: float) -> None:
        """Wait until a transfer ends, at most `seconds`."""
        wait([each.future for each in self._unfinished() if each.future], seconds, FIRST_COMPLETED)

    def _ended(self, number: int) -> Transfer | None:
        with self._lock:
            found = next((each for each in self._transfers if each.number == number), None)
        return found if found and found.state in ("failed", "cancelled", "done in part") else None

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
            outcome = transfer.request.run(transfer.connection, transfer.progress, transfer.token, transfer.notes)
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
