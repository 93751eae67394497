"""Where to split a stretch of keys, when only some of the keys are known."""

from __future__ import annotations

from bisect import bisect_left

from s3tui.s3.columns import Columns

_DEPTH = 24  # code points looked at beyond what two keys have in common
_LONGEST = 1024  # bytes of a key


class KeySpace:
    """What is known of the keys of one listing: the code points they are made of."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix = prefix.decode("utf-8", "replace")
        self._alphabet = list("09az")

    def learn(self, columns: Columns) -> None:
        """Look at some keys of a page that has rows."""
        count = len(columns)
        seen = {character for row in (0, count // 3, count // 2, count - 1) for character in self._text(columns, row)}
        if not seen <= set(self._alphabet):
            self._alphabet = sorted(seen.union(self._alphabet))

    def left(self, first: bytes, last: bytes, end: bytes | None) -> float:
        """How much lies after `last` up to `end`, as a multiple of what lies from `first` to `last`; 0 if unknown."""
        low, middle, high = self._texts(first, last, end)
        skip = len(_common(low, high))
        begins, reaches, ends = (self._value(text, skip) for text in (low, middle, high))
        return (ends - reaches) / (reaches - begins) if begins < reaches < ends else 0

    def split(self, first: bytes, last: bytes, end: bytes | None) -> bytes | None:
        """A key between `last` and `end` (neither of them) that halves what lies there, or None when there is none."""
        _, low, high = self._texts(first, last, end)
        common = _common(low, high)
        skip = len(common)
        value = (self._value(low, skip) + self._value(high, skip)) // 2
        text = common + self._characters(value)
        for length in range(skip + 4, len(text) + 1):
            if low < text[:length] < high:
                text = text[:length]
                break
        middle = text.encode("utf-8", "replace")
        fits = last < middle and (end is None or middle < end) and len(middle) <= _LONGEST
        return middle if fits and middle.startswith(self._prefix.encode()) else None

    def _text(self, columns: Columns, row: int) -> str:
        return columns.key_bytes(row).decode("utf-8", "ignore")

    def _texts(self, first: bytes, last: bytes, end: bytes | None) -> tuple[str, str, str]:
        beyond = self._prefix + chr(0x10FFFF)
        return (
            first.decode("utf-8", "ignore"),
            last.decode("utf-8", "ignore"),
            beyond if end is None else end.decode("utf-8", "ignore"),
        )

    def _value(self, text: str, skip: int) -> int:
        base = len(self._alphabet) + 2
        value = 0
        for at in range(skip, skip + _DEPTH):
            rank = bisect_left(self._alphabet, text[at]) + 1 if at < len(text) else 0
            value = value * base + rank
        return value

    def _characters(self, value: int) -> str:
        base = len(self._alphabet) + 2
        ranks = []
        for _ in range(_DEPTH):
            value, rank = divmod(value, base)
            ranks.append(rank)
        ranks.reverse()
        ranks = ranks[: ranks.index(0)] if 0 in ranks else ranks
        return "".join(self._alphabet[min(rank, len(self._alphabet)) - 1] for rank in ranks)


def _common(one: str, other: str) -> str:
    """What both begin with."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return one[:length]
    low, high = 0, length
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle)
    return one[:low]
