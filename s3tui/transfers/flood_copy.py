"""Many objects copied or moved by one endpoint, two requests each: HeadObject of the source, and CopyObject.

What makes one copy safe and sure costs two requests more, HEAD of the target before and after it. Here the first is
done by `If-None-Match: *` alone, on an endpoint that has shown on an object of ours that it honours it, and the second
by one listing of all copies. A list doesn't tell metadata, so each kind of object (`kind_of`) is quick only after one
of its kind went the ordinary way and was compared in full. Whatever isn't plain goes that way, too: `copy.copy`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from s3tui.background import COPIES, Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import carried, errors
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.copying import place_of, source_of
from s3tui.s3.metadata import FIELDS
from s3tui.s3.objects import ObjectInfo, from_head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy, copy_check, copy_here
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_here import Copying
from s3tui.transfers.create_only import check_absent, honours
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.flood import Ended
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.originals import Moved, delete_originals
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import bare, find, has_md5
from s3tui.transfers.together import together


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    request: CopyRequest | MoveRequest

    @property
    def copying(self) -> CopyRequest:
        """The copy, without what a move does then."""
        asked = self.request
        return CopyRequest(asked.source, asked.target, asked.overwrite, asked.etag, asked.to_profile)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A copy that was made, and is to be compared."""

    item: _Item
    wanted: Copying
    written: S3Uri


def copy_all(
    connection: Connection, requests: Sequence[CopyRequest | MoveRequest], ended: Ended, token: CancelToken
) -> None:
    """Copy or move objects of one bucket to one bucket; `ended(index, how)` is told of each of `requests` once, from
    any thread. Large ones, versions and those for another profile come out right as well, only slower."""
    _Flood(connection, requests, ended, token).run()


def kind_of(source: ObjectInfo) -> Hashable:
    """What of an object its copy could lack although the bytes are the same."""
    fields = tuple(field.attribute for field in FIELDS if field.of(source.metadata))
    checksums = tuple(name for name, _ in source.checksums)
    return fields, bool(source.metadata.user), source.storage_class, source.encryption, checksums


def _is_plain(source: ObjectInfo, kept: Carried) -> bool:
    """Whether a list can tell its copy from that of another object, and CopyObject alone brings along what it has."""
    usual = has_md5(source) and source.size <= copy_here.SMALL and not source.missing_metadata and not source.archived
    locked = source.lock.mode or source.lock.legal_hold or source.lock.event_hold
    private = kept.acl is None or kept.acl.is_private
    return usual and private and not (locked or kept.tags or kept.unknown)


