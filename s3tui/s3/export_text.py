"""CSV and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import repeat
from json.encoder import encode_basestring_ascii as quoted
from typing import BinaryIO

from s3tui.s3.columns import OBJECT, PREFIX
from s3tui.s3.export import FIELDS, KINDS, NO_TIME, SIZELESS, Piece, Writer
from s3tui.s3.listing import Completeness

_DAY = 86_400_000  # ms
# What makes a spreadsheet calculate what a cell holds, and the apostrophe itself.
_GUARDED = frozenset("=+-@\t\r\n'＝＋－＠")


class _TextWriter(Writer[bytes]):
    def put(self, words: bytes) -> None:
        self.out.write(words)


class JsonWriter(_TextWriter):
    """One JSON object a line, in ASCII.

    The last line is `{"kind": "end", "complete": true or false, "reason": "…", "rows": N}`; of an older list that
    was complete, the reason is `as of when`. A file without it was cut off. A byte of a key that is not UTF-8 is a lone surrogate from `\\udc80` to `\\udcff`, as Python's
    `surrogateescape` has it, so that the key can be had back exactly.
    """

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out)
        self._times = _Times()

    def worded(self, piece: Piece) -> bytes:
        places = [f'{{"kind":"{kind}","bucket":{quoted(piece.bucket)},"key":' for kind in KINDS]
        classes = {name: quoted(name) for name in set(piece.classes)}
        if any(piece.kinds) or NO_TIME in piece.times:
            lines = [self._line(piece, row, places, classes) for row in range(len(piece.keys))]
        else:
            place = places[OBJECT]
            lines = [
                f'{place}"{key}","size":{size},"modified":"{time}","etag":"{etag}","storage_class":{name}}}\n'
                for key, size, time, etag, name in zip(
                    _between_quotes(piece.keys),
                    piece.sizes,
                    self._times.texts(piece.times),
                    _between_quotes(piece.etags),
                    map(classes.__getitem__, piece.classes),
                    strict=True,
                )
            ]
        return "".join(lines).encode("ascii")

    def _line(self, piece: Piece, row: int, places: list[str], classes: dict[str, str]) -> str:
        kind, time = piece.kinds[row], piece.times[row]
        line = f"{places[kind]}{quoted(piece.keys[row])}"
        if kind == PREFIX:
            return f"{line}}}\n"
        modified = "null" if time == NO_TIME else f'"{self._times.text(time)}"'
        if SIZELESS[kind]:
            return f'{line},"modified":{modified}}}\n'
        rest = f'"etag":{quoted(piece.etags[row])},"storage_class":{classes[piece.classes[row]]}'
        return f'{line},"size":{piece.sizes[row]},"modified":{modified},{rest}}}\n'

    def close(self, completeness: Completeness) -> None:
        end = {
            "kind": "end",
            "complete": completeness.is_complete,
            "reason": completeness.reason or ("" if completeness.is_complete else str(completeness)),
            "rows": self.rows,
        }
        self.out.write(json.dumps(end, separators=(",", ":")).encode("ascii") + b"\n")


def _between_quotes(texts: Sequence[str]) -> Sequence[str]:
    """What JSON has between the quotes; of most, the text itself."""
    all_of_them = "".join(texts)
    if all_of_them.isascii() and all_of_them.isprintable() and not ('"' in all_of_them or "\\" in all_of_them):
        return texts
    return [quoted(text)[1:-1] for text in texts]


class CsvWriter(_TextWriter):
    """CSV with a head line; lines end in a line feed, and text stands in quotes.

    The last record has the kind `end` and, in the column `completeness` that is empty everywhere else, what
    `Completeness` says; a file without it was cut off. A key's bytes are those that S3 holds, UTF-8 or
    not. A key, ETag or class that begins with what would make a spreadsheet calculate (`= + - @`, a tab, a line
    end) or with an apostrophe has one apostrophe more before it, which a reader takes off.
    """

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out)
        self._times = _Times()
        out.write(",".join((*FIELDS, "completeness")).encode("ascii") + b"\n")

    def worded(self, piece: Piece) -> bytes:
        places = [f"{kind},{cell(piece.bucket)}," for kind in KINDS]
        classes = {name: cell(name) for name in set(piece.classes)}
        lines = [
            f"{places[kind]}{cell(key)},{'' if sizeless else size},{time},{cell(etag)},{classes[name]},\n"
            for kind, key, size, time, etag, name, sizeless in zip(
                piece.kinds,
                piece.keys,
                piece.sizes,
                self._times.texts(piece.times),
                piece.etags,
                piece.classes,
                map(SIZELESS.__getitem__, piece.kinds),
                strict=True,
            )
        ]
        return "".join(lines).encode("utf-8", "surrogateescape")

    def close(self, completeness: Completeness) -> None:
        self.out.write(f"end,,,,,,,{cell(str(completeness))}\n".encode("utf-8", "surrogateescape"))


def cell(text: str) -> str:
    """A cell of CSV that holds `text`, in quotes, as `CsvWriter` describes it; nothing for an empty text."""
    if not text:
        return ""
    guard = "'" if text[0] in _GUARDED else ""
    return f'"{guard}{text}"' if '"' not in text else f'"{guard}{text.replace(chr(34), chr(34) * 2)}"'


class _Times:
    """Times as text, put together from parts that are there already."""

    def __init__(self) -> None:
        self._days = _Days()
        self._minutes = [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]
        self._seconds = [f"{second:02}" for second in range(60)]
        self._rests = [f".{rest:03}+00:00" for rest in range(1000)]

    def text(self, time: int) -> str:
        """`2026-11-20T16:03:04.000+00:00` of milliseconds since 1970; empty for `NO_TIME`."""
        (text,) = self.texts([time])
        return text

    def texts(self, times: Sequence[int]) -> list[str]:
        """The same of many."""
        days, minutes, seconds, rests = self._days, self._minutes, self._seconds, self._rests
        if NO_TIME in times:
            return ["" if time == NO_TIME else self.text(time) for time in times]
        return [
            f"{days[day]}{minutes[rest // 60_000]}{seconds[rest // 1000 % 60]}{rests[rest % 1000]}"
            for day, rest in map(divmod, times, repeat(_DAY))
        ]


class _Days(dict[int, str]):
    def __missing__(self, day: int) -> str:
        text = self[day] = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
        return text
