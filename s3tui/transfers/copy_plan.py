"""What a copy or move of objects and prefixes comes to: which object goes to which key, found out before any goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from s3tui.background import CancelToken
from s3tui.display import counted
from s3tui.errors import BadInput
from s3tui.s3 import errors, listing
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import problems
from s3tui.transfers.failures import SameObject
from s3tui.transfers.names import numbered, shared_prefix
from s3tui.transfers.stored import bare, find
from s3tui.transfers.taken import Taken, taken


@dataclass(frozen=True, slots=True)
class Planned:
    """One object and where it goes. `size` is bytes, `etag` without quotes, as they were when this was planned."""

    source: S3Uri
    target: S3Uri
    size: int
    etag: str


def plan(
    connection: Connection,
    sources: Sequence[S3Uri],
    target: S3Uri,
    token: CancelToken | None = None,
    *,
    same_endpoint: bool = True,
) -> Iterator[Planned]:
    """Every object of `sources` (objects, versions, prefixes: a key that ends in `/`, or a bucket) and its new key.

    One source becomes `target` itself: what is below a prefix goes below it, and an object goes into it under its
    name when it ends in `/`. Several sources go below it under their own names. Prefixes are listed as this is
    iterated; when it ends without an error, that is all there is. Nothing may be copied before that. Raises
    `BadInput` for what can't be done as a whole (a prefix into itself, keys that are too long, two sources for one
    key, a target that is to be copied itself), `errors.S3Error` and `Cancelled`.
    """
    rooms = [S3Uri(target.bucket, _room(source, sources, target)) for source in sources]
    made: dict[str, str] = {}  # new key -> the key that becomes it
    for source, room in zip(sources, rooms, strict=True):
        if same_endpoint:
            _refuse_inside(source, room)
        for planned in _objects(connection, source, room, token):
            key = planned.target.key
            if complaints := problems(planned.target):
                raise BadInput(complaints[0], f"It would be the new key of “{planned.source.key[:80]}”.")
            if key in made:
                raise BadInput(f"“{made[key]}” and “{planned.source.key}” would both become “{key}”.")
            made[key] = planned.source.key
            yield planned
    if same_endpoint:
        _refuse_chains(sources, target, made)


def _room(source: S3Uri, sources: Sequence[S3Uri], target: S3Uri) -> str:
    """The key of an object's copy, or the prefix below which a prefix goes."""
    if len(sources) == 1:
        if source.is_prefix:
            return target.key if target.is_prefix else f"{target.key}/"
        return target.key + source.name if target.is_prefix else target.key
    if not target.is_prefix:
        raise BadInput(f"“{target}” is a key: {counted(len(sources), 'source')} need a prefix, which ends in “/”.")
    skip = len(shared_prefix(each.key.removesuffix("/") for each in sources))
    return target.key + source.key[skip:]


def _refuse_inside(source: S3Uri, room: S3Uri) -> None:
    if source.bucket != room.bucket or source.version_id:
        return
    if room.key == source.key:
        raise SameObject(str(source))
    if source.is_prefix and room.key.startswith(source.key):
        raise BadInput(f"“{source}” can't go into itself: “{room}” is below it.", "Choose a target beside it.")


def _objects(connection: Connection, source: S3Uri, room: S3Uri, token: CancelToken | None) -> Iterator[Planned]:
    if not source.is_prefix or source.version_id:
        info = head(connection, source)
        yield Planned(source, room, info.size, bare(info.etag))
        return
    found = False
    for page in listing.stream(connection, source.bucket, source.key, "", token):
        for row in page:
            found = True
            rest = row.key[len(source.key) :]
            if rest or room.key:
                yield Planned(S3Uri(source.bucket, row.key), room.with_key(room.key + rest), row.size, bare(row.etag))
            elif row.size:  # the prefix's own object has no name below the root of a bucket
                raise BadInput(f"“{source}” is an object too, and there is no key for it in “{room}”.")
    if not found:
        raise errors.NoSuchKey(f"Nothing is below “{source}”.", "A prefix ends in “/”.")


def _refuse_chains(sources: Sequence[S3Uri], target: S3Uri, made: dict[str, str]) -> None:
    """One object's new key is another's old one: which of them goes first would decide what is there afterwards."""
    came = {key for source in sources if source.bucket == target.bucket for key in made.values()}
    if chained := next((key for key in made if key in came and made[key] != key), None):
        raise BadInput(
            f"“{made[chained]}” would become “{chained}”, which is to be copied itself.",
            "Go by way of another prefix.",
        )


def existing(connection: Connection, planned: Sequence[Planned], token: CancelToken | None = None) -> Taken:
    """Which of the new keys are taken, as far as we may look: each copy looks again before it writes.

    `connection` is the target's. Raises `errors.S3Error` (of which `NoSuchBucket`) and `Cancelled`.
    """
    if not planned:
        return Taken()
    keys = [each.target.key for each in planned]
    return taken(connection, planned[0].target.bucket, keys, token or CancelToken())


def renamed(connection: Connection, planned: Sequence[Planned], there: Collection[str]) -> list[Planned]:
    """`planned` with a number in the new keys that are `there`, so that none of them is. Raises `errors.S3Error`."""
    used = {each.target.key for each in planned}
    found = []
    for each in planned:
        target, number = each.target, 2
        while target.key in there or (target is not each.target and _is_taken(connection, target, used)):
            target, number = each.target.with_key(numbered(each.target.key, number)), number + 1
        used.add(target.key)
        found.append(replace(each, target=target))
    return found


def _is_taken(connection: Connection, target: S3Uri, used: set[str]) -> bool:
    return target.key in used or find(connection, target) is not None
