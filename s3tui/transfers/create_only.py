"""Never replacing an object that nobody chose to replace (DESIGN 3.2).

Each write carries `If-None-Match: *`, which makes it fail when the key exists. Some servers ignore that
header and some refuse it, and neither can be found out without writing, so we also look right before each
write: on the servers that ignore it, only a writer within those milliseconds goes unseen.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import AlreadyExists, CannotLook
from s3tui.transfers.stored import find

T = TypeVar("T")

# Connections whose endpoint answered “not implemented” to the header.
_refusing: weakref.WeakSet[Connection] = weakref.WeakSet()
By = Literal["put_object", "copy_object"]  # an endpoint may look at the header for one of them only
# Buckets whose endpoint has refused to replace an object of ours because of it.
_honouring: weakref.WeakKeyDictionary[Connection, set[tuple[str, By]]] = weakref.WeakKeyDictionary()


def check_absent(connection: Connection, uri: S3Uri) -> None:
    """Raise `AlreadyExists` when there is an object at `uri`, `CannotLook` when that can't be found out and
    the endpoint isn't known to honour `If-None-Match`."""
    try:
        found = find(connection, uri)
    except errors.AccessDenied as error:
        if connection.profile.is_aws:
            return
        raise CannotLook(
            f"Whether “{uri}” exists can't be found out: looking is denied.",
            "Choose to overwrite, if replacing it would be fine.",
        ) from error
    if found is not None:
        raise AlreadyExists(str(uri))


def create(connection: Connection, uri: S3Uri, overwrite: bool, write: Callable[[dict[str, Any]], T]) -> T:
    """`write(conditions)` with the parameters that make it create-only, or with none for `overwrite`.

    Raises `AlreadyExists`, `CannotLook` and what `write` raises.
    """
    if overwrite:
        return write({})
    check_absent(connection, uri)
    if connection in _refusing:
        return write({})
    try:
        return write({"IfNoneMatch": "*"})
    except errors.Unsupported:
        check_absent(connection, uri)
        result = write({})
        _refusing.add(connection)
        return result


def is_honoured(connection: Connection, bucket: str, by: By = "put_object") -> bool:
    """Whether that is known already: see `honours`."""
    return (bucket, by) in _honouring.get(connection, ())


def honours(
    connection: Connection, ours: S3Uri, again: Callable[[dict[str, Any]], object], by: By = "put_object"
) -> bool:
    """Whether `If-None-Match: *` alone keeps an object of this bucket from being replaced.

    It is found out once, on an object that this process has just made: `again(conditions)` writes the same content
    there once more, `by` that operation. Raises nothing; what can't be found out is not relied upon.
    """
    if is_honoured(connection, ours.bucket, by):
        return True
    if connection in _refusing:
        return False
    try:
        again({"IfNoneMatch": "*"})
    except errors.Changed as error:
        if error.request.status == 412:
            _honouring.setdefault(connection, set()).add((ours.bucket, by))
            return True
    except errors.S3Error:
        pass
    return False
