"""Making one place like another: what that comes to, known before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.display import counted
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.columns import Row
from s3tui.s3.filters import EVERYTHING, Filter
from s3tui.s3.uri import S3Uri
from s3tui.transfers import sync_compare
from s3tui.transfers.bulk import Tell
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.delete_files import DeleteFilesRequest
from s3tui.transfers.download_plan import check_room
from s3tui.transfers.local_tree import Tree, tree_of
from s3tui.transfers.plan import Action, Plan, Step
from s3tui.transfers.request import Request
from s3tui.transfers.sync_compare import Found
from s3tui.transfers.sync_ways import Across, Down, Pair, Up, Way, objects_below
from s3tui.transfers.together import together

TOGETHER = 1000  # deletes in one request


@dataclass(frozen=True, slots=True)
class Prefix:
    """A place in S3, as one side of a sync. The prefix gets the `/` that it may lack."""

    connection: Connection
    uri: S3Uri

    def __post_init__(self) -> None:
        if self.uri.version_id:
            raise BadInput("A version is that of one object: a prefix is synced.")
        if not self.uri.bucket:
            raise BadInput("The bucket's name is missing.", "Write s3://bucket/prefix/.")
        if not self.uri.is_prefix:
            object.__setattr__(self, "uri", replace(self.uri, key=f"{self.uri.key}/"))

    def __str__(self) -> str:
        return str(self.uri)


Side = Path | Prefix


@dataclass(frozen=True, slots=True)
class Sync:
    """What is to be made like what. `delete`: what is only at the target goes. Only what fits `wanted` is looked at, on
    both sides: by what its source is like, where it has one. `folder`s are absolute."""

    source: Side
    target: Side
    delete: bool = False
    wanted: Filter = EVERYTHING


def plan(sync: Sync, token: CancelToken, tell: Tell) -> Plan:
    """List both sides completely, read what must be compared, and say what is to be done. Nothing is written.

    Files and objects of the same size are the same only when the endpoint's ETag or checksum says so; see
    `sync_compare`. What is at the target only is an `extra`, or goes. Raises `BadInput` for what can't be done as a
    whole: sides that overlap, a folder that isn't there, an empty source for which everything would go. Raises
    `errors.S3Error` and `LocalFailure` when one side can't be listed to its end, `NoSpace`, and `Cancelled`.
    """
    _refuse_overlap(sync)
    return plan_of(_way(sync, token, tell), sync, token, tell)


def plan_of(way: Way, sync: Sync, token: CancelToken, tell: Tell) -> Plan:
    """The same, of what was listed."""
    made, alike, sources = Plan([]), list[tuple[int, Pair]](), 0
    for pair in way.pairs():
        if not sync.wanted.matches(way.source(pair) if pair.is_source else way.target(pair), 0):
            continue
        sources += pair.is_source
        step = _step(way, pair, sync.delete)
        if step is None:
            alike.append((len(made.steps), pair))
            step = _as(way, pair, "same", way.source(pair).size)
        made.steps.append(step)
    _refuse_emptying(sync, made, sources)
    _compare(way, made, alike, token, tell)
    made.steps += [Step(found.action, name, "", None, found.why) for name, found in way.unknown()]
    if isinstance(sync.target, Path):
        check_room(sync.target, made)
    _remark(sync, made, sources)
    return made


def _way(sync: Sync, token: CancelToken, tell: Tell) -> Way:
    source, target = sync.source, sync.target
    if isinstance(source, Path):
        if not isinstance(target, Prefix):
            raise BadInput("One of the two must be a place in S3.", "sync FOLDER s3://bucket/prefix/")
        if not source.is_dir():
            raise BadInput(f"“{source}” is no folder.", "Name the folder whose files are to be synced.")
        tree = _tree(source, True, token, tell)
        return Up(tree, objects_below(target.connection, target.uri, token, _telling(tell, target)))
    objects = objects_below(source.connection, source.uri, token, _telling(tell, source))
    if isinstance(target, Prefix):
        return Across(objects, objects_below(target.connection, target.uri, token, _telling(tell, target)))
    if target.exists() and not target.is_dir():
        raise BadInput(f"“{target}” is a file.", "Choose a folder.")
    return Down(objects, _tree(target, False, token, tell) if target.is_dir() else Tree(target))


def _tree(folder: Path, follow: bool, token: CancelToken, tell: Tell) -> Tree:
    return tree_of(folder, follow, token, lambda count: tell(f"looking at {folder}", count, None))


def _telling(tell: Tell, place: Prefix) -> Callable[[int], object]:
    return lambda count: tell(f"listing {place}", count, None)


def _step(way: Way, pair: Pair, delete: bool) -> Step | None:
    """What is to be done; None where the content must be compared."""
    if not pair.is_source:
        return _extra(way, pair, delete)
    row = way.source(pair)
    if why := way.obstacle(pair):
        return _as(way, pair, "refuse", row.size, why)
    if not pair.is_target:
        return _as(way, pair, "new", row.size, request=way.bring(pair, False))
    there = way.target(pair)
    if there.size != row.size:
        return _replace(way, pair, f"It has {counted(row.size, 'byte')}, and {there.size:,} there.")
    return None


def _extra(way: Way, pair: Pair, delete: bool) -> Step:
    size = way.target(pair).size
    if why := way.kept(pair):
        return _as(way, pair, "skip", size, why)
    there = way.ends(pair)[1]
    if not delete:
        return Step("extra", "", there, size, "It is not at the source.")
    return Step("delete", "", there, size, "It is not at the source.", way.remove(pair))


def _replace(way: Way, pair: Pair, why: str) -> Step:
    source = way.source(pair)
    if _is_newer(way.target(pair), source):
        why = f"{why} {_NEWER}"
    return _as(way, pair, "replace", source.size, why, way.bring(pair, True))


_OPAQUE = "their ETags are of unknown parts, or of encrypted content, and there is no checksum."
_NEWER = "What is there is newer."


def _is_newer(row: Row, than: Row) -> bool:
    return row.modified is not None and than.modified is not None and row.modified > than.modified


def _as(way: Way, pair: Pair, action: Action, size: int, why: str = "", request: Request | None = None) -> Step:
    return Step(action, *way.ends(pair), size, why, request)


def _compare(way: Way, made: Plan, alike: list[tuple[int, Pair]], token: CancelToken, tell: Tell) -> None:
    """Those of the same size, many at a time."""
    done = 0

    def work(numbered: tuple[int, Pair]) -> None:
        nonlocal done
        number, pair = numbered
        token.check()
        try:
            found = way.compare(pair, token) if way.source(pair).size else Found(True, "Both are empty.")
        except S3tuiError as error:
            found = sync_compare.unreadable(error)
        if found.same is None:
            made.steps[number] = replace(made.steps[number], action="refuse", why=found.why)
        elif found.same:
            made.steps[number] = replace(made.steps[number], why=found.why)
        else:
            made.steps[number] = _replace(way, pair, found.why)
        done += 1
        tell("comparing", done, len(alike))

    together(work, alike)


# ---- what is refused as a whole


def _refuse_overlap(sync: Sync) -> None:
    source, target = sync.source, sync.target
    if not isinstance(source, Prefix) or not isinstance(target, Prefix) or source.uri.bucket != target.uri.bucket:
        return
    one, other = source.uri.key, target.uri.key
    if not (one.startswith(other) or other.startswith(one)):
        return
    # One store may be known by two addresses. What is under the same name elsewhere is a mirror; within each other, it
    # may be what would be deleted.
    if _same_store(source.connection, target.connection) or (sync.delete and one != other):
        raise BadInput(
            f"“{source}” and “{target}” overlap, so a sync would never end.",
            "Choose places that lie beside each other.",
        )


def _same_store(one: Connection, other: Connection) -> bool:
    return one.profile.endpoint == other.profile.endpoint or (one.profile.is_aws and other.profile.is_aws)


def _refuse_emptying(sync: Sync, made: Plan, sources: int) -> None:
    doomed = made.counts()["delete"]
    if doomed and not sources:
        fitting = " that fits the filter" if sync.wanted.words else ""
        raise BadInput(
            f"Nothing is in “{sync.source}”{fitting}, so everything in “{sync.target}” would be deleted: "
            f"{counted(doomed, 'file')}. Nothing was.",
            "Is it the right place, and is its disk mounted? To empty the target, delete what is there.",
        )


def _remark(sync: Sync, made: Plan, sources: int) -> None:
    if not sources:
        made.remarks.append(f"Nothing is in “{sync.source}”" + (" that fits." if sync.wanted.words else "."))
    if doubtful := sum(step.why == sync_compare.BY_TIME for step in made.steps):
        made.remarks.append(f"{counted(doubtful, 'file')} taken for the same by size and time only: {_OPAQUE}")
    if newer := sum(step.action == "replace" and step.why.endswith(_NEWER) for step in made.steps):
        made.remarks.append(f"{newer:,} of what is to be replaced: newer than what replaces it.")


# ---- what is given to the queue


def in_turn(requests: Iterable[Request]) -> tuple[list[Request], list[Request]]:
    """What brings something, and what deletes something, many at a time. The second may only begin when all of the
    first went well."""
    brings, objects, files = list[Request](), list[DeleteRequest](), list[DeleteFilesRequest]()
    for request in requests:
        if isinstance(request, DeleteRequest):
            objects.append(request)
        elif isinstance(request, DeleteFilesRequest):
            files.append(request)
        else:
            brings.append(request)
    return brings, [*_objects_together(objects), *_files_together(files)]


def _objects_together(requests: list[DeleteRequest]) -> Iterator[DeleteRequest]:
    for first in range(0, len(requests), TOGETHER):
        some = requests[first : first + TOGETHER]
        keys = tuple(key for each in some for key in each.keys)
        seen = tuple(seen for each in some for seen in each.seen)
        yield DeleteRequest(some[0].bucket, keys, expected=len(keys), seen=seen)


def _files_together(requests: list[DeleteFilesRequest]) -> Iterator[DeleteFilesRequest]:
    for first in range(0, len(requests), TOGETHER):
        some = requests[first : first + TOGETHER]
        yield DeleteFilesRequest(some[0].folder, tuple(file for each in some for file in each.files))
