"""The times of a page: ISO texts to milliseconds since 1970, by looking up what was met before.

Objects share their hours, minutes come again each hour, and most servers send no fraction of a second.
"""

from __future__ import annotations

import operator
import re
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from s3tui.s3.columns import milliseconds
from s3tui.s3.row_shapes import NotPlain

_MOST = 20_000  # texts remembered of each part: three years of hours


class _Memory(dict[bytes, int]):
    """What each text is in milliseconds; read when it is met first."""

    def __init__(self, pattern: bytes, read: Callable[[re.Match[bytes]], int]) -> None:
        super().__init__()
        self._pattern = re.compile(pattern)
        self._read = read

    def __missing__(self, text: bytes) -> int:
        match = self._pattern.fullmatch(text)
        if not match:
            raise NotPlain
        try:
            value = self._read(match)
        except ValueError as error:  # the 30th of February
            raise NotPlain from error
        if len(self) >= _MOST:
            self.clear()
        self[text] = value
        return value


def _hour(match: re.Match[bytes]) -> int:
    year, month, day, hour = map(int, match.groups())
    return milliseconds(datetime(year, month, day, hour, tzinfo=UTC))


def _minute(match: re.Match[bytes]) -> int:
    return int(match[1]) * 60_000 + int(match[2]) * 1000


def _fraction(match: re.Match[bytes]) -> int:
    return int((match[1] or b"0").ljust(3, b"0")[:3])


_HOURS = _Memory(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2})", _hour)
_MINUTES = _Memory(rb":([0-5][0-9]):([0-5][0-9])", _minute)
_FRACTIONS = _Memory(rb"(?:\.([0-9]{1,9}))?Z", _fraction)


def milliseconds_of(hours: Sequence[bytes], minutes: Sequence[bytes], fractions: Sequence[bytes]) -> array[int]:
    """The times whose texts are `2026-11-20T16`, `:03:04` and `.250Z` (or no such at all). Raises `NotPlain`."""
    times = map(operator.add, map(_HOURS.__getitem__, hours), map(_MINUTES.__getitem__, minutes))
    if fractions:
        times = map(operator.add, times, map(_FRACTIONS.__getitem__, fractions))
    return array("q", list(times))
