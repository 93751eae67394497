"""Waiting for an endpoint that gives no answer any more, as on a bad line, or asks to be asked later."""

from __future__ import annotations

import itertools
import time

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import Kind

LONGEST = 3600.0  # s without a useful answer, until a transfer has failed after all
_PAUSES = (1, 2, 5, 10, 20, 30, 60)  # s; the last one again and again
# Trying these once more first looks what has become of the try before, and moves only what is missing.
_KINDS: frozenset[Kind] = frozenset(("upload", "download", "copy"))
_UNKNOWN = 3  # times in a row that an endpoint may leave open what has become of a transfer


class Patience:
    """That of one transfer."""

    def __init__(self, kind: Kind, seconds: float) -> None:
        """`seconds` without an answer are borne; with 0 nothing is tried again."""
        self._kind, self._seconds = kind, seconds
        self._begin_anew()
        self._moved = 0
        self._why = ""

    def _begin_anew(self) -> None:
        self._since = time.monotonic()
        self._pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
        self._unknown = 0

    def bears(self, end: Outcome | Exception, was_answered: bool) -> bool:
        """Whether a transfer that ended so is to be tried once more. `was_answered`: by this endpoint, ever: one that
        never said a word is most likely a wrong one."""
        if not self._seconds or self._kind not in _KINDS or not was_answered:
            return False
        if isinstance(end, Outcome):
            self._why = "no answer"
            self._unknown += end.state == "outcome unknown"
            return end.state == "outcome unknown" and self._unknown <= _UNKNOWN
        self._why = "the endpoint is busy" if isinstance(end, errors.Throttled) else "no answer"
        passes = isinstance(end, errors.Unreachable | errors.Throttled)
        return passes and time.monotonic() - self._since < self._seconds

    def wait(self, progress: Progress, token: CancelToken) -> None:
        """Until the next try; `progress` says so. Raises `Cancelled`."""
        if progress.done > self._moved:  # it goes on, if slowly
            self._begin_anew()
        self._moved = progress.done
        for seconds in range(next(self._pauses), 0, -1):
            progress.stage = f"{self._why}, next try in {seconds} s"
            token.wait(1)
