"""The times of a page: ISO texts to milliseconds since 1970, by looking up what was met before.

Objects share their hours, minutes come again each hour, and most servers send no fraction of a second.
"""

from __future__ import annotations

import operator
import re
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime

from s3tui.s3.columns import milliseconds
from s3tui.s3.remembered import Remembered
from s3tui.s3.row_shapes import NotPlain

_HOUR = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2})")
_MINUTE = re.compile(rb":([0-5][0-9]):([0-5][0-9])")
_FRACTION = re.compile(rb"(?:\.([0-9]{1,9}))?Z")


def _matched(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes]:
    match = pattern.fullmatch(text)
    if not match:
        raise NotPlain
    return match


def _hour(text: bytes) -> int:
    year, month, day, hour = map(int, _matched(_HOUR, text).groups())
    try:
        return milliseconds(datetime(year, month, day, hour, tzinfo=UTC))
    except ValueError as error:  # the 30th of February
        raise NotPlain from error


def _minute(text: bytes) -> int:
    minute, second = map(int, _matched(_MINUTE, text).groups())
    return (minute * 60 + second) * 1000


def _fraction(text: bytes) -> int:
    digits = _matched(_FRACTION, text)[1] or b""
    return int(digits[:3].ljust(3, b"0"))


_hours, _minutes, _fractions = Remembered(_hour), Remembered(_minute), Remembered(_fraction)


def milliseconds_of(hours: Sequence[bytes], minutes: Sequence[bytes], fractions: Sequence[bytes]) -> array[int]:
    """The times whose texts are `2026-11-20T16`, `:03:04` and `.250Z` (or no such at all). Raises `NotPlain`."""
    times = map(operator.add, map(_hours.__getitem__, hours), map(_minutes.__getitem__, minutes))
    if fractions:
        times = map(operator.add, times, map(_fractions.__getitem__, fractions))
    return array("q", list(times))
