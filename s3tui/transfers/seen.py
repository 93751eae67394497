"""Replacing only the object that was seen when somebody chose to replace it (DESIGN 3.2).

Such a write carries `If-Match` with that object's ETag. Some servers ignore that header and some refuse it, so we also
look right before each write: on those, only a writer within those milliseconds goes unseen.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import create_only
from s3tui.transfers.failures import AlreadyExists, CannotLook, ChangedSinceSeen
from s3tui.transfers.stored import bare, find

T = TypeVar("T")
Write = Callable[[dict[str, Any]], T]

_NO_ETAG = '"00000000000000000000000000000000"'
# Connections whose endpoint answered “not implemented” to the header.
_refusing: weakref.WeakSet[Connection] = weakref.WeakSet()
# Buckets whose endpoint has refused to replace an object of ours because of it.
_honouring: weakref.WeakKeyDictionary[Connection, set[str]] = weakref.WeakKeyDictionary()


class Wanted(Protocol):
    """A new object. `overwrite` lets it replace whatever is at `target`, or, with `replaces`, only the object with that
    ETag (without quotes; empty: none, nothing was there)."""

    @property
    def target(self) -> S3Uri: ...
    @property
    def overwrite(self) -> bool: ...
    @property
    def replaces(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Replacing:
    """See `Wanted`."""

    target: S3Uri
    overwrite: bool
    replaces: str | None


def check(connection: Connection, request: Wanted) -> None:
    """Raise when `write` would refuse what is at the target now. Raises as `write`."""
    if request.replaces:
        _quoted(connection, request.target, request.replaces)
    elif request.replaces is not None:
        _absent(request.target, lambda: create_only.check_absent(connection, request.target))


def write(connection: Connection, request: Wanted, send: Write[T]) -> T:
    """`send(conditions)` with the parameters by which it replaces nothing that nobody chose to replace.

    Raises `ChangedSinceSeen`, `AlreadyExists`, `CannotLook` and what `send` raises.
    """
    target = request.target
    if not request.overwrite or request.replaces is None:
        return create_only.create(connection, target, request.overwrite, send)
    ways = (True, False) if connection not in _refusing else ()
    for in_quotes in (*ways, None):
        etag = _quoted(connection, target, request.replaces) if request.replaces else None
        if etag is None:
            return _absent(target, lambda: create_only.create(connection, target, False, send))
        if in_quotes is None:
            break
        try:
            return send({"IfMatch": etag if in_quotes else etag.strip('"')})
        except errors.Unsupported:
            _refusing.add(connection)
        except (errors.Changed, errors.NoSuchKey) as error:
            if connection.profile.is_aws and error.request.status == 412:  # there, looking may be denied
                raise ChangedSinceSeen(str(target)) from error
            # Ceph RGW 16 knows an ETag without its quotes only. Whether it is another object, the next look tells.
            if error.request.status != 412 and find(connection, target) is not None:
                raise
    return send({})


def _absent(target: S3Uri, act: Callable[[], T]) -> T:
    """What was seen is gone, or nothing was: then only as long as nothing is there."""
    try:
        return act()
    except AlreadyExists as error:
        raise ChangedSinceSeen(str(target)) from error


def _quoted(connection: Connection, target: S3Uri, etag: str) -> str | None:
    """The ETag as the endpoint writes it; None when nothing is there any more. Raises `ChangedSinceSeen` when it is
    another one, and `CannotLook` when nobody can say."""
    try:
        found = find(connection, target)
    except errors.AccessDenied as error:
        if connection.profile.is_aws:
            return f'"{etag}"'
        raise CannotLook(
            f"Whether “{target}” is what it was can't be found out: looking is denied.",
            "Make the plan again, and choose once more.",
        ) from error
    check_found(target, found, etag)
    return found.quoted_etag if found else None


def check_found(target: S3Uri, found: ObjectInfo | None, etag: str | None) -> None:
    """Raise `ChangedSinceSeen` when what was `found` at `target` is another object than the one with this `etag` (None:
    it may be any)."""
    if found is not None and etag is not None and bare(found.etag) != bare(etag):
        raise ChangedSinceSeen(str(target))


# ---- many at a time, without a look before each


def conditions(request: Wanted) -> dict[str, Any]:
    """Those that say all of it on an endpoint that honours them."""
    if request.overwrite and request.replaces is None:
        return {}
    return {"IfMatch": f'"{request.replaces}"'} if request.replaces else {"IfNoneMatch": "*"}


def is_honoured(connection: Connection, bucket: str) -> bool:
    """Whether it is known that `If-Match` alone keeps another object in this bucket from being replaced: see
    `honours`."""
    return bucket in _honouring.get(connection, ())


def honours(connection: Connection, ours: S3Uri, again: Callable[[dict[str, Any]], object]) -> bool:
    """Find that out, on an object that this process has just made: `again(conditions)` writes the same content there
    once more. Raises nothing; what can't be found out is not relied upon."""
    if is_honoured(connection, ours.bucket):
        return True
    if connection in _refusing:
        return False
    try:
        again({"IfMatch": _NO_ETAG})
    except errors.S3Error as error:
        return error.request.status == 412 and _is_let_in(connection, ours, again)
    return False


def _is_let_in(connection: Connection, ours: S3Uri, again: Callable[[dict[str, Any]], object]) -> bool:
    """Whether the right ETag is taken for the right one, too."""
    try:
        again({"IfMatch": head(connection, ours).quoted_etag})
    except errors.S3Error:
        return False
    _honouring.setdefault(connection, set()).add(ours.bucket)
    return True
