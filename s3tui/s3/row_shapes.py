"""Rows of an XML page cut into columns of bytes, by patterns learnt from the page's own rows.

A server writes all its rows alike, but each server in its own way. So the first row is read tag by tag and made
into one strict pattern, which takes all rows that are written the same at less than a microsecond each. Where it
does not fit, that row is learnt as well, and so on for a few shapes. Nothing between rows is ever skipped: it
makes the page `NotPlain`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

TAG = "tag"  # the column of the rows' own tags, where a region holds two kinds of rows
_MOST_SHAPES = 8
_MOST_TOKENS = 64  # in a row that is worth learning
_LONGEST = 32_768  # bytes of such a row; a key has at most 1024, escaped six times that
_TOKEN = re.compile(rb"(<(/?)([A-Za-z][A-Za-z0-9]*)(/?)>)([^<]*)")
_SPACE = b" \t\n"
_SPACES = b"[ \t\n]*+"
_QUOTED_MD5 = re.compile(rb"(&quot;|&#34;|\")[0-9a-f]{32}\1")


@dataclass(frozen=True)
class _Kind:
    """The fields of a kind of row: direct children that have no children of their own."""

    needed: frozenset[bytes]
    others: frozenset[bytes] = frozenset()
    tagged: bool = False


_ETAG_AND_CLASS = frozenset({b"ETag", b"StorageClass"})
_KINDS = {
    b"CommonPrefixes": _Kind(frozenset({b"Prefix"})),
    b"Contents": _Kind(frozenset({b"Key", b"LastModified", b"Size"}), _ETAG_AND_CLASS),
    b"Version": _Kind(frozenset({b"Key", b"LastModified", b"Size", b"IsLatest"}), _ETAG_AND_CLASS, tagged=True),
    b"Deleted": _Kind(frozenset({b"Key"}), frozenset({b"VersionId"})),
    b"DeleteMarker": _Kind(frozenset({b"Key", b"LastModified", b"IsLatest"}), tagged=True),
}


class NotPlain(Exception):
    """The page isn't written as expected; botocore has to read it."""


@dataclass(frozen=True)
class _Shape:
    """How some rows are written: a pattern, and the columns that its groups belong to."""

    pattern: bytes
    groups: tuple[str, ...]

    @property
    def is_strict(self) -> bool:
        """Whether the rows that fit it can't be taken more cheaply by another shape."""
        return "ETag" not in self.groups


@dataclass(frozen=True, slots=True)
class _Token:
    """One tag and the text behind it."""

    markup: bytes
    name: bytes
    text: bytes
    depth: int  # of the element, the outermost has 1
    is_leaf: bool  # opens an element that holds nothing but this text


