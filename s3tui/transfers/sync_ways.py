"""The three ways of a sync: a folder to a prefix, a prefix to a folder, a prefix to a prefix.

Each knows its two sides by names: a path below the folder with `/`, or what follows the prefix in a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from s3tui.background import CancelToken
from s3tui.s3 import listing
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns, Row
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy, sync_compare
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.delete_files import DeleteFilesRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.local_tree import Seen, Tree, Unknown
from s3tui.transfers.request import Request
from s3tui.transfers.stored import bare
from s3tui.transfers.sync_compare import Found, Stored
from s3tui.transfers.sync_names import files_of
from s3tui.transfers.upload import UploadRequest


class Pair(NamedTuple):
    """What stands for each other on the two sides, whether it is there or not."""

    source: str
    target: str
    is_source: bool
    is_target: bool


class Way(Protocol):
    """What a plan needs to know of the two sides. `Row` has a size in bytes and a time, whatever the side is."""

    connection: Connection  # of the source, or of the only side in S3

    def pairs(self) -> Iterator[Pair]:
        """All, in order of their names at the source."""

    def unknown(self) -> Iterator[tuple[str, Unknown]]:
        """What is at the source, and can't be looked at, by its path."""

    def ends(self, pair: Pair) -> tuple[str, str]:
        """From where to where, for people."""

    def source(self, pair: Pair) -> Row:
        """As it is at the source."""

    def target(self, pair: Pair) -> Row:
        """As it is at the target."""

    def obstacle(self, pair: Pair) -> str:
        """Why it can't be brought to the target; empty when it can."""

    def kept(self, pair: Pair) -> str:
        """Why what is at the target only must not go; empty when it may."""

    def compare(self, pair: Pair, token: CancelToken) -> Found:
        """Whether both have the same content; sizes are the same. Raises `S3tuiError`, `Cancelled`."""

    def bring(self, pair: Pair, overwrite: bool) -> Request:
        """What brings it to the target."""

    def remove(self, pair: Pair) -> Request:
        """What removes it from the target."""


@dataclass(slots=True)
class Objects:
    """What is below a prefix. `rows` are numbers of `columns` by what follows the prefix in their key."""

    connection: Connection
    prefix: S3Uri
    columns: Columns
    rows: dict[str, int]

    def uri(self, name: str) -> S3Uri:
        return S3Uri(self.prefix.bucket, self.prefix.key + name)

    def row(self, name: str) -> Row:
        row = self.columns.row(self.rows[name])
        return Row(name, row.kind, row.size, row.modified, row.etag, row.storage_class)

    def stored(self, name: str) -> Stored:
        number = self.rows[name]
        return Stored(self.connection, self.uri(name), self.columns.size(number), self.columns.etag(number))

    def files(self) -> list[str]:
        """Without the empty objects that stand for folders."""
        return [name for name, number in self.rows.items() if self.columns.size(number) or not _is_mark(self, name)]


def _is_mark(objects: Objects, name: str) -> bool:
    return (objects.prefix.key + name).endswith("/")


def objects_below(connection: Connection, prefix: S3Uri, token: CancelToken, tell: Callable[[int], object]) -> Objects:
    """All of them; `tell(objects)` says how many there are so far. Raises `errors.S3Error` when the list isn't
    complete, and `Cancelled`."""
    columns = Columns()
    for page in listing.stream(connection, prefix.bucket, prefix.key, "", token):
        columns.extend(page)
        tell(len(columns))
    skip = len(prefix.key)
    rows = {columns.key(number)[skip:]: number for number in range(len(columns))}
    return Objects(connection, prefix, columns, rows)


