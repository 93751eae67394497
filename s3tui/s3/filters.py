"""The filter language: words that must all hold of a row. The table, the search and the command line share it.

`report 2026`       the name holds both; capitals matter only in a word that has some
`"a b"`             a space, or a word that would mean something else (`"size>1"`, `"!x"`)
`re:\\.iso$`         a Python regular expression finds something in the name; capitals matter, `(?i)` lifts that
`size>1G`           also `< >= <= =`; K M G T P are powers of 1024; `1.5G` is fine
`age>30d`           also `< >= <=`; since the last modification, in s m h d w y
`class:GLACIER`     the storage class; one that the server leaves out is STANDARD
`!word`             whatever the word doesn't hold of

A name is what is shown of a key: without the prefix that is being listed. A common prefix has neither size, age
nor class, so such a word doesn't hold of it; a delete marker has an age only.
"""

from __future__ import annotations

import re
import warnings
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from re import _compiler, _parser  # type: ignore[attr-defined]
from typing import Any

from s3tui.errors import BadInput
from s3tui.s3 import filter_words as words
from s3tui.s3.columns import Columns, Row, milliseconds
from s3tui.s3.filter_words import Facts, Word

_WORD = re.compile(
    r'(?P<sign>!*)(?P<kind>re:|(?i:class):)?(?:"(?P<quoted>.*?)(?:"(?=\s|$)|$)|(?P<bare>\S*))', re.DOTALL
)
_MEASURE = re.compile(r"(?P<what>(?i:size|age))(?P<operator>[<>]=?|=)(?P<value>.*)")
_NUMBER = re.compile(r"(?P<number>[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?P<unit>.*)")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")  # as Python's own reader of patterns calls them
_FEW_TIMES = 4
_ASCII = frozenset(map(chr, range(128)))
_SIZES = {unit: 1024**power for power, unit in enumerate(("", "K", "M", "G", "T", "P"))}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_MOST = 2**63 - 1
_QUOTES = "To look for it in names, write it in quotes."