class Rows:
    """The columns of a region full of rows: each field's texts as they stand in the page."""

    def __init__(self, pieces: list[Any], shapes: tuple[_Shape, ...]) -> None:
        self._pieces = pieces  # None for the groups of another shape than the row's
        self._shapes = shapes
        self._stride = 1 + sum(len(shape.groups) for shape in shapes)

    def has(self, name: str) -> bool:
        return any(name in shape.groups for shape in self._shapes)

    def shapes_by_use(self) -> tuple[_Shape, ...]:
        """The shapes that have rows, those with most of them first."""
        if len(self._shapes) == 1:
            return self._shapes
        ends = accumulate(len(shape.groups) for shape in self._shapes)
        uses = [len(self._pieces[end :: self._stride]) - self._pieces[end :: self._stride].count(None) for end in ends]
        ranked = sorted(zip(uses, self._shapes, strict=True), key=lambda use: -use[0])
        return tuple(shape for uses_of_it, shape in ranked if uses_of_it)

    def column(self, name: str, missing: bytes = b"") -> list[bytes]:
        """One text a row; `missing` where a row has no such field."""
        columns = []
        before = 1
        for shape in self._shapes:
            if name in shape.groups:
                columns.append(self._pieces[before + shape.groups.index(name) :: self._stride])
            before += len(shape.groups)
        if len(columns) == len(self._shapes) == 1:
            return columns[0]
        # A row has texts in the groups of its own shape only.
        merged = [missing] * (len(self._pieces) // self._stride)
        for column in columns:
            merged = [other if text is None else text for text, other in zip(column, merged, strict=True)]
        return merged


_lately: dict[tuple[bytes, ...], tuple[_Shape, ...]] = {}  # tags of rows -> the shapes that took the last page of such


def rows_in(region: bytes, tags: tuple[bytes, ...]) -> Rows:
    """The rows, all with one of `tags`, of a region that begins with a row and ends with one. Raises `NotPlain`."""
    shapes = _lately.get(tags, ())
    if not (len(shapes) == 1 and shapes[0].is_strict and _pattern(shapes).match(region)):
        first = _learn(region, tags)
        shapes = shapes if first in shapes else (first,)
    while True:
        pieces = _pattern(shapes).split(region)
        stride = 1 + sum(len(shape.groups) for shape in shapes)
        stray = next(filter(None, pieces[::stride]), None)
        if stray is None:
            rows = Rows(pieces, shapes)
            _lately[tags] = rows.shapes_by_use()
            return rows
        another = _learn(stray, tags)
        if another in shapes or len(shapes) == _MOST_SHAPES:
            raise NotPlain
        shapes = (*shapes, another)


def children(element: bytes) -> dict[str, bytes]:
    """The texts, as they stand there, of an element's direct children without children. Raises `NotPlain`."""
    found: dict[str, bytes] = {}
    for token in _tokens(element):
        if token.is_leaf and token.depth == 2:
            if token.name.decode() in found:
                raise NotPlain
            found[token.name.decode()] = token.text
    return found


@lru_cache(maxsize=64)
def _pattern(shapes: tuple[_Shape, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(shape.pattern for shape in shapes), re.DOTALL)


def _learn(region: bytes, tags: tuple[bytes, ...]) -> _Shape:
    """The shape of the row that `region` begins with."""
    tag = region[1:20].partition(b">")[0]
    closing = b"</%b>" % tag
    end = region.find(closing, 0, _LONGEST)
    if tag not in tags or end < 0:
        raise NotPlain
    kind = _KINDS[tag]
    pattern, groups, seen = b"", list[str](), set[bytes]()
    for token in _tokens(region[: end + len(closing)]):
        pattern += token.markup
        if token.is_leaf and token.depth == 2 and token.name in kind.needed | kind.others:
            if token.name in seen:
                raise NotPlain
            seen.add(token.name)
            text, names = _text_groups(token)
            pattern += text
            groups += names
        elif token.is_leaf:
            pattern += b"[^<]*+"
        elif token.text:
            pattern += _SPACES
    if not kind.needed <= seen:
        raise NotPlain
    if kind.tagged:
        pattern, groups = pattern.replace(tag, b"(%b)" % tag, 1), [TAG, *groups]
    return _Shape(pattern + _SPACES, tuple(groups))


def _text_groups(token: _Token) -> tuple[bytes, list[str]]:
    """The pattern of a field's text. A dot is the cheapest to match: who reads the column checks what is in it."""
    if token.name == b"LastModified" and token.text.endswith(b".000Z"):  # AWS never says anything else
        return rb"(.{13})(.{6})\.000Z", ["hour", "minute"]
    if token.name == b"LastModified":
        return b"(.{13})(.{6})([^<]*+)", ["hour", "minute", "fraction"]
    if token.name == b"ETag" and (quoted := _QUOTED_MD5.fullmatch(token.text)):
        return b"%b(.{32})%b" % (quoted[1], quoted[1]), ["digest"]
    return b"([^<]*+)", [token.name.decode()]


def _tokens(element: bytes) -> Iterator[_Token]:
    """The tags of one element, which must be well-formed and have no attributes, with the text behind each."""
    tokens = _TOKEN.findall(element)
    if sum(len(markup) + len(text) for markup, *_, text in tokens) != len(element) or len(tokens) > _MOST_TOKENS:
        raise NotPlain
    opened: list[bytes] = []
    for number, (markup, closes, name, empty, text) in enumerate(tokens):
        is_leaf = not closes and not empty and tokens[number + 1 : number + 2] and bool(tokens[number + 1][1])
        if (closes and (empty or not opened or opened[-1] != name)) or (not is_leaf and text.strip(_SPACE)):
            raise NotPlain
        yield _Token(markup, name, text, len(opened) + (not closes), bool(is_leaf))
        if closes:
            opened.pop()
        elif not empty:
            opened.append(name)
        if not opened and number + 1 < len(tokens):
            raise NotPlain
    if opened or not tokens:
        raise NotPlain