def _not_unicode(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        return "This key is not valid Unicode, so nothing can ask for it."
    return ""


def _file_row(name: str, seen: Seen) -> Row:
    return Row(name, size=seen.size, modified=datetime.fromtimestamp(seen.changed / 1e9, UTC))


class Up:
    """A folder to a prefix."""

    def __init__(self, tree: Tree, objects: Objects) -> None:
        self.connection = objects.connection
        self._tree, self._objects = tree, objects
        self._file_of = files_of(objects.files(), tree.files)
        self._key_of = {file: key for key, file in self._file_of.items()}

    def pairs(self) -> Iterator[Pair]:
        for file in sorted(self._tree.files):
            key = self._key_of.get(file)
            yield Pair(file, file if key is None else key, True, key is not None)
        for key, file in self._file_of.items():
            if file not in self._tree.files:
                yield Pair(file, key, False, True)

    def unknown(self) -> Iterator[tuple[str, Unknown]]:
        return ((str(self._tree.folder / name), why) for name, why in sorted(self._tree.unknown.items()))

    def ends(self, pair: Pair) -> tuple[str, str]:
        return str(self._tree.folder / pair.source), str(self._objects.uri(pair.target))

    def source(self, pair: Pair) -> Row:
        return _file_row(pair.source, self._tree.files[pair.source])

    def target(self, pair: Pair) -> Row:
        return self._objects.row(pair.target)

    def obstacle(self, pair: Pair) -> str:
        if not pair.is_target and pair.target in self._file_of:
            return f"Its key is that of “{self._file_of[pair.target]}”."
        return next(iter(self._upload(pair, False).problems()), "")

    def kept(self, pair: Pair) -> str:
        return self._tree.unknown_at(pair.source) or self._tree.unknown_at(pair.target) or _not_unicode(pair.target)

    def compare(self, pair: Pair, token: CancelToken) -> Found:
        return sync_compare.file_and_object(self._tree.folder / pair.source, self._objects.stored(pair.target), token)

    def bring(self, pair: Pair, overwrite: bool) -> Request:
        return self._upload(pair, overwrite)

    def _upload(self, pair: Pair, overwrite: bool) -> UploadRequest:
        seen = bare(self._objects.stored(pair.target).etag) if overwrite else None
        path, target = self._tree.folder / pair.source, self._objects.uri(pair.target)
        return UploadRequest(path, target, overwrite=overwrite, replaces=seen)

    def remove(self, pair: Pair) -> Request:
        return _delete(self._objects, pair.target)


class Down:
    """A prefix to a folder."""

    def __init__(self, objects: Objects, tree: Tree) -> None:
        self.connection = objects.connection
        self._objects, self._tree = objects, tree
        self._file_of = files_of(objects.files(), tree.files)

    def pairs(self) -> Iterator[Pair]:
        for key, file in self._file_of.items():
            yield Pair(key, file, True, file in self._tree.files)
        downloaded = set(self._file_of.values())
        for file in sorted(self._tree.files):
            if file not in downloaded:
                yield Pair(file, file, False, True)

    def unknown(self) -> Iterator[tuple[str, Unknown]]:
        return iter(())

    def ends(self, pair: Pair) -> tuple[str, str]:
        return str(self._objects.uri(pair.source)), str(self._tree.folder / pair.target)

    def source(self, pair: Pair) -> Row:
        return self._objects.row(pair.source)

    def target(self, pair: Pair) -> Row:
        return _file_row(pair.target, self._tree.files[pair.target])

    def obstacle(self, pair: Pair) -> str:
        return _not_unicode(pair.source) or self._tree.in_the_way_of(pair.target)

    def kept(self, pair: Pair) -> str:
        return ""

    def compare(self, pair: Pair, token: CancelToken) -> Found:
        return sync_compare.file_and_object(self._tree.folder / pair.target, self._objects.stored(pair.source), token)

    def bring(self, pair: Pair, overwrite: bool) -> Request:
        folder, source = self._tree.folder, self._objects.stored(pair.source)
        request = DownloadRequest(source.uri, folder / pair.target, root=folder, size=source.size)
        if not overwrite:
            return request
        size, changed, inode = self._tree.files[pair.target]
        return request.replacing((size, changed, inode))

    def remove(self, pair: Pair) -> Request:
        seen = self._tree.files[pair.target]
        return DeleteFilesRequest(self._tree.folder, ((pair.target, seen.size, seen.changed),))


class Across:
    """A prefix to a prefix."""

    def __init__(self, objects: Objects, others: Objects) -> None:
        self.connection = objects.connection
        self._objects, self._others = objects, others
        there = others.connection
        profile = there.profile
        self._to: tuple[str | None, str | None] = (
            (None, "") if there is objects.connection else (profile.name, profile.endpoint)
        )

    def pairs(self) -> Iterator[Pair]:
        for name in self._objects.rows:
            if name or self._others.prefix.key:  # the prefix's own object has no name in the root of a bucket
                yield Pair(name, name, True, name in self._others.rows)
        for name in self._others.rows:
            if name and name not in self._objects.rows:
                yield Pair(name, name, False, True)

    def unknown(self) -> Iterator[tuple[str, Unknown]]:
        return iter(())

    def ends(self, pair: Pair) -> tuple[str, str]:
        return copy.ends(self._objects.uri(pair.source), self._others.uri(pair.target), self._to[0])

    def source(self, pair: Pair) -> Row:
        return self._objects.row(pair.source)

    def target(self, pair: Pair) -> Row:
        return self._others.row(pair.target)

    def obstacle(self, pair: Pair) -> str:
        if why := _not_unicode(pair.source):
            return why
        return next(iter(copy.problems(self._others.uri(pair.target))), "")

    def kept(self, pair: Pair) -> str:
        return _not_unicode(pair.target)

    def compare(self, pair: Pair, token: CancelToken) -> Found:
        token.check()
        return sync_compare.objects(self._objects.stored(pair.source), self._others.stored(pair.target))

    def bring(self, pair: Pair, overwrite: bool) -> Request:
        source = self._objects.stored(pair.source)
        seen = bare(self._others.stored(pair.target).etag) if overwrite else None
        target, etag = self._others.uri(pair.target), bare(source.etag)
        return CopyRequest(source.uri, target, overwrite, etag, *self._to, replaces=seen, size=source.size)

    def remove(self, pair: Pair) -> Request:
        return _delete(self._others, pair.target)


def _delete(objects: Objects, name: str) -> DeleteRequest:
    stored = objects.stored(name)
    return DeleteRequest(stored.uri.bucket, (stored.uri.key,), seen=((stored.size, stored.etag),))