class _Flood:
    def __init__(
        self,
        connection: Connection,
        requests: Sequence[CopyRequest | MoveRequest],
        ended: Ended,
        token: CancelToken,
    ) -> None:
        self._connection, self._ended, self._token = connection, ended, token
        self._items = [_Item(number, request) for number, request in enumerate(requests)]
        self._kinds: set[Hashable] = set()  # of which one was copied the ordinary way and compared in full
        self._is_honoured = False  # `If-None-Match: *`
        self._sent: list[_Sent] = []  # and not yet compared
        self._moved: list[Moved] = []  # the copies are verified, the originals still there

    def run(self) -> None:
        own = (None, self._connection.profile.name)
        waiting = iter([item for item in self._items if item.request.to_profile in own])
        self._prove(waiting)
        together(self._quickly, list(waiting), COPIES.size, COPIES)
        self._compare()
        delete_originals(self._connection, self._moved, self._ended, self._token)
        for item in self._items:
            if item.request.to_profile not in own:  # through here: each takes memory
                self._ordinary(item)

    def _prove(self, waiting: Iterator[_Item]) -> None:
        """Copy the ordinary way until one went well, and find out on it whether `If-None-Match` is honoured."""
        for item in waiting:
            try:
                self._token.check()
                wanted = self._look(item.copying)
                outcome = item.copying.run(self._connection, Progress(), self._token, Notes())
            except (S3tuiError, Cancelled) as error:
                self._ended(item.number, error)
                continue
            if outcome.state == "verified":
                self._kinds.add(kind_of(wanted.source))
                self._is_honoured = honours(
                    self._connection, wanted.target, partial(self._copy, replace(wanted, overwrite=False))
                )
            self._finish(item, wanted.source, outcome)
            if outcome.state == "verified":
                return

    def _ordinary(self, item: _Item) -> Outcome | None:
        outcome: Outcome | None = None
        try:
            self._token.check()
            outcome = item.request.run(self._connection, Progress(), self._token, Notes())
            self._ended(item.number, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
        return outcome

    def _quickly(self, item: _Item) -> None:
        try:
            self._token.check()
            wanted = None if item.request.source.version_id else self._look(item.copying)
            sent = self._send(item, wanted) if wanted and self._is_quick(wanted) else None
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
            return
        if isinstance(sent, Outcome):
            self._ended(item.number, sent)
        elif sent:
            self._sent.append(sent)
        elif (outcome := self._ordinary(item)) and wanted and outcome.state == "verified":
            self._kinds.add(kind_of(wanted.source))

    def _is_quick(self, wanted: Copying) -> bool:
        return _is_plain(wanted.source, wanted.kept) and kind_of(wanted.source) in self._kinds

    def _look(self, request: CopyRequest) -> Copying:
        """As `copy.look` and `copy.bring` do it, by quick requests."""
        connection = self._connection
        copy.check(connection, connection, request)
        source = self._head(request.source)
        copy.check_chosen(request, source)
        before = None
        if request.overwrite:
            with suppress(errors.NoSuchKey):
                before = self._head(request.target)
            copy.refuse_alias(source, before)
        kept = carried.survey_object(connection, source)
        return Copying(request.target, request.overwrite, source, kept, before)

    def _head(self, uri: S3Uri) -> ObjectInfo:
        return from_head(uri, self._connection.quickly("head_object", **uri.parameters, ChecksumMode="ENABLED"))

    def _send(self, item: _Item, wanted: Copying) -> _Sent | Outcome | None:
        """None: not in this way."""
        connection, target = self._connection, wanted.target
        with reserved((connection.profile.endpoint, target.bucket, target.key), str(target)):
            if not (wanted.overwrite or self._is_honoured):
                check_absent(connection, target)
            try:
                answer = self._copy(wanted, {} if wanted.overwrite else {"IfNoneMatch": "*"})
                version_id = answer.get("VersionId")
                written = replace(target, version_id=None if version_id == "null" else version_id)
            except (errors.Unreachable, errors.ServerFault) as error:
                found = copy_here.settled(connection, wanted, error)
                if isinstance(found, Outcome):
                    return found
                written = found
            except errors.Changed as error:
                # Sent once, it was refused because of another object; sent twice, perhaps because of itself.
                if connection.attempts == 1 and not wanted.overwrite and find(connection, target):
                    raise AlreadyExists(str(target)) from error
                written = copy_here.refused(connection, wanted, error)
            except errors.S3Error:
                return None
        return _Sent(item, wanted, written)

    def _copy(self, wanted: Copying, conditions: dict[str, Any]) -> dict[str, Any]:
        settings = copy_here.settings_of(wanted) | conditions
        return self._connection.quickly(
            "copy_object", **place_of(wanted.target), **source_of(wanted.source), **settings
        )

    def _compare(self) -> None:
        """What the endpoint lists of all copies; what isn't settled by that is compared one by one."""
        if not self._sent:
            return
        bucket = self._sent[0].wanted.target.bucket
        keys = [sent.wanted.target.key for sent in self._sent]
        try:
            found = found_among(self._connection, bucket, keys, self._token)
        except Cancelled:
            found = {}
        together(self._compare_one, [sent for sent in self._sent if not self._is_listed(sent, found)])

    def _is_listed(self, sent: _Sent, found: dict[str, Found]) -> bool:
        """Whether the list settles it."""
        source = sent.wanted.source
        etag = bare(source.etag)
        if found.get(sent.wanted.target.key) != (source.size, etag):
            return False
        outcome = Outcome("verified", "Size and ETag agree.", etag, sent.written.version_id, source.size)
        self._finish(sent.item, source, outcome)
        return True

    def _compare_one(self, sent: _Sent) -> None:
        wanted = sent.wanted
        if self._token.cancelled:
            why = "It was copied; it was cancelled before the copy was compared."
            self._ended(sent.item.number, Outcome("sent but not verified", why, size=wanted.source.size))
            return
        try:
            outcome = copy_check.compared(self._connection, wanted.source, wanted.kept, sent.written)
            self._finish(sent.item, wanted.source, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(sent.item.number, error)

    def _finish(self, item: _Item, source: ObjectInfo, outcome: Outcome) -> None:
        """The copy was compared: tell how that ended, unless the original is still to be deleted."""
        if item.request.kind == "copy":
            self._ended(item.number, outcome)
        elif outcome.state == "verified":
            self._moved.append(Moved(item.number, item.request.source, source, outcome))
        else:
            detail = f"{outcome.detail} The original was not deleted."
            self._ended(item.number, replace(outcome, detail=detail))
