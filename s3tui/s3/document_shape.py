"""What a bucket document may hold: names as S3 writes them, whatever tool printed the JSON, and types checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from s3tui.s3.document_text import Complaint, Node

# A shape is `str`, `int`, `bool`, `datetime`, `[shape of each item]` or `{S3's name: shape}`.
Shape = Any
LARGEST_NUMBER = 2**31 - 1
# What XML 1.0 can't hold, so that no S3 document can.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TYPES = {str: "text in quotes", int: "a whole number, without quotes", bool: "true or false", dict: "{ … }"}


def fold(name: str) -> str:
    """`allowed_origins`, `allowedOrigins` and `AllowedOrigins` are the same name."""
    return name.replace("_", "").replace("-", "").lower()


def known_name(name: str, shape: Mapping[str, Shape]) -> str | None:
    """S3's name for `name`. Of a list, the XML's singular (`Transition`) is the JSON's plural (`Transitions`)."""
    folded = fold(name)
    for known, inner in shape.items():
        if folded == fold(known) or (isinstance(inner, list) and folded + "s" == fold(known)):
            return known
    return None


def conform(node: Node, shape: Shape, complaints: list[Complaint], path: str = "") -> Node | None:
    """`node` with S3's own names and with nulls left out; whatever doesn't fit is complained about and left out."""
    if isinstance(shape, dict):
        return _object(node, shape, complaints, path)
    if isinstance(shape, list):
        items = node.value if isinstance(node.value, list) else [node]  # tools that convert XML drop the list of one
        fitting = [conform(item, shape[0], complaints, path) for item in items]
        return Node([item for item in fitting if item is not None], node.line)
    if shape is datetime:
        return _time(node, complaints, path)
    if type(node.value) is not shape:
        complaints.append(Complaint(node.line, f"{path} must be {_TYPES[shape]}."))
        return None
    if shape is str and _NOT_XML.search(node.value):
        complaints.append(Complaint(node.line, f"{path} holds a control character, which S3's XML can't carry."))
        return None
    if shape is int and abs(node.value) > LARGEST_NUMBER and not path.startswith("Filter"):
        complaints.append(Complaint(node.line, f"{path} can't be more than {LARGEST_NUMBER:,}."))
        return None
    return node


def _object(node: Node, shape: Mapping[str, Shape], complaints: list[Complaint], path: str) -> Node | None:
    if not isinstance(node.value, dict):
        complaints.append(Complaint(node.line, f"{path or 'A rule'} must be {_TYPES[dict]}."))
        return None
    found: dict[str, Node] = {}
    for name, member in node.value.items():
        known = known_name(name, shape)
        if known is None:
            complaints.append(_unknown(name, member.line, shape, path))
        elif known in found:
            complaints.append(Complaint(member.line, f"“{known}” is here twice, written in two ways."))
        elif member.value is not None:
            fitting = conform(member, shape[known], complaints, f"{path}.{known}" if path else known)
            if fitting is not None:
                found[known] = fitting
    return Node({name: found[name] for name in shape if name in found}, node.line)


def _unknown(name: str, line: int, shape: Mapping[str, Shape], path: str) -> Complaint:
    near = get_close_matches(fold(name), [fold(known) for known in shape], n=1)
    meant = next((known for known in shape if near and fold(known) == near[0]), "")
    hint = f" Is “{meant}” meant?" if meant else f" It may hold {', '.join(shape)}."
    return Complaint(line, f"S3 knows no “{name}” in {path or 'a rule'}.{hint}")


def _time(node: Node, complaints: list[Complaint], path: str) -> Node | None:
    try:
        return Node(time_text(datetime.fromisoformat(node.value)), node.line)
    except (TypeError, ValueError):
        complaints.append(Complaint(node.line, f"{path} must be a date like “2027-01-31T00:00:00Z”."))
        return None


def time_text(moment: datetime) -> str:
    """`moment` (UTC when it names no zone) as S3 writes it: `2027-01-31T00:00:00Z`."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="auto").replace("+00:00", "Z")
