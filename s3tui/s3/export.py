"""A list written to a file or a pipe: CSV, JSON Lines or Parquet, with whether it is all there was.

All three have the fields `FIELDS`. `kind` is one of `KINDS`; `modified` is ISO 8601 in UTC with milliseconds; what
a row doesn't have (a prefix has no size) is left out of JSON and empty elsewhere. How each says that it is
complete, and how it holds a key that is not UTF-8, stands with its writer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import PurePath
from typing import BinaryIO, Literal, get_args

from s3tui.errors import BadInput
from s3tui.s3.columns import Columns
from s3tui.s3.listing import Completeness

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


class Writer(ABC):
    """Writes rows to `out`, which stays open. Without `close` at the end the file says that it is cut off."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.rows = 0  # written so far

    def write(self, bucket: str, columns: Columns, rows: Iterable[int] | None = None) -> None:
        """Write all rows of `columns`, or those with the numbers `rows`, in that order. Raises `OSError`."""
        for piece in _whole(bucket, columns) if rows is None else _picked(bucket, columns, rows):
            self.write_piece(piece)
            self.rows += len(piece.keys)

    @abstractmethod
    def write_piece(self, piece: Piece) -> None:
        """Write these rows. Raises `OSError`."""

    @abstractmethod
    def close(self, completeness: Completeness) -> None:
        """Write the end: whether these rows are all there were, and if not, why. Raises `OSError`."""


def writer(format: Format, out: BinaryIO) -> Writer:
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


def _whole(bucket: str, columns: Columns) -> Iterator[Piece]:
    count = len(columns)
    for first in range(0, count, _PIECE):
        page = columns if count <= _PIECE else columns.part(first, min(first + _PIECE, count))
        names = columns.class_names
        yield Piece(
            bucket,
            page.column("kinds"),
            _keys(page),
            array("q", page.column("sizes")),
            array("q", page.column("times")),
            [page.etag(row) for row in range(len(page))],
            [names[number] for number in page.column("classes")],
        )


def _keys(columns: Columns) -> list[str]:
    blob, starts = columns.keys_blob()
    if not blob.isascii():
        return [columns.key(row) for row in range(len(columns))]
    text = blob.decode("ascii")
    return [text[first:last] for first, last in pairwise(starts)]


def _picked(bucket: str, columns: Columns, rows: Iterable[int]) -> Iterator[Piece]:
    left = iter(rows)
    while numbers := list(islice(left, _PIECE)):
        yield Piece(
            bucket,
            [columns.kind(row) for row in numbers],
            [columns.key(row) for row in numbers],
            [columns.size(row) for row in numbers],
            [columns.milliseconds(row) for row in numbers],
            [columns.etag(row) for row in numbers],
            [columns.storage_class(row) for row in numbers],
        )
