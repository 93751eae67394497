"""Operations as botocore's model describes them: where parameters stand in a request, and members in an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from s3tui.s3.header_values import CONVERSIONS
from s3tui.s3.line import NotPlain

_PLAIN = ("string", "integer", "long")  # types of parameters that stand in a request as they are
_OF_THEIR_OWN = ("expires", "x-amz-object-lock-retain-until-date")  # botocore has rules of its own for these


class Shape:
    """Where botocore's model of an operation puts parameters, and where its answer's members stand."""

    def __init__(self, model: Any) -> None:
        self.operation: str = model.name
        self.method: str = model.http["method"]
        self.query: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        for name, member in model.input_shape.members.items():
            where, called = member.serialization.get("location"), member.serialization.get("name", name)
            if member.type_name in _PLAIN and where == "querystring":
                self.query[name] = called
            elif member.type_name in _PLAIN and where == "header":
                self.headers[name] = called.lower()
        self.answered: dict[str, tuple[str, Callable[[str], Any]]] = {}
        self.has_metadata = "Metadata" in model.output_shape.members
        self.is_summed = bool(model.http_checksum.get("requestAlgorithmMember"))
        self.result = str(model.output_shape.serialization.get("payload", "")) if model.name == "CopyObject" else ""
        for name, member in model.output_shape.members.items():
            convert = CONVERSIONS.get(member.type_name)
            if member.serialization.get("location") == "header" and convert:
                self.answered[member.serialization.get("name", name).lower()] = (name, convert)
        for name in _OF_THEIR_OWN:
            self.answered.pop(name, None)


def members(shape: Shape, headers: Mapping[str, str]) -> dict[str, Any]:
    """What boto3 would make of the `headers` (names in lower case) of an answer. Raises `NotPlain`."""
    found: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    for name, value in headers.items():
        if known := shape.answered.get(name):
            try:
                found[known[0]] = known[1](value)
            except ValueError as error:
                raise NotPlain(name) from error
        elif name.startswith("x-amz-meta-"):
            metadata[name[11:]] = value
        elif name in _OF_THEIR_OWN:
            raise NotPlain(name)
    if shape.has_metadata:
        found["Metadata"] = metadata
    return found
