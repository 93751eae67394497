"""Many objects copied or moved by one endpoint, two requests each: HeadObject of the source, and CopyObject.

HeadObject can't be spared: a list tells neither encryption and website redirects, which CopyObject leaves behind, nor
what metadata there is that a server may lose.

What makes one copy safe and sure costs two requests more, HEAD of the target before and after it. Here the first is
done by `If-None-Match: *` alone, on an endpoint that has shown on an object of ours that it honours it, and the second
by one listing of all copies. A list doesn't tell metadata, so the first of each kind of object (`kind_of`) goes the
ordinary way and is compared in full. Whatever isn't plain is given back, to go that way, too: `copy.copy`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple, TypeAlias

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import carried, errors
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.copying import place_of, source_of
from s3tui.s3.description import Description
from s3tui.s3.metadata import FIELDS
from s3tui.s3.objects import ObjectInfo, from_head
from s3tui.s3.underway import Underway
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy, copy_check, copy_here, copy_notes, seen
from s3tui.transfers.checksums import is_md5
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_here import Copying
from s3tui.transfers.create_only import honours
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.flood import Ended, Item
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.originals import Moved, delete_originals
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import bare, find, opaque_etag
from s3tui.transfers.together import Work, in_flight, together

Bringing: TypeAlias = Item[CopyRequest] | Item[MoveRequest]
Note = Callable[[Sequence[tuple[Notes, Mapping[str, Fact]]]], object]

_TRIED = 4  # of a kind, until one goes well
_ROUND = 512  # are looked at while as many are copied
_MOST_LIKES = 1000  # that are remembered


@dataclass(slots=True)
class _Kind:
    """What was found out about the copies of one kind of object."""

    tried: int = 0  # that went the ordinary way
    is_proven: bool = False


@dataclass(frozen=True, slots=True)
class _Like:
    """What holds for all objects that are described alike."""

    kind: Hashable
    kept: Carried
    settings: dict[str, Any]  # of CopyObject
    is_plain: bool


class _Going(NamedTuple):
    """A copy that is to be made. `before` is what is to be replaced, if anything is."""

    item: Bringing
    request: CopyRequest
    source: Description
    before: ObjectInfo | None
    like: _Like

    @property
    def wanted(self) -> Copying:
        request, source = self.request, self.source.tell()
        return Copying(request.target, request.overwrite, source, self.like.kept, self.before, request.replaces)


class _Sent(NamedTuple):
    """A copy that was made, and is to be compared."""

    going: _Going
    written: S3Uri


def copy_all(connection: Connection, items: Sequence[Bringing], ended: Ended, note: Note = lambda _: None) -> None:
    """Copy or move objects of one bucket to one bucket of the same profile.

    `ended(number, how)` is told of each once, from any thread; None when nothing was done, since it must go by itself.
    `note` is told facts of what is about to be done, many at a time, and has kept them when it returns.
    """
    _Flood(connection, items, ended, note).run()


def kind_of(source: ObjectInfo) -> Hashable:
    """What of an object its copy could lack although the bytes are the same."""
    fields = tuple(field.attribute for field in FIELDS if field.of(source.metadata))
    checksums = tuple(name for name, _ in source.checksums)
    return fields, bool(source.metadata.user), source.storage_class, source.encryption, checksums


def _is_plain(source: ObjectInfo, kept: Carried) -> bool:
    """Whether CopyObject alone brings along what it has."""
    usual = not (opaque_etag(source) or source.missing_metadata or source.archived)
    locked = source.lock.mode or source.lock.legal_hold or source.lock.event_hold
    private = kept.acl is None or kept.acl.is_private
    return usual and private and not (locked or kept.tags or kept.unknown)


def _is_listed_in_full(source: Description) -> bool:
    """Whether a list can tell its copy from that of another object."""
    return is_md5(bare(source.etag)) and source.size <= copy_here.SMALL


class _Flood:
    def __init__(self, connection: Connection, items: Sequence[Bringing], ended: Ended, note: Note) -> None:
        self._connection, self._items, self._ended, self._note = connection, items, ended, note
        self._kinds: defaultdict[Hashable, _Kind] = defaultdict(_Kind)
        self._likes: dict[Hashable, _Like] = {}
        self._is_honoured = False  # `If-None-Match: *`
        self._sent: list[_Sent] = []  # and not yet compared
        self._moved: list[Moved] = []  # the copies are verified, the originals still there

    def run(self) -> None:
        """Some are looked at while those before them are copied: neither alone keeps a server busy."""
        going: list[_Going] = []
        for first in range(0, len(self._items), _ROUND):
            looked: list[_Going] = []
            looking = [partial(self._look, looked.append, item) for item in self._items[first : first + _ROUND]]
            self._at_the_same_time([partial(self._quickly, each) for each in going], looking)
            going = self._allowed(looked)
            self._note([(each.item.notes, {"copying": copy_notes.identity(each.source)}) for each in going])
        in_flight(self._connection, self._quickly, going)
        self._compare()
        self._note([(each.notes, each.facts) for each in self._moved])
        delete_originals(self._connection, self._moved, self._ended)

    def _at_the_same_time(self, copying: Sequence[Callable[[], Work]], looking: Sequence[Callable[[], Work]]) -> None:
        works = [work for pair in zip_longest(copying, looking) for work in pair if work]
        in_flight(self._connection, lambda work: work(), works)

    # ---- the sources

    def _look(self, found: Callable[[_Going], object], item: Bringing) -> Work:
        """As `copy.look` and `copy.bring` do it."""
        connection, request = self._connection, _copying(item)
        try:
            item.token.check()
            copy.check(connection, connection, request)
            asked = self._head(request.source)
            yield asked
            source = asked.describe(request.source)
            copy.check_chosen(request, source.etag)
            before = None
            if request.overwrite:
                asked = self._head(request.target)
                yield asked
                before = _there(request.target, asked)
                copy.refuse_alias(source.tell(), before)
                seen.check_found(request.target, before, request.replaces)
            like = self._like(source)
        except (errors.AccessDenied, errors.Refused, errors.Unsupported):
            self._ended(item.number, None)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
        else:
            if like.is_plain and _is_listed_in_full(source):
                item.progress.begin(source.size)
                found(_Going(item, request, source, before, like))
            else:
                self._ended(item.number, None)

    def _like(self, source: Description) -> _Like:
        if known := self._likes.get(source.alike):
            return known
        info = source.tell()
        kept = carried.survey_object(self._connection, info)
        like = _Like(kind_of(info), kept, copy_here.settings_of(info, kept), _is_plain(info, kept))
        if source.alike and len(self._likes) < _MOST_LIKES and carried.is_told(self._connection, info):
            self._likes[source.alike] = like
        return like

    def _head(self, uri: S3Uri) -> Underway:
        return self._connection.begin("head_object", **uri.parameters, ChecksumMode="ENABLED")

    def _allowed(self, looked: Sequence[_Going]) -> list[_Going]:
        """Those that may go quickly, since one of their kind went well; the others have gone, or must by themselves."""
        kinds: defaultdict[Hashable, list[_Going]] = defaultdict(list)
        for each in looked:
            kinds[each.like.kind].append(each)
        return [each for kind, some in kinds.items() for each in self._proven(self._kinds[kind], some)]

    def _proven(self, kind: _Kind, some: Sequence[_Going]) -> Sequence[_Going]:
        for at, each in enumerate(some):
            if kind.is_proven:
                return some[at:]
            if kind.tried == _TRIED:
                self._ended(each.item.number, None)
                continue
            kind.tried += 1
            kind.is_proven = self._ordinary(each)
            if kind.is_proven and not (self._is_honoured or each.request.overwrite):
                again = partial(self._copied, each)
                self._is_honoured = honours(self._connection, each.request.target, again, "copy_object")
        return ()

    def _ordinary(self, going: _Going) -> bool:
        """Whether the copy is verified."""
        item = going.item
        try:
            item.token.check()
            outcome = going.request.run(self._connection, Progress(), item.token, item.notes)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
            return False
        self._finish(going, outcome)
        return outcome.state == "verified"

    # ---- the copies

    def _quickly(self, going: _Going) -> Work:
        item = going.item
        try:
            item.token.check()
            yield from self._send(going)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)

    def _send(self, going: _Going) -> Work:
        request, target = going.request, going.request.target
        with reserved((self._connection.profile.endpoint, target.bucket, target.key), target):
            conditions = {} if request.overwrite else {"IfNoneMatch": "*"}
            if request.replaces is not None or not (request.overwrite or self._is_honoured):
                asked = self._head(target)
                yield asked
                found = _there(target, asked)
                if found and not request.overwrite:
                    raise AlreadyExists(str(target))
                seen.check_found(target, found, request.replaces)
                if found:
                    conditions = {"IfMatch": found.quoted_etag}
                elif request.overwrite:
                    conditions = {"IfNoneMatch": "*"}
            underway = self._copy(going, conditions)
            yield underway
            written = self._written(going, underway)
        if isinstance(written, S3Uri):
            going.item.progress.add(going.source.size)
            self._sent.append(_Sent(going, written))
        else:
            self._ended(going.item.number, written)

    def _written(self, going: _Going, underway: Underway) -> S3Uri | Outcome | None:
        """Where the copy is. None: it was not made, and must go by itself."""
        request, target = going.request, going.request.target
        try:
            version_id = underway.finish_briefly().version_id
            return target.of_version(None if version_id == "null" else version_id)
        except (errors.Unreachable, errors.ServerFault) as error:
            return copy_here.settled(self._connection, going.wanted, error)
        except errors.Changed as error:
            if request.replaces is not None:
                return copy_here.ours(self._connection, going.wanted)  # else it may be the ETag's quotes: see `seen`
            # Sent once, it was refused because of another object; sent twice, perhaps because of itself.
            once = self._connection.attempts == 1 and not request.overwrite
            if once and find(self._connection, target):
                raise AlreadyExists(str(target)) from error
            return copy_here.refused(self._connection, going.wanted, error)
        except errors.S3Error:
            return None

    def _copy(self, going: _Going, conditions: dict[str, Any]) -> Underway:
        settings = going.like.settings | conditions
        return self._connection.begin(
            "copy_object", **place_of(going.request.target), **source_of(going.source), **settings
        )

    def _copied(self, going: _Going, conditions: dict[str, Any]) -> None:
        self._copy(going, conditions).finish()

    # ---- comparing

    def _compare(self) -> None:
        """What the endpoint lists of all copies; what isn't settled by that is compared one by one."""
        if not self._sent:
            return
        bucket = self._sent[0].written.bucket
        keys = [sent.written.key for sent in self._sent]
        found = found_among(self._connection, bucket, keys, CancelToken())
        together(self._compare_one, [sent for sent in self._sent if not self._is_listed(sent, found)])

    def _is_listed(self, sent: _Sent, found: dict[str, Found]) -> bool:
        """Whether the list settles it."""
        source, written = sent.going.source, sent.written
        etag = bare(source.etag)
        if found.get(written.key) != (source.size, etag):
            return False
        outcome = Outcome("verified", "Size and ETag agree.", etag, written.version_id, source.size)
        self._finish(sent.going, outcome)
        return True

    def _compare_one(self, sent: _Sent) -> None:
        going = sent.going
        try:
            outcome = copy_check.compared(self._connection, going.source.tell(), going.like.kept, sent.written)
            self._finish(going, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(going.item.number, error)

    def _finish(self, going: _Going, outcome: Outcome) -> None:
        """The copy was compared: tell how that ended, unless the original is still to be deleted."""
        item = going.item
        if item.request.kind == "copy":
            self._ended(item.number, outcome)
        elif outcome.state == "verified":
            source = going.request.source, going.source
            self._moved.append(Moved(item.number, item.token, item.notes, *source, outcome))
        else:
            self._ended(item.number, outcome._replace(detail=f"{outcome.detail} The original was not deleted."))


def _copying(item: Bringing) -> CopyRequest:
    """The copy, without what a move does then."""
    return item.request if isinstance(item.request, CopyRequest) else item.request.copying


def _there(uri: S3Uri, asked: Underway) -> ObjectInfo | None:
    """What is at `uri`, for which HeadObject was `asked`."""
    try:
        return from_head(uri, asked.finish())
    except errors.NoSuchKey:
        return None
