"""A list written to a file or a pipe: CSV, JSON Lines or Parquet, with whether it is all there was.

All three have the fields `FIELDS`. `kind` is one of `KINDS`; `modified` is ISO 8601 in UTC with milliseconds; what
a row doesn't have (a prefix has no size) is left out of JSON and empty elsewhere. How each says that it is
complete, and how it holds a key that is not UTF-8, stands with its writer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Generic, Literal, TypeVar, get_args

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.new_file import new_file
from s3tui.s3.columns import Columns
from s3tui.s3.listing import Completeness, Listing
from s3tui.s3.search import Hits

W = TypeVar("W")
Format = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
FIELDS = ("kind", "bucket", "key", "size", "modified", "etag", "storage_class")
# By `columns.OBJECT`, `PREFIX`, `NONCURRENT`, `DELETED`, `OLD_MARKER`.
KINDS = ("object", "prefix", "noncurrent", "delete_marker", "noncurrent_delete_marker")
SIZELESS = tuple(kind == "prefix" or "marker" in kind for kind in KINDS)
NO_TIME = -(2**63)  # what `Columns.milliseconds` says of a row without a time
_PIECE = 1000  # rows that are put into words at once: about a millisecond


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one bucket, field by field. `times` are milliseconds since 1970, `NO_TIME` for none."""

    bucket: str
    kinds: Sequence[int]
    keys: Sequence[str]
    sizes: Sequence[int]
    times: Sequence[int]
    etags: Sequence[str]
    classes: Sequence[str]


class Writer(ABC, Generic[W]):
    """Writes rows to `out`, which stays open. Without `close` at the end the file says that it is cut off."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.rows = 0  # written so far
        self._prepared: dict[int, tuple[Columns, list[tuple[W, int]]]] = {}  # by the `id` of the page

    def prepare(self, bucket: str, page: Columns) -> None:
        """Put a page into words, for all of which `write` will be called later, or never."""
        # The page is kept with them: while it lives no other one can have its `id`.
        self._prepared[id(page)] = page, list(self._worded(bucket, page, None))

    def write(self, bucket: str, columns: Columns, rows: Iterable[int] | None = None) -> None:
        """Write all rows of `columns`, or those with the numbers `rows`, in that order. Raises `OSError`."""
        _, prepared = self._prepared.pop(id(columns), (None, None))
        for words, count in prepared or self._worded(bucket, columns, rows):
            self.put(words)
            self.rows += count

    def _worded(self, bucket: str, columns: Columns, rows: Iterable[int] | None) -> Iterator[tuple[W, int]]:
        return ((self.worded(piece), len(piece.keys)) for piece in _pieces(bucket, columns, rows))

    @abstractmethod
    def worded(self, piece: Piece) -> W:
        """These rows as they will stand in the file."""

    @abstractmethod
    def put(self, words: W) -> None:
        """Write what `worded` made. Raises `OSError`."""

    @abstractmethod
    def close(self, completeness: Completeness) -> None:
        """Write the end: whether these rows are all there were, if not, why, or when. Raises `OSError`."""


def writer(format: Format, out: BinaryIO) -> Writer[Any]:
    """A writer of `format` to `out`. Raises `BadInput` when the library for Parquet is not installed."""
    if format == "parquet":
        from s3tui.s3.export_parquet import ParquetWriter

        return ParquetWriter(out)
    from s3tui.s3.export_text import CsvWriter, JsonWriter

    return CsvWriter(out) if format == "csv" else JsonWriter(out)


def format_of(name: str) -> Format:
    """The format that the end of a file's name means. Raises `BadInput` when it means none."""
    ending = PurePath(name).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise BadInput(f"What “{name}” is to hold isn't clear.", "End its name in .csv, .jsonl or .parquet.")
    return ending


def to_file(
    path: Path,
    format: Format,
    listing: Listing,
    rows: Sequence[int],
    completeness: Completeness,
    token: CancelToken | None = None,
    on_rows: Callable[[int], object] | None = None,
) -> int:
    """Write these rows of `listing`, in this order, to a new file; `on_rows` is called with how many so far.

    `completeness` is that of these rows, when they were chosen: see `Completeness.of_part`. Returns the size of the file
    in bytes. Raises `BadInput` when `path` is there already, `NotWritten` and `Cancelled`; then no file stays.
    """
    with new_file(path) as file:
        made = writer(format, file)
        for bucket, columns, numbers in _parts(listing, rows):
            if token:
                token.check()
            made.write(bucket, columns, numbers)
            if on_rows:
                on_rows(made.rows)
        made.close(completeness)
        return file.tell()


def _parts(listing: Listing, rows: Sequence[int]) -> Iterator[tuple[str, Columns, Sequence[int] | None]]:
    if isinstance(listing, Hits):
        for bucket, found in listing.by_bucket(rows):
            yield bucket, found, None
        return
    columns = listing.columns
    for first in range(0, len(rows), _PIECE):
        yield listing.bucket, columns, rows[first : first + _PIECE]


def _pieces(bucket: str, columns: Columns, rows: Iterable[int] | None) -> Iterator[Piece]:
    if rows is None and len(columns) <= _PIECE:
        return iter([_whole(bucket, columns)])
    rows = range(len(columns)) if rows is None else rows
    if isinstance(rows, range) and rows.step == 1:
        # Copies, since rows may be appended to what they are copied from.
        firsts = range(rows.start, rows.stop, _PIECE)
        return (_whole(bucket, columns.part(first, min(first + _PIECE, rows.stop))) for first in firsts)
    return _picked(bucket, columns, iter(rows))


def _whole(bucket: str, page: Columns) -> Piece:
    names = page.class_names
    return Piece(
        bucket,
        page.column("kinds"),
        page.keys(),
        array("q", page.column("sizes")),
        array("q", page.column("times")),
        page.etags(),
        [names[number] for number in page.column("classes")],
    )


def _picked(bucket: str, columns: Columns, rows: Iterator[int]) -> Iterator[Piece]:
    while numbers := list(islice(rows, _PIECE)):
        yield Piece(
            bucket,
            [columns.kind(row) for row in numbers],
            [columns.key(row) for row in numbers],
            [columns.size(row) for row in numbers],
            [columns.milliseconds(row) for row in numbers],
            [columns.etag(row) for row in numbers],
            [columns.storage_class(row) for row in numbers],
        )
