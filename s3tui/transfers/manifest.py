"""A list of what is to be uploaded, as CSV or JSON Lines: path, key, metadata, tags, class.

CSV has a header; metadata and tags are columns `metadata:NAME` and `tag:NAME`, or one column `metadata` or `tags` that
holds a JSON object. An empty cell is no value. JSON Lines has the same names, with `metadata` and `tags` as objects.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from s3tui.background import CancelToken
from s3tui.display import listed
from s3tui.errors import BadInput
from s3tui.s3 import uri
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import LocalFile, Tell
from s3tui.transfers.failures import local_failure

_NAMES = ("path", "key", "metadata", "tags", "class")
_OPEN = {"metadata": "metadata:", "tags": "tag:"}  # in CSV, what begins the name of a column for one of them
_DELIMITERS = ",;\t|"
_OFTEN = 1000  # lines between two tellings

Fields = dict[str, Any]


class _BadLine(Exception):
    """A sentence on what is wrong with one line."""


def read(path: Path, target: S3Uri | None, token: CancelToken, tell: Tell) -> list[LocalFile]:
    """The files that the manifest at `path` names, in its order; each knows its line.

    Paths are relative to the manifest's folder, keys to `target`; without `target` they are whole URIs. A line that
    can't be used has a `why`. Raises `BadInput` where the whole can't be read, `LocalFailure`, `Cancelled`.
    """
    files: list[LocalFile] = []
    try:
        # Names of files needn't be Unicode.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            for number, fields in _lines(path, text):
                if not len(files) % _OFTEN:
                    token.check()
                    tell("reading the manifest", len(files), None)
                files.append(_file(path.absolute().parent, target, number, fields))
    except OSError as error:
        raise local_failure(error, path) from error
    if not files:
        raise BadInput(f"“{path.name}” names no files.")
    return files


def _lines(path: Path, text: TextIO) -> Iterator[tuple[int, Fields | str]]:
    """The number of each line, and its fields or what is wrong with it."""
    first = text.readline()
    text.seek(0)
    if first.lstrip().startswith("{"):
        return _json_lines(text)
    return _csv_lines(path, first, text)


# ---- JSON Lines


def _json_lines(text: Iterable[str]) -> Iterator[tuple[int, Fields | str]]:
    for number, line in enumerate(text, 1):
        if line.strip():
            try:
                yield number, _known(_object(line), _NAMES)
            except _BadLine as error:
                yield number, str(error)


def _object(text: str) -> Fields:
    try:
        found = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise _BadLine(f"this is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise _BadLine("this is not a JSON object.")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> Fields:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _BadLine("a name is there twice.")
    return found


# ---- CSV


def _csv_lines(path: Path, first: str, text: Iterable[str]) -> Iterator[tuple[int, Fields | str]]:
    counted = max(_DELIMITERS, key=first.count)  # the first of them where there is none
    rows = csv.reader(text, delimiter=counted, strict=True)
    header: list[str] | None = None
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"this is not CSV: {error}."
            continue
        if header is None:
            header = _header(path, [name.strip() for name in row])
        elif any(row):
            try:
                yield number, _of_row(header, row)
            except _BadLine as error:
                yield number, str(error)


def _header(path: Path, names: list[str]) -> list[str]:
    unknown = [f"“{name}”" for name in names if name not in _NAMES and not name.startswith(tuple(_OPEN.values()))]
    if "path" not in names or unknown:
        what = f"names {listed(unknown)}, which mean nothing here" if "path" in names else "has no column “path”"
        raise BadInput(
            f"The first line of “{path.name}” {what}.",
            "It names the columns: path, key, metadata:NAME, tag:NAME, metadata, tags, class.",
        )
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise BadInput(f"“{path.name}” has two columns “{twice}”.")
    return names


def _of_row(header: list[str], row: list[str]) -> Fields:
    if len(row) > len(header):
        raise _BadLine(f"it has {len(row)} cells, and the first line {len(header)}.")
    fields: Fields = {}
    for name, cell in zip(header, row, strict=False):
        if not cell:
            continue
        group = next((group for group, begin in _OPEN.items() if name.startswith(begin)), "")
        if group:
            fields.setdefault(group, {})[name[len(_OPEN[group]) :]] = cell
        elif name in _OPEN:
            fields[name] = fields.get(name, {}) | _object(cell)
        else:
            fields[name] = cell
    return fields


# ---- a line


def _known(fields: Fields, names: Iterable[str]) -> Fields:
    if unknown := [name for name in fields if name not in names]:
        raise _BadLine(f"{listed([f'“{name}”' for name in unknown])} means nothing; known are {listed(list(names))}.")
    return fields


def _file(folder: Path, target: S3Uri | None, number: int, fields: Fields | str) -> LocalFile:
    try:
        if isinstance(fields, str):
            raise _BadLine(fields)
        name = _text(fields, "path")
        if not name or "\0" in name:
            raise _BadLine("it has no path.")
        return LocalFile(
            path=folder / name,
            relpath=_relpath(name),
            at=_place(_text(fields, "key"), target),
            metadata=_texts(fields, "metadata"),
            tags=_texts(fields, "tags"),
            storage_class=_text(fields, "class"),
            line=number,
        )
    except (_BadLine, BadInput) as error:
        return LocalFile(folder, "", why=str(error), line=number)


def _relpath(name: str) -> str:
    """What the path is below the manifest's folder; only its name when it isn't below."""
    path = Path(name)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _place(key: str, target: S3Uri | None) -> S3Uri | None:
    """None: the template says where it goes."""
    if target:
        return target.with_key(target.key + key) if key else None
    if not key.startswith("s3://"):
        raise _BadLine("its key is not s3://bucket/key, which it must be where no URI is given for all.")
    bucket, _, rest = key.removeprefix("s3://").partition("/")  # exactly as it is: nothing in a key has a meaning
    return uri.parse(f"s3://{bucket}").with_key(rest)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name) or ""
    if not isinstance(value, str):
        raise _BadLine(f"“{name}” is not text; put it in quotes.")
    return value


def _texts(fields: Fields, name: str) -> Mapping[str, str]:
    value = fields.get(name) or {}
    if not isinstance(value, dict):
        raise _BadLine(f"“{name}” is not an object of names and texts.")
    if odd := next((each for each, said in value.items() if not isinstance(said, str)), None):
        raise _BadLine(f"“{odd}” of “{name}” is not text; put it in quotes.")
    return value
