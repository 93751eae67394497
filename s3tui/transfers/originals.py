"""The originals of many moves, deleted by the batch when the copies were verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Doomed, delete_batch, fitting
from s3tui.s3.objects import ObjectInfo, from_head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import move
from s3tui.transfers.flood import Ended
from s3tui.transfers.progress import Outcome
from s3tui.transfers.together import together

# Objects between whose looks and deletion as little time passes as in a move by itself.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """A copy that was verified. `source` is the original as it was when it was copied."""

    number: int
    asked: S3Uri
    source: ObjectInfo
    outcome: Outcome


def delete_originals(connection: Connection, moved: Sequence[Moved], ended: Ended, token: CancelToken) -> None:
    """Delete those that are still what was copied; `ended(number, outcome)` is told how each move ended.

    All are of one bucket. An original that was changed at the last moment stays where the endpoint looks at the ETag.
    What isn't plain is deleted the ordinary way, `move.delete_original`.
    """
    for at in range(0, len(moved), BATCH):
        batch = moved[at : at + BATCH]
        if token.cancelled:
            for each in batch:
                ended(each.number, move.kept(each.outcome, "it was cancelled before the original was deleted"))
        else:
            _delete(connection, batch, ended)


def _delete(connection: Connection, batch: Sequence[Moved], ended: Ended) -> None:
    def one(each: Moved) -> None:
        ended(each.number, move.delete_original(connection, each.asked, each.source, each.outcome))

    def look(each: Moved) -> None:
        try:
            answer = connection.quickly("head_object", **each.asked.parameters, ChecksumMode="ENABLED")
        except errors.S3Error:
            return
        if move.is_same(from_head(each.asked, answer), each.source):
            same.add(each.number)

    same = set[int]()
    together(look, batch)
    doomed = {Doomed(each.asked.key): each for each in batch if each.number in same and not each.asked.version_id}
    fit = set(fitting(list(doomed)))
    left = [each for each in batch if Doomed(each.asked.key) not in fit]
    if fit:
        left += _delete_together(connection, [each for key, each in doomed.items() if key in fit], ended)
    together(one, left)


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