@dataclass(frozen=True)
class Filter:
    """What `parse` made of a text. Rows are numbers of a listing's columns."""

    text: str = ""
    words: tuple[Word, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether every row matches."""
        return not self.words

    @property
    def key_prefix(self) -> str:
        """What every match's name begins with, as far as that can be told; for asking the server for less."""
        return max((word.literal_start for word in self.words), key=len, default="")

    def rows(self, columns: Columns, first: int, last: int, skip: int) -> array[int]:
        """The matching rows from `first` up to, and without, `last`, ascending.

        `skip` is how many bytes of each key aren't shown. Many rows are looked at with numpy, a stretch at a time,
        so that other threads get their turn.
        """
        if last - first > words.FEW:
            from s3tui.s3 import filter_stretches

            return filter_stretches.rows(self.words, columns, first, last, skip)
        return array("Q", (row for row in range(first, last) if self._holds(words.facts(columns, row, skip))))

    def matches(self, row: Row, skip: int) -> bool:
        """Whether every word holds of this row."""
        name = row.key.encode("utf-8", "surrogateescape")[skip:]
        time = words.NO_TIME if row.modified is None else milliseconds(row.modified)
        return self._holds(Facts(name, row.kind, row.size, time, row.storage_class))

    def _holds(self, facts: Facts) -> bool:
        return all(word.holds(facts) for word in self.words)

    def span(self, name: str) -> tuple[int, int] | None:
        """Where in a shown name the first word is that was found there, to mark it; None when there is none."""
        return next((span for word in self.words if (span := word.span(name))), None)


EVERYTHING = Filter()


def parse(text: str, now: datetime | None = None) -> Filter:
    """Read a filter; ages count back from `now`, an aware time. Raises `BadInput`: which word, what was expected.

    What is only begun (`!`, `re:`, an open quote) is no error, since it is read while it is typed.
    """
    moment = milliseconds(now or datetime.now(UTC))
    return Filter(text, tuple(sorted(_words(text, moment), key=lambda word: word.cost)))


def age(text: str) -> timedelta:
    """What follows `age>` by itself: `30d`, `1.5h` (s m h d w y). Raises `BadInput`."""
    found = _NUMBER.fullmatch(text)
    seconds = _SECONDS.get(found["unit"]) if found else None
    if found is None or seconds is None:
        raise BadInput(f"“{text}” is no age: write 7d or 12h (s m h d w y).")
    try:
        return timedelta(seconds=float(found["number"]) * seconds)
    except OverflowError:
        raise BadInput(f"“{text}” is longer than there has been time.") from None


def _words(text: str, now: int) -> Iterator[Word]:
    at, before = 0, ""
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _WORD.match(text, at)
        assert found is not None  # it matches anything, and at least one character here
        if before in ("size", "age") and found[0].startswith(("<", ">", "=")):
            raise BadInput(f"“{before} {found[0]}” is written without the space: {before}{found[0]}.", _QUOTES)
        at, before = found.end(), found[0].lower()
        word = _word(found, now)
        if word is not None:
            yield words.Not(word) if len(found["sign"]) % 2 else word


def _word(found: re.Match[str], now: int) -> Word | None:
    kind, quoted, bare = found["kind"], found["quoted"], found["bare"]
    value = bare if quoted is None else quoted
    if kind and kind != "re:":
        return _class(value)
    if not value:
        return None
    if kind == "re:":
        return _pattern(value)
    measure = _MEASURE.fullmatch(bare) if bare else None
    if measure:
        return _size(measure) if measure["what"].lower() == "size" else _age(measure, now)
    return _text(value)


def _text(value: str) -> Word:
    try:
        return words.Text(value, value.encode("utf-8", "surrogateescape"), value == value.lower())
    except UnicodeEncodeError:
        raise BadInput(f"“{value}” holds something that no key can hold.") from None


def _pattern(value: str) -> Word:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is typed may mean something else in a later Python
            compiled = re.compile(value)
            endless = _is_endless(_parser.parse(value))
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(f"“re:{value}” is not a regular expression: {error}.", _QUOTES) from None
    if endless:
        raise BadInput(f"“{value}” repeats what is repeated already, which may take for ever: leave one out.")
    return words.Pattern(compiled, _literal_start(value))


def _is_endless(parsed: Any, ends: frozenset[str] | None = None) -> bool:
    """Whether something that may repeat more or less often is itself repeated, and nothing tells one from the next.

    That takes time without end on a name that nearly fits, and nothing can interrupt a search of Python's.
    `ends` are the characters that each round of what is repeated around this must have; None where nothing is.
    """
    if isinstance(parsed, tuple) and str(parsed[0]) in _REPEATS:
        least, most, body = parsed[1]
        if ends is not None and least != most and all(_compiler.compile(body).search(end) for end in ends):
            return True
        if most > _FEW_TIMES:
            ends = _literals(body)
        return _is_endless(body, ends)
    if isinstance(parsed, tuple) and str(parsed[0]) == "BRANCH" and ends is not None:
        pairs = combinations(parsed[1][1], 2)
        if any(_are_mistakable(one, other, ends) for one, other in pairs):
            return True
    if isinstance(parsed, (tuple, list, _parser.SubPattern)):
        return any(_is_endless(part, ends) for part in parsed)
    return False


def _are_mistakable(one: Any, other: Any, ends: frozenset[str]) -> bool:
    """Whether two alternatives of what is repeated may both fit at the same place, so that each round doubles the ways."""
    if not (len(one) and len(other)):  # one of them needn't be there
        there = one if len(one) else other
        return not len(there) or all(_compiler.compile(there).search(end) for end in ends)
    first, second = (_compiler.compile(alternative[:1]) for alternative in (one, other))
    return any(first.match(character) and second.match(character) for character in _ASCII | _literals(one))


def _literals(body: Any) -> frozenset[str]:
    """The characters that stand for themselves in it, or in the one group that it is."""
    while len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        body = body[0][1][3]
    return frozenset(chr(value) for kind, value in body if str(kind) == "LITERAL")


def _literal_start(pattern: str) -> str:
    """The characters after a leading `^` that stand for themselves."""
    if not pattern.startswith("^") or "|" in pattern:
        return ""
    found = re.match(r"\^((?:[^\\.^$*+?{}\[\]()|#\s]|\\[^\w\s])*)", pattern)
    assert found is not None
    literal = found[1]
    if pattern[found.end() : found.end() + 1] in ("*", "?", "{"):  # the last one needn't be there
        literal = re.sub(r"\\?.\Z", "", literal, flags=re.DOTALL)
    return re.sub(r"\\(.)", r"\1", literal)


def _class(value: str) -> Word:
    if not value:
        raise BadInput("After “class:” comes a storage class, such as GLACIER.", _QUOTES)
    return words.StorageClass(value.upper())


def _size(measure: re.Match[str]) -> Word:
    found = _NUMBER.fullmatch(measure["value"])
    factor = _SIZES.get(re.sub(r"(?i)(?<=[KMGTP])i?B$|^B$", "", found["unit"]).upper()) if found else None
    if found is None or factor is None:
        raise BadInput(f"“{measure[0]}”: a size is a number of bytes, or one with K, M, G, T: size>1.5G.", _QUOTES)
    floor, ceiling = _times(found["number"], factor)
    return words.Range("sizes", *_bounds(measure["operator"], floor, ceiling, 0))


def _age(measure: re.Match[str], now: int) -> Word:
    found = _NUMBER.fullmatch(measure["value"])
    seconds = _SECONDS.get(found["unit"]) if found else None
    if found is None or seconds is None or measure["operator"] == "=":
        raise BadInput(f"“{measure[0]}”: an age is compared like this: age>30d, age<2h (s m h d w y).", _QUOTES)
    floor, ceiling = _times(found["number"], seconds * 1000)
    # What is older was modified before.
    operator = measure["operator"].translate(str.maketrans("<>", "><"))
    return words.Range("times", *_bounds(operator, now - ceiling, now - floor, words.NO_TIME + 1))


def _times(number: str, factor: int) -> tuple[int, int]:
    """The whole numbers just below and above a decimal number times `factor`; the same one when it is whole."""
    whole, _, fraction = number.partition(".")
    product, scale = int(whole + fraction) * factor, 10 ** len(fraction)
    return product // scale, -(-product // scale)


def _bounds(operator: str, floor: int, ceiling: int, least: int) -> tuple[int, int]:
    """The least and the greatest whole number that compare so with what lies between `floor` and `ceiling`."""
    low, high = {
        ">": (floor + 1, _MOST),
        ">=": (ceiling, _MOST),
        "<": (least, ceiling - 1),
        "<=": (least, floor),
        "=": (ceiling, floor),
    }[operator]
    return max(least, min(low, _MOST)), max(least - 1, min(high, _MOST))
