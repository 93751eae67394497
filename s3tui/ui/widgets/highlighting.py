"""Which parts of a text get which colour: JSON, XML and YAML by Pygments, CSV by column.

Runs on a background thread; imports Pygments late.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter

Span = tuple[int, int, str]  # first character, character after the last, kind
KINDS = ("key", "string", "number", "word", "comment", "sign", "even")
# Pygments' token names, the longest match first.
_TOKENS = (
    ("Token.Name.Tag", "key"),
    ("Token.Name.Attribute", "word"),
    ("Token.Literal.String.Doc", "comment"),
    ("Token.Literal.String", "string"),
    ("Token.Literal.Number", "number"),
    ("Token.Literal.Scalar", "string"),
    ("Token.Keyword", "word"),
    ("Token.Comment", "comment"),
    ("Token.Punctuation", "sign"),
    ("Token.Operator", "sign"),
)


def spans(text: str, language: str | None) -> list[list[Span]]:
    """For each line of `text` (split at `\\n`), the parts that have a colour."""
    lines: list[list[Span]] = [[] for _ in range(text.count("\n") + 1)]
    for line, first, last, kind in _csv(text) if language == "csv" else _pygments(text, language):
        lines[line].append((first, last, kind))
    return lines


def _pygments(text: str, language: str | None) -> Iterator[tuple[int, int, int, str]]:
    if language is None:
        return
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    # Sorted, because the YAML lexer finds some parts out of order.
    for place, token, value in sorted(get_lexer_by_name(language).get_tokens_unprocessed(text), key=itemgetter(0)):
        if not (kind := _kind(str(token))):
            continue
        line = bisect_right(starts, place) - 1
        for number, part in enumerate(value.split("\n"), line):
            first = place - starts[line] if number == line else 0
            if part:
                yield number, first, first + len(part), kind


def _kind(token: str) -> str:
    return next((kind for name, kind in _TOKENS if token.startswith(name)), "")


def _csv(text: str) -> Iterator[tuple[int, int, int, str]]:
    """The first line as keys, then every second column. A quoted field that spans lines is left plain."""
    separator = _separator(text)
    for number, line in enumerate(text.split("\n")):
        start = 0
        for column, field in enumerate(_fields(line, separator)):
            end = start + len(field)
            if number == 0:
                yield number, start, end, "key"
            elif column % 2:
                yield number, start, end, "even"
            start = end + 1


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)


def _fields(line: str, separator: str) -> list[str]:
    """The fields of one line as they are written, quotes included."""
    if '"' not in line:
        return line.split(separator)
    fields, start, quoted = [], 0, False
    for place, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            fields.append(line[start:place])
            start = place + 1
    return [*fields, line[start:]]
