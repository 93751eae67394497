"""Parquet, with the library of the extra `data`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from s3tui.errors import BadInput
from s3tui.s3.export import KINDS, NO_TIME, SIZELESS, Piece, Writer
from s3tui.s3.listing import Completeness

try:
    import pyarrow
    from pyarrow import parquet
except ImportError as error:
    raise BadInput(
        "Writing Parquet needs a library that is not installed.", "Install it: pip install 's3tui-browser[data]'"
    ) from error

_GROUP = 100  # pieces that wait to be written together
_SCHEMA = pyarrow.schema(
    {
        "kind": pyarrow.string(),
        "bucket": pyarrow.string(),
        "key": pyarrow.string(),
        "size": pyarrow.int64(),
        "modified": pyarrow.timestamp("ms", tz="UTC"),
        "etag": pyarrow.string(),
        "storage_class": pyarrow.string(),
        "raw_key": pyarrow.binary(),
    }
)


class ParquetWriter(Writer[pyarrow.RecordBatch]):
    """Parquet with typed columns: `size` int64, `modified` a timestamp in UTC, text; null where a row has none.

    The file's own metadata says what the last line of the other formats says: `s3tui.complete` (`true` or
    `false`), `s3tui.completeness` (what `Completeness` says) and `s3tui.rows`; a file without
    them was cut off. No row is added, so counts and sums need no condition. A key that is not UTF-8 has
    U+FFFD in place of the bytes that aren't, and its own bytes in the column `raw_key`, which is null otherwise.
    """

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out)
        self._parquet = parquet.ParquetWriter(_Sink(out), _SCHEMA, compression="zstd")
        self._waiting: list[pyarrow.RecordBatch] = []

    def worded(self, piece: Piece) -> pyarrow.RecordBatch:
        keys = _texts(piece.keys)
        columns = [
            [KINDS[kind] for kind in piece.kinds],
            _texts([piece.bucket]) * len(keys),
            keys,
            [None if SIZELESS[kind] else size for kind, size in zip(piece.kinds, piece.sizes, strict=True)],
            [None if time == NO_TIME else time for time in piece.times],
            [etag or None for etag in _texts(piece.etags)],
            [name or None for name in _texts(piece.classes)],
            [
                None if key == said else key.encode("utf-8", "surrogateescape")
                for key, said in zip(piece.keys, keys, strict=True)
            ],
        ]
        arrays = [pyarrow.array(column, type=kind) for column, kind in zip(columns, _SCHEMA.types, strict=True)]
        return pyarrow.RecordBatch.from_arrays(arrays, schema=_SCHEMA)

    def put(self, words: pyarrow.RecordBatch) -> None:
        self._waiting.append(words)
        if len(self._waiting) == _GROUP:
            self._write_waiting()

    def _write_waiting(self) -> None:
        self._parquet.write_table(pyarrow.Table.from_batches(self._waiting, schema=_SCHEMA))
        self._waiting.clear()

    def close(self, completeness: Completeness) -> None:
        self._write_waiting()
        self._parquet.add_key_value_metadata(
            {
                "s3tui.complete": str(completeness.is_complete).lower(),
                "s3tui.completeness": _texts([str(completeness)])[0],
                "s3tui.rows": str(self.rows),
            }
        )
        self._parquet.close()


class _Sink:
    """What the library writes to. It ends its file by itself when it is let go, which after a failure nobody wants."""

    closed = False

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._failed = False

    def write(self, data: bytes) -> int:
        if self._failed or self._out.closed:
            return len(data)
        try:
            return self._out.write(data)
        except BaseException:
            self._failed = True
            raise

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def _texts(texts: Sequence[str]) -> list[str]:
    """The same texts, with U+FFFD in place of what is not UTF-8."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return [text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in texts]
    return list(texts)
