"""Running many small uploads, downloads or copies of one job in one go (see `flood`).

Each still has its own row, notes and fate; the journal is told of many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.transfers.failures import Hung, Interrupted
from s3tui.transfers.journal import JournalError, JournalNotes
from s3tui.transfers.lots import Lots
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.patience import Patience
from s3tui.transfers.places import MOST, Many, Place
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import DELETES, Request
from s3tui.transfers.runner import Runner, ended_by
from s3tui.transfers.transfer import Activity, Transfer

if TYPE_CHECKING:  # what moves is imported when something is to be moved
    from s3tui.transfers.flood import End

_FEWEST = 8  # behind the first one, in one go

Small = tuple[Transfer, Any, JournalNotes]  # with its request


class BatchRunner(Runner):
    """See `Runner`."""

    def _run(self, transfer: Transfer, activity: Activity) -> None:
        if transfer.alone or transfer.discarding or transfer.row.kind in DELETES:
            super()._run(transfer, activity)
            return
        with self._places.free(len(self._behind(transfer))) as place:
            small = self._small_ones(transfer)
            if small:
                self._run_together(small, place)
        if not small:
            super()._run(transfer, activity)

    def _small_ones(self, first: Transfer) -> list[Small]:
        """`first` and those behind it that go with it, running now; none when it is to run by itself."""
        behind = self._behind(first)
        behind = behind[: self._places.share(len(behind))]
        if len(behind) < _FEWEST:
            return []
        try:
            asked = self._requests((first, *behind))
        except JournalError:
            return []
        buckets = _buckets(asked[first.number][0]) if first.number in asked else None
        small = []
        for each in (first, *behind):
            request, notes = asked.get(each.number, (None, None))
            if request and notes and notes.empty and _buckets(request) == buckets and _suits(request):
                small.append((each, request, notes))
            else:
                each.alone = True
        return self._claimed(small) if not first.alone and len(small) > _FEWEST else []

    def _requests(self, transfers: Sequence[Transfer]) -> dict[int, tuple[Request, JournalNotes]]:
        """What they ask for, and what they noted; those that aren't in memory any more, as the journal has it."""
        found = self.journal.requests([each.number for each in transfers if not each.asked])
        for each in transfers:
            if each.asked:
                found[each.number] = each.asked, JournalNotes(self.journal, each.number, {})
                each.asked = None
        return found

    def _behind(self, first: Transfer) -> list[Transfer]:
        return [each for each in self._list.behind(first, MOST) if not (each.alone or each.discarding)]

    def _claimed(self, small: list[Small]) -> list[Small]:
        with self._changing:
            first, *behind = small
            claimed = {each.number for each in self._list.claim([each for each, _, _ in behind])}
            ours = [first, *(one for one in behind if one[0].number in claimed)]
            for transfer, _, notes in ours:
                activity = transfer.activity = transfer.activity or Activity()
                activity.notes = notes
                activity.progress = Progress(partial(self._took, activity))
        with self._noting():
            self.journal.set_state([each.number for each, _, _ in ours], "running", "", {"waiting"})
        return ours

    def _took(self, activity: Activity, count: int) -> None:
        self.bandwidth.take(count, activity.token)

    def _run_together(self, small: list[Small], place: Place) -> None:
        connection = small[0][0].submission.connection
        assert connection is not None
        from s3tui.transfers import flood

        ends = _Ends(self._told, [transfer for transfer, _, _ in small])
        items = [flood.Item(each.number, request, *_activity(each), notes) for each, request, notes in small]
        try:
            place.move_all(Many(connection, small[0][0].row.kind, items, ends.add, self._note))
        except Exception as error:
            ends.all_others(error)
        ends.write()

    def _note(self, noted: Sequence[tuple[Notes, Mapping[str, Fact]]]) -> None:
        ours = [(notes, facts) for notes, facts in noted if isinstance(notes, JournalNotes)]
        if ours:
            self.journal.set_notes({notes.number: facts for notes, facts in ours})
        for notes, facts in ours:
            notes.noted(facts)

    def _told(self, ended: Sequence[tuple[Transfer, End | None]]) -> None:
        """How these have ended. Those of which nobody can say what became of their request keep their notes."""
        with self._changing:
            stopped = [(each, end or _stopped(each)) for each, end in ended]
            again = {each for each, end in stopped if end is None or self._bears(each, end)}
            over = [(each, ended_by(end, _activity(each)[1])) for each, end in stopped if end and each not in again]
            settled = [each.activity.notes for each, end in stopped if each.activity and _is_settled(end)]
            with self._noting():
                self._note([(notes, {}) for notes in settled if notes and not notes.empty])
            self._give_back([each for each, _ in stopped if each in again])
        self._end(over)

    def _bears(self, transfer: Transfer, end: End) -> bool:
        """Whether it is to go on by itself, and to wait until the endpoint answers again."""
        if _activity(transfer)[1].cancelled:
            return False
        if isinstance(end, Hung):
            is_first, transfer.hung = not transfer.hung, True
            return is_first
        return Patience(transfer.row.kind, self.patience).bears(end, self._was_answered(transfer))

    def _give_back(self, transfers: Sequence[Transfer]) -> None:
        """They wait once more, to run by themselves unless that isn't why."""
        with self._noting():
            self.journal.set_state([each.number for each in transfers], "waiting", "", {"running"})
        for each in transfers:
            each.alone, each.activity = not each.hung, None
            self._list.change(each, each.row._replace(state="waiting"))


class _Ends:
    """How transfers have ended, until enough of them can be written down together. Thread-safe."""

    def __init__(
        self, write: Callable[[Sequence[tuple[Transfer, End | None]]], object], of: Sequence[Transfer]
    ) -> None:
        self._left = {each.number: each for each in of}
        self._ended = Lots(write)
        self.write = self._ended.tell

    def add(self, number: int, end: End | None) -> None:
        self._ended.add((self._left.pop(number), end))

    def all_others(self, error: Exception) -> None:
        """All that has not ended yet has ended so."""
        for number in list(self._left):
            self.add(number, error)


def _activity(transfer: Transfer) -> tuple[Progress, CancelToken]:
    assert transfer.activity is not None
    return transfer.activity.progress, transfer.activity.token


def _stopped(transfer: Transfer) -> Cancelled | None:
    """What one that is given back has ended by after all."""
    return Cancelled() if _activity(transfer)[1].cancelled else None


def _is_settled(end: End | None) -> bool:
    """Whether it is certain what has become of the request, so that nothing need be remembered."""
    if isinstance(end, Outcome):
        return end.state != "outcome unknown"
    if isinstance(end, errors.S3Error):
        return not end.retryable
    if isinstance(end, Interrupted):
        return False
    return end is None or isinstance(end, (S3tuiError, Cancelled))


def _buckets(request: Any) -> tuple[str, ...]:
    """Those that one go is about."""
    match request.kind:
        case "upload":
            return (request.target.bucket,)
        case "download":
            return (request.source.bucket,)
        case _:
            return (request.source.bucket, request.target.bucket)


def _suits(request: Any) -> bool:
    """Whether it may go together with others, as far as can be told here."""
    from s3tui.transfers import flood

    match request.kind:
        case "upload":
            return flood.suits(request)
        case "download":
            return not request.source.version_id
        case _:
            return not (request.source.version_id or request.to_profile)
