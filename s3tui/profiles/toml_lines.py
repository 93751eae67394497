"""On which line of a TOML file an option stands. Neither tomllib nor tomlkit tells."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_HEADER = re.compile(r"\s*(\[[^\[\]]+\])\s*(?:#.*)?")
_OPTION = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")

Place = tuple[str, ...]


def line_numbers(text: str) -> dict[Place, int]:
    """Dotted name, as a tuple -> the line (from 1) that first mentions it, for every table and option in `text`."""
    found: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.fullmatch(line):
            table = _names(match[1])
            place = table
        elif match := _OPTION.match(line):
            place = table + _names(f"{match[1]} = 0")
        else:
            continue
        for depth in range(1, len(place) + 1):
            found.setdefault(place[:depth], number)
    return found


def line_of(numbers: dict[Place, int], place: Place) -> int:
    """The line of `place`, or of the nearest table around it; 0 when nothing of it is written."""
    while place and place not in numbers:
        place = place[:-1]
    return numbers.get(place, 0)


def _names(fragment: str) -> Place:
    try:
        node: Any = tomllib.loads(fragment)
    except tomllib.TOMLDecodeError:
        return ()
    names: list[str] = []
    while isinstance(node, dict) and node:
        name = next(iter(node))
        names.append(name)
        node = node[name]
    return tuple(names)
