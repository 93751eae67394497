"""What a bulk upload comes to, found out before byte one: keys, sizes, conflicts, unfinished uploads.

S3 has no harmless way to ask whether we may write: a write that must fail (`If-Match`, a wrong checksum, an upload id
that isn't one) is a plain PUT to a server that doesn't know the condition, and replaces the object; an upload that is
begun and aborted leaves something when the abort fails. So what is asked is what reading tells: whether the bucket is
there, whether the keys may be looked up, and whether the profile is read-only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from s3tui.background import CancelToken
from s3tui.display import counted, listed, when
from s3tui.s3 import errors, uploads
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import Form, LocalFile, Tell
from s3tui.transfers.conflicts import Conflicts, Place
from s3tui.transfers.drafts import Draft, drafts
from s3tui.transfers.found import Found
from s3tui.transfers.names import shared_prefix
from s3tui.transfers.plan import Action, Plan, Step
from s3tui.transfers.taken import taken
from s3tui.transfers.upload import UploadRequest

_RECENT = 5.0  # s since a file was changed in which it may still be being written
_LARGEST = 5 << 40  # bytes: “Amazon S3 multipart upload limits” for long, and still those of most servers
_NAMED = 3  # of many, those that are named


def preflight(connection: Connection, files: Sequence[LocalFile], form: Form, token: CancelToken, tell: Tell) -> Plan:
    """The plan of sending `files` as `form` says. Nothing is written, here or there.

    It reads files where a template wants a digest of them, and to compare them (“different”). A step whose key is
    taken has a `decide`, whatever was decided by `form.if_exists`; `decide` may read the file and ask the endpoint
    (“different”, “rename”), so it is called where waiting is allowed. Raises `BadInput` (templates, fields, two files
    for one key), `errors.S3Error` when the bucket can't be asked at all, and `Cancelled`.
    """
    made = drafts(files, form, datetime.now().astimezone(), token, tell)
    there: dict[Place, Found] = {}
    remarks: list[str] = []
    unknown: set[Place] = set()
    for bucket, keys in _keys_by_bucket(made).items():
        tell("looking at what is there", 0, len(keys))
        seen = taken(connection, bucket, keys, token)
        there |= {(bucket, key): found for key, found in seen.found.items()}
        unknown |= {(bucket, key) for key in seen.unknown}
        if seen.unknown:
            remarks.append(f"{_keys(seen.unknown)} can't be looked up: whether an object is there is not known.")
        remarks += _unfinished(connection, bucket, keys, token)
    if form.if_exists == "overwrite":
        made = [_replacing(draft) if _places(draft) & unknown else draft for draft in made]
    steps = _steps(connection, made, there, form, token, tell)
    return Plan(steps, [*_read_only(connection), *remarks, *_of_files(made)])


def _places(draft: Draft) -> set[Place]:
    """Where it would write."""
    request = draft.request
    keys = filter(None, (request.target.key, request.sidecar)) if request else ()
    return {(draft.target.bucket, key) for key in keys}


def _keys_by_bucket(made: Iterable[Draft]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for draft in made:
        for bucket, key in _places(draft):
            found.setdefault(bucket, []).append(key)
    return found


def _replacing(draft: Draft) -> Draft:
    """Nobody can say whether something is there, and it may be replaced."""
    assert draft.request is not None
    return replace(draft, request=replace(draft.request, overwrite=True))


def _steps(
    connection: Connection,
    made: Sequence[Draft],
    there: dict[Place, Found],
    form: Form,
    token: CancelToken,
    tell: Tell,
) -> list[Step]:
    conflicts = Conflicts(connection, made, there)
    steps: list[Step] = []
    clashing: list[tuple[Draft, UploadRequest]] = []
    places: list[int] = []
    for draft in made:
        request = draft.request
        steps.append(_plain(draft))
        if request and not there.keys().isdisjoint(_places(draft)):
            clashing.append((draft, request))
            places.append(len(steps) - 1)
    for place, step in zip(places, conflicts.decided(clashing, form.if_exists, token, tell), strict=True):
        steps[place] = step
    return steps


def _plain(draft: Draft) -> Step:
    action: Action = "new" if draft.request else "refuse"
    return Step(action, str(draft.file.path), str(draft.target), draft.size, draft.why, draft.request)


# ---- remarks


def _read_only(connection: Connection) -> Iterator[str]:
    if connection.read_only:
        yield "This profile is read-only: nothing of this can be sent."


def _unfinished(connection: Connection, bucket: str, keys: Sequence[str], token: CancelToken) -> Iterator[str]:
    """Where they can't be listed, there is nothing to say."""
    place = S3Uri(bucket, keys[0] if len(keys) == 1 else shared_prefix(keys))
    try:
        found = uploads.at(connection, place, token)
    except errors.S3Error:
        return
    wanted = set(keys)
    ours = [upload for upload in found.uploads if upload.key in wanted]
    if ours:
        named = [f"“{upload.key}” of {when(upload.started)}" for upload in ours[:_NAMED]]
        yield (
            f"{_and_more(counted(len(ours), 'unfinished upload'), named, len(ours))} of these keys: those that are "
            "from here can be resumed, any can be aborted, and none is touched by this."
        )


def _of_files(made: Sequence[Draft]) -> Iterator[str]:
    now = time.time()
    recent, changed, large = [], [], []
    for draft in made:
        if draft.identity is None:
            continue
        size, modified, _ = draft.identity
        if _identity(draft) != draft.identity:
            changed.append(draft)
        elif now - modified / 1e9 < _RECENT:
            recent.append(draft)
        if size > _LARGEST:
            large.append(draft)
    if changed:
        yield f"{_files(changed)} changed while the plan was made, and will be refused: make the plan again."
    if recent:
        yield f"{_files(recent)} changed within the last {_RECENT:.0f} seconds, and may not be complete yet."
    if large:
        yield f"{_files(large)} larger than 5 TiB, which most servers don't take."


def _identity(draft: Draft) -> tuple[int, int, int] | None:
    try:
        seen = os.stat(draft.file.path)
    except OSError:
        return None
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def _files(some: Sequence[Draft]) -> str:
    names = [f"“{draft.file.path.name}”" for draft in some[:_NAMED]]
    return _and_more(counted(len(some), "file"), names, len(some))


def _keys(keys: Iterable[str]) -> str:
    names = sorted(keys)
    return _and_more(counted(len(names), "key"), [f"“{key}”" for key in names[:_NAMED]], len(names))


def _and_more(said: str, names: list[str], count: int) -> str:
    more = [f"{count - len(names):,} more"] if count > len(names) else []
    return f"{said} ({listed([*names, *more])})"
