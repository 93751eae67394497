"""Requests as text, for the journal: JSON in ASCII, so that names that are not Unicode survive, too."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers.request import Kind, Request

_WORDS = frozenset((type(None), bool, int, float, str))  # what JSON has words for
# kind -> its request; imported when one is met.
CLASSES: dict[str, str] = {
    "upload": "s3tui.transfers.upload:UploadRequest",
    "download": "s3tui.transfers.download:DownloadRequest",
    "copy": "s3tui.transfers.copy:CopyRequest",
    "move": "s3tui.transfers.move:MoveRequest",
    "delete": "s3tui.transfers.delete:DeleteRequest",
    "remove": "s3tui.transfers.delete_files:DeleteFilesRequest",
}


def written(request: Request) -> str:
    """`request` as JSON. Raises `TypeError` for a field that is not plain, and for a class that isn't in `CLASSES`."""
    if type(request) is not _class_of(request.kind):
        raise TypeError(f"{type(request).__name__} is not in CLASSES")
    return json.dumps({name: _plain(getattr(request, name)) for name in _names(type(request))})


def read(kind: Kind, text: str) -> Request:
    """The request that was written as `text`. Raises `BadInput` when this version of s3tui doesn't know it."""
    try:
        fields = {name: _value(value) for name, value in json.loads(text).items()}
        return cast(Request, _class_of(kind)(**fields))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("Another version of s3tui asked for this; this one doesn't know it.", "Use that one.") from error


@functools.cache
def _class_of(kind: str) -> type[Any]:
    if kind not in CLASSES:
        raise TypeError(f"“{kind}” is not in CLASSES")
    module, _, name = CLASSES[kind].partition(":")
    return cast(type[Any], getattr(importlib.import_module(module), name))


@functools.cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """Of the fields of a dataclass."""
    return tuple(field.name for field in dataclasses.fields(kind))


def _plain(value: Any) -> Any:
    """What JSON has no word for becomes an object with one member: its type."""
    if type(value) in _WORDS:
        return value
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, S3Uri):
        return {"uri": [getattr(value, name) for name in _names(S3Uri)]}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, dict):
        return {"dict": [[_plain(name), _plain(each)] for name, each in value.items()]}
    if isinstance(value, (tuple, list)):
        return {type(value).__name__: [_plain(each) for each in value]}
    raise TypeError(f"{type(value).__name__} can't be written to the journal")


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((name, inner),) = value.items()
    match name:
        case "path":
            return Path(inner)
        case "uri":
            return S3Uri(*inner)
        case "time":
            return datetime.fromisoformat(inner)
        case "dict":
            return {_value(key): _value(each) for key, each in inner}
        case "tuple":
            return tuple(map(_value, inner))
        case "list":
            return [_value(each) for each in inner]
    raise ValueError(name)
