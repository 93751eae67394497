"""The originals of many moves, deleted by the batch when the copies were verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Doomed, delete_batch, fitting
from s3tui.s3.description import Described, is_same
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy_notes, move
from s3tui.transfers.flood import Ended
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.progress import Outcome
from s3tui.transfers.together import Work, in_flight, together

# Objects between whose looks and deletion as little time passes as in a move by itself.
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """A copy that was verified, of the move `number`. `source` is the original as it was when it was copied."""

    number: int
    token: CancelToken
    notes: Notes
    asked: S3Uri
    source: Described
    outcome: Outcome

    @property
    def facts(self) -> dict[str, Fact]:
        """What is to be noted before the original is deleted."""
        return {"copying": copy_notes.identity(self.source), **move.moved_facts(self.outcome)}


def delete_originals(connection: Connection, moved: Sequence[Moved], ended: Ended) -> None:
    """Delete those that are still what was copied; `ended(number, outcome)` is told how each move ended.

    All are of one bucket. An original that was changed at the last moment stays where the endpoint looks at the ETag.
    What isn't plain is deleted the ordinary way, `move.delete_original`.
    """
    for at in range(0, len(moved), _BATCH):
        batch = []
        for each in moved[at : at + _BATCH]:
            if each.token.cancelled:
                ended(each.number, move.kept(each.outcome, "it was cancelled before the original was deleted"))
            else:
                batch.append(each)
        _delete(connection, batch, ended)


def _delete(connection: Connection, batch: Sequence[Moved], ended: Ended) -> None:
    def one(each: Moved) -> None:
        ended(each.number, move.delete_original(connection, each.asked, each.source, each.outcome))

    same = set[int]()
    in_flight(connection, partial(_look, connection, same), batch)
    fit = {doomed.key for doomed in fitting([Doomed(each.asked.key) for each in batch])}
    going = [each for each in batch if each.number in same and each.asked.key in fit]
    left = [each for each in batch if each.number not in same or each.asked.key not in fit]
    if going:
        left += _delete_together(connection, going, ended)
    together(one, left)


def _look(connection: Connection, same: set[int], each: Moved) -> Work:
    """Add the number of an original that is still what was copied to `same`."""
    try:
        asked = connection.begin("head_object", **each.asked.parameters, ChecksumMode="ENABLED")
        yield asked
        now = asked.describe(each.asked)
    except errors.S3Error:
        return
    if is_same(now, each.source):
        same.add(each.number)


def _delete_together(connection: Connection, batch: Sequence[Moved], ended: Ended) -> list[Moved]:
    """By one request, which is sent once. Returns what was not settled by its answer."""
    doomed = {Doomed(each.asked.key): each for each in batch}
    etags = {each.asked.key: each.source.etag for each in batch}
    try:
        answer = delete_batch(connection, batch[0].asked.bucket, list(doomed), True, etags)
    except (errors.Unreachable, errors.ServerFault) as error:
        for each in batch:
            ended(each.number, move.after_lost_answer(connection, each.asked, each.outcome, error))
        return []
    except errors.S3Error:
        return list(batch)
    for key in answer.deleted:
        each = doomed.pop(key)
        ended(each.number, move.deleted(each.outcome, each.asked, each.source))
    for failure in answer.failures:
        each = doomed.pop(failure.doomed)
        changed = isinstance(failure.error, errors.Changed)
        why = "it has changed meanwhile" if changed else failure.error.sentence.rstrip(".")
        ended(each.number, move.kept(each.outcome, why))
    return list(doomed.values())
