"""JSON text of a bucket document with the line of everything in it, so that each complaint can name its line."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORDS = {"true": True, "false": False, "null": None}
_DEEPEST = 40
LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong on `line` (from 1; 0 is the document as a whole). A warning does not stop a write."""

    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        place = f"Line {self.line}: " if self.line else ""
        return f"{place}{'Warning: ' if self.warning else ''}{self.text}"


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and the line it starts on (a member of an object: the line of its name).

    `value` is a `dict[str, Node]`, a `list[Node]`, or a string, number, boolean or None.
    """

    value: Any
    line: int

    def at(self, *names: str) -> Node | None:
        """The member that is reached by `names`, or None where there is none."""
        node = self
        for name in names:
            if not isinstance(node.value, dict) or name not in node.value:
                return None
            node = node.value[name]
        return node

    @property
    def items(self) -> list[Node]:
        return self.value if isinstance(self.value, list) else []


def plain(node: Node) -> Any:
    """The value without the lines, as `json.loads` would give it."""
    if isinstance(node.value, dict):
        return {name: plain(member) for name, member in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


Say = Callable[..., None]  # (node or None, text, warning=False): how a check complains


def check_ids(rules: Sequence[Node], say: Say) -> None:
    """An `ID` is short and there once. (`LifecycleRule` and `CORSRule` have the same words for it.)"""
    seen: dict[str, int] = {}
    for identity in (rule.at("ID") for rule in rules):
        if identity is None or not identity.value:
            continue
        if len(identity.value) > LONGEST_ID:
            say(identity, f"An ID has at most {LONGEST_ID} characters; this one has {len(identity.value)}.")
        if identity.value in seen:
            say(identity, f"The ID “{identity.value}” is taken by the rule on line {seen[identity.value]}.")
        seen.setdefault(identity.value, identity.line)


class _Broken(Exception):
    def __init__(self, offset: int, text: str) -> None:
        super().__init__(text)
        self.offset = offset
        self.text = text


def parse(text: str) -> tuple[Node | None, list[Complaint]]:
    """Read `text` as JSON. Without a node there is exactly one complaint, which says where the JSON breaks."""
    reader = _Reader(text)
    try:
        node = reader.document()
    except _Broken as broken:
        column = broken.offset - text.rfind("\n", 0, broken.offset)
        return None, [Complaint(reader.line(broken.offset), f"{broken.text} (column {column}).")]
    return node, reader.complaints


class _Reader:
    """A JSON parser that keeps lines and complains about names that come twice."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 1 if text.startswith("\ufeff") else 0
        self.complaints: list[Complaint] = []
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def line(self, offset: int) -> int:
        return bisect_right(self._ends, offset - 1) + 1

    def document(self) -> Node:
        if not self._peek():
            raise _Broken(self.offset, "The document is empty")
        node = self._value(0)
        if self._peek():
            raise _Broken(self.offset, "Nothing may follow the document's end")
        return node

    def _peek(self) -> str:
        """Skip space; the next character, or nothing at the end."""
        match = _SPACE.match(self.text, self.offset)
        self.offset = match.end() if match else self.offset
        return self.text[self.offset : self.offset + 1]

    def _value(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise _Broken(self.offset, "This is nested too deeply")
        character = self._peek()
        line = self.line(self.offset)
        if character == "{":
            return Node(self._object(depth), line)
        if character == "[":
            return Node(self._list(depth), line)
        if character == '"':
            return Node(self._string(), line)
        return Node(self._scalar(), line)

    def _string(self) -> str:
        match = _STRING.match(self.text, self.offset)
        if not match:
            raise _Broken(self.offset, "These quotes are not closed on the same line")
        try:
            value = json.loads(match[0])
        except ValueError as error:
            raise _Broken(self.offset, "A “\\” in this text means nothing in JSON") from error
        self.offset = match.end()
        return str(value)

    def _scalar(self) -> Any:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.offset):
                self.offset += len(word)
                return value
        match = _NUMBER.match(self.text, self.offset)
        if not match:
            raise _Broken(self.offset, "A value is missing here" if self._peek() in ",:]}" else "This is not JSON")
        if len(match[0]) > 25:
            raise _Broken(self.offset, "This number is too long")
        self.offset = match.end()
        return float(match[0]) if match[1] or match[2] else int(match[0])

    def _list(self, depth: int) -> list[Node]:
        items: list[Node] = []
        self.offset += 1
        if self._peek() == "]":
            self.offset += 1
            return items
        while True:
            items.append(self._value(depth + 1))
            if self._after_item("]"):
                return items

    def _object(self, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        self.offset += 1
        if self._peek() == "}":
            self.offset += 1
            return members
        while True:
            if self._peek() != '"':
                raise _Broken(self.offset, "A name in double quotes is missing here")
            line = self.line(self.offset)
            name = self._string()
            if self._peek() != ":":
                raise _Broken(self.offset, f"A colon is missing after “{name}”")
            self.offset += 1
            if name in members:
                self.complaints.append(Complaint(line, f"“{name}” comes twice in the same place."))
            members[name] = Node(self._value(depth + 1).value, line)
            if self._after_item("}"):
                return members

    def _after_item(self, closing: str) -> bool:
        """Step over the comma or the `closing` bracket; whether it was the bracket."""
        character = self._peek()
        if character == closing:
            self.offset += 1
            return True
        if character != ",":
            raise _Broken(self.offset, f"A comma or “{closing}” is missing here")
        comma = self.offset
        self.offset += 1
        if self._peek() == closing:
            raise _Broken(comma, "The last comma has nothing after it")
        return False
