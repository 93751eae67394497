"""Where to split a stretch of keys, when only some of the keys are known.

Keys are mostly built in parts between separators: words, numbers, dates, digests. So each place in a key (which part,
how far into it) has its own alphabet, and keys that lie far apart still tell about each other. From these alphabets
each stretch of the key space gets a measure, in which keys lie about evenly; where they don't, the measure of what was
seen of a segment tells how dense it is. Nothing here has to be right: a bad split costs one request.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from s3tui.s3.columns import Columns
from s3tui.s3.key_place import Place, allowed

_DEPTH = 12  # characters looked at beyond what two keys have in common
_LEARNED = 48  # characters that are looked at to learn from a key,
_WHOLE_PAGES = 2  # but all of them on the first pages
_LONGEST = 1024  # bytes of a key
_SAMPLES = 4  # keys of a page that are looked at
_MANY_PAGES = 64  # that have been looked at so; then one key of each page is enough
_DEEP = 64  # levels between what is seen and what is possible: nothing can be said
_FEW = 4
_BOUNDLESS = 1e9
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # by XML 1.0
_SEPARATOR = re.compile(r"[\W_]")
_COMPARED = 64  # places that tell which characters take each other's place
_MOST_UNSEEN = 96  # characters kept in mind for a place where they were not seen yet


class KeySpace:
    """What is known of the keys of one listing."""

    def __init__(self, prefix: bytes) -> None:
        self._start = prefix
        self._prefix = prefix.decode("utf-8", "ignore")
        self._places: dict[tuple[int, int], Place] = {}
        self._alphabet: set[str] = set()
        self._candidates: list[str] = []
        self._pages = 0
        self._previous = ""

    def learn(self, columns: Columns) -> None:
        """Look at some keys of a page that has rows."""
        self._pages += 1
        last = len(columns) - 1
        if self._pages > _MANY_PAGES:
            return self._learn_key(columns.key_bytes(last))
        for sample in range(_SAMPLES):
            self._learn_key(columns.key_bytes(last * sample // (_SAMPLES - 1)))
        return None

    def left(self, first: bytes, last: bytes, end: bytes | None) -> float:
        """How much lies after `last` up to `end`, as a multiple of what lies from `first` to `last`; 0 if unknown."""
        low, middle, high = _text(first), _text(last), None if end is None else _text(end)
        inner, outer = _common(low, middle), self._outer(middle, high)
        if inner - outer > _DEEP:
            return _BOUNDLESS
        seen = self._between(low, middle, inner) * self._share(middle, outer, inner)
        ahead = self._between(middle, high, outer)
        return min(ahead / seen, _BOUNDLESS) if seen > 0 and ahead > 0 else 0

    def split_deep(self, first: bytes, last: bytes, end: bytes | None) -> bytes | None:
        """A key before `end` and after all that begin as `last` does, up to half of what `first` and `last` share.

        For when nothing tells on which level keys go on; None when there are few levels.
        """
        low, middle, high = _text(first), _text(last), None if end is None else _text(end)
        inner, outer = _common(low, middle), self._outer(middle, high)
        if inner - outer < _FEW:
            return None
        level = (inner + outer) // 2
        return self._usable(middle[:level] + _after(middle[level]), last, end)

    def split(self, last: bytes, end: bytes | None) -> bytes | None:
        """A key between `last` and `end` (neither of them) that halves what lies there, or None when there is none.

        It is UTF-8 of at most 1,024 bytes, and holds nothing that XML can't hold unless `last` has it there too.
        """
        low, high = _text(last), None if end is None else _text(end)
        start = self._outer(low, high)
        part, offset = _place(low[:start])
        begins = self._position(low, start, part, offset)
        ends = 1.0 if high is None else self._position(high, start, part, offset)
        target = (begins + ends) / 2
        text, edge, width = low[:start], 0.0, 1.0
        best, best_off = None, float("inf")
        for _ in range(2 * _DEPTH):
            place = self._at(part, offset)
            character, near = place.find((target - edge) / width)
            for one in near:
                off = abs(edge + width * place.edge(one)[0] - target)
                if off < best_off and low < text + one and (high is None or text + one < high):
                    best, best_off = text + one, off
            if not character or best_off <= (ends - begins) / 8:
                break
            start_of, share = place.edge(character)
            edge += width * start_of
            width *= share
            text += character
            part, offset = _next(part, offset, character)
        return self._usable(best or _just_after(low, high, start), last, end)

    def _usable(self, text: str | None, last: bytes, end: bytes | None) -> bytes | None:
        if text is None:
            return None
        middle = text.encode("utf-8", "ignore")
        fits = last < middle and (end is None or middle < end) and len(middle) <= _LONGEST
        # What the endpoint's own keys begin with it can also be asked for.
        new = text[_common(_text(last), text) :]
        return middle if fits and middle.startswith(self._start) and not _FORBIDDEN.search(new) else None

    def _outer(self, last: str, end: str | None) -> int:
        """How much of `last` is sure to stay the same up to `end`."""
        return len(self._prefix) if end is None else _common(last, end)

    # -- the measure

    def _between(self, low: str, high: str | None, start: int) -> float:
        """The measure from `low` to `high`, within what begins as they do up to `start`."""
        part, offset = _place(low[:start])
        ends = 1.0 if high is None else self._position(high, start, part, offset)
        return ends - self._position(low, start, part, offset)

    def _position(self, text: str, start: int, part: int, offset: int) -> float:
        """The measure of all that comes before `text`, within what begins as it does up to `start`."""
        position, width = 0.0, 1.0
        for character in text[start : start + _DEPTH]:
            begins, share = self._at(part, offset).edge(character)
            position += width * begins
            width *= share
            part, offset = _next(part, offset, character)
        return position

    def _share(self, text: str, start: int, end: int) -> float:
        """What begins like `text` up to `end`, as a share of what does so up to `start`."""
        if end < start:
            return 1 / self._share(text, end, start)
        part, offset = _place(text[:start])
        share = 1.0
        for character in text[start:end]:
            share *= self._at(part, offset).edge(character)[1]
            part, offset = _next(part, offset, character)
        return max(share, 1e-300)

    def _at(self, part: int, offset: int) -> Place:
        place = self._places.get((part, offset))
        if place is None:
            place = self._places[part, offset] = Place()
        if place.stale(len(self._alphabet)):
            place.measure(self._unseen(place), len(self._alphabet))
        return place

    def _unseen(self, place: Place) -> dict[str, float]:
        """Characters that may stand there too, with how likely that is: most so those that do where its own do."""
        if len(self._candidates) != len(self._alphabet):
            self._candidates = sorted(self._alphabet)
        own = place.seen.keys() - {""}
        alike = [other.seen.keys() for other in islice(self._places.values(), _COMPARED) if own & other.seen.keys()]
        step = 1 + len(self._candidates) // _MOST_UNSEEN
        return {
            character: 0.05 + sum(character in other for other in alike) / max(len(alike), 1)
            for character in self._candidates[::step]
            if character not in own
        }

    def _learn_key(self, key: bytes) -> None:
        """Only where it differs from the one before it: there each place is seen anew."""
        text = _text(key)
        start = _common(self._previous, text)
        if start == len(text) == len(self._previous):
            return
        self._previous = text
        part, offset = _place(text[:start])
        end = start + _LEARNED if self._pages > _WHOLE_PAGES else len(text)
        for character in text[start:end]:
            self._see(part, offset, character)
            part, offset = _next(part, offset, character)
        if len(text) <= end:
            self._see(part, offset, "")

    def _see(self, part: int, offset: int, character: str) -> None:
        place = self._places.get((part, offset))
        if place is None:
            place = self._places[part, offset] = Place()
        if place.see(character) and character and allowed(character):
            self._alphabet.add(character)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "ignore")


@lru_cache(maxsize=256)
def _place(text: str) -> tuple[int, int]:
    """Which part of a key, and how far into it, comes after `text`."""
    separators = [separator.end() for separator in _SEPARATOR.finditer(text)]
    return len(separators), len(text) - (separators[-1] if separators else 0)


def _next(part: int, offset: int, character: str) -> tuple[int, int]:
    return (part + 1, 0) if _SEPARATOR.match(character) else (part, offset + 1)


def _just_after(low: str, high: str | None, start: int) -> str | None:
    """What comes after all that begin as `low` does, up to as little beyond `start` as is still before `high`."""
    levels = range(start, min(len(low), start + _DEPTH))
    keys = (low[:level] + _after(low[level]) for level in levels)
    return next((key for key in keys if low < key and (high is None or key < high)), None)


def _after(character: str) -> str:
    """The next character that may be asked for; the same one when there is none."""
    number = ord(character) + 1
    while number < 0x10FFFF and not allowed(chr(number)):
        number += 1
    return chr(number) if number < 0x10FFFF else character


def _common(one: str, other: str) -> int:
    """How long what both begin with is."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    low, high = 0, length
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle)
    return low
