"""How transfers end: told by many threads, taken up by the event loop a few at a time, told to the user job by job."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from s3tui.s3.uri import S3Uri
from s3tui.transfers.queue import Queue, TransferView
from s3tui.ui.batch import Batch

_AT_ONCE = 500  # transfers; then the event loop gets its turn


def written_by(view: TransferView) -> list[S3Uri]:
    """The objects that a transfer wrote, or deleted, of whatever profile: lists of each are kept."""
    if view.kind == "download":
        return []
    ends = (view.target, view.source) if view.kind == "move" else (view.target,)
    places = [end[end.index("s3://") + len("s3://") :].partition("/") for end in ends if "s3://" in end]
    return [S3Uri(bucket, key) for bucket, _, key in places]


class Endings:
    """Hands each transfer that ended to `take` in the event loop, where `later(callback)` calls back."""

    def __init__(self, later: Callable[[Callable[[], object]], object], take: Callable[[TransferView], object]) -> None:
        self._later, self._take = later, take
        self._ended: deque[TransferView] = deque()
        self._lock = threading.Lock()

    def add(self, view: TransferView) -> None:
        """It has ended. In any thread; thousands may end in a second."""
        with self._lock:
            self._ended.append(view)
            is_first = len(self._ended) == 1
        if is_first:
            self._later(self._some)

    def _some(self) -> None:
        for _ in range(_AT_ONCE):
            self._take(self._ended[0])
            with self._lock:
                self._ended.popleft()
                if not self._ended:
                    return
        self._later(self._some)


class Untold:
    """What has ended and was not told yet: a job of several items when it is done, the others when all are."""

    def __init__(self) -> None:
        self._jobs: dict[int, Batch] = {}

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def add(self, view: TransferView) -> None:
        """It has ended."""
        self._jobs.setdefault(view.job, Batch()).add(view)

    def take(self, queue: Queue) -> Iterator[Batch]:
        """What is to be told now; it is forgotten here."""
        jobs = {each.job.number: each for each in queue.jobs() if each.job.number in self._jobs}
        together = Batch()
        for number, batch in list(self._jobs.items()):
            job = jobs.get(number)
            if job and len(job.items) > 1:
                view = None if job.active or job.untold else queue.job(job)
                if view and not view.count("paused"):
                    batch.job = view
                    del self._jobs[number]
                    yield batch
            elif not queue.running:
                del self._jobs[number]
                together.join(batch)
        if together:
            yield together
