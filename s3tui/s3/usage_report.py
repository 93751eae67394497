"""A usage as lines: for the command line, for CSV and for JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from s3tui.s3.export_text import cell
from s3tui.s3.usage import Usage
from s3tui.s3.usage_tree import Entry, Tally

Format = Literal["csv", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)
_FIELDS = ("kind", "bucket", "prefix", "state", "storage_class", "count", "size", "completeness")


@dataclass(frozen=True, slots=True)
class Line:
    """One prefix (`prefix`), or what lies in it directly (`here`), or small prefixes below it together (`rest`)."""

    kind: Literal["prefix", "here", "rest"]
    prefix: str  # the whole of it
    tally: Tally
    prefixes: int = 1  # how many are added up, at least


def lines(usage: Usage, prefix: str) -> Iterator[Line]:
    """All that is kept below `prefix`, each prefix before those below it, on each level the largest first."""
    waiting = [Line("prefix", prefix, usage.tally)]
    while waiting:
        line = waiting.pop()
        if line.prefix != prefix or line.kind != "prefix":
            yield line
        level = usage.level(line.prefix) if line.kind == "prefix" else None
        if level is not None and [entry.kind for entry in level.entries] != ["here"]:  # that would be the line again
            below = sorted(level.entries, key=_size_and_name)
            waiting += [
                Line(entry.kind, line.prefix + entry.name, entry.tally, entry.prefixes) for entry in reversed(below)
            ]


def _size_and_name(entry: Entry) -> tuple[int, str]:
    return -entry.tally.total.size, entry.name


def records(usage: Usage, prefix: str) -> Iterator[dict[str, Any]]:
    """The same for programs: one record a line, then one of kind `total` that says whether it is complete."""
    for line in lines(usage, prefix):
        several = {"prefixes": line.prefixes} if line.kind == "rest" else {}
        yield {"kind": line.kind, "bucket": usage.uri.bucket, "prefix": line.prefix, **several, **_sums(line.tally)}
    known = usage.completeness
    yield {
        "kind": "total",
        "bucket": usage.uri.bucket,
        "prefix": usage.uri.key if prefix == usage.start else prefix,
        **_sums(_tally_of(usage, prefix)),
        "complete": known.is_complete,
        "reason": "" if known.is_complete else known.reason or str(known),
        "notes": list(usage.notes),
    }


def text(usage: Usage, prefix: str, format: Format) -> str:
    """All that is kept below `prefix` as one text, with whether it is complete.

    JSON Lines hold `records`. CSV has a record for each state and storage class of each prefix, and at last one of
    kind `end` whose `completeness` is `complete`, `more exist` or `stopped: why`; cells are guarded against
    spreadsheets as in every CSV of ours (`export_text.CsvWriter`).
    """
    if format == "jsonl":
        return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records(usage, prefix))
    bucket = cell(usage.uri.bucket)
    rows = [",".join(_FIELDS)]
    told = [*lines(usage, prefix), Line("prefix", prefix, _tally_of(usage, prefix))]
    for number, line in enumerate(told, 1):
        kind = "total" if number == len(told) else line.kind
        for state, storage_class, amount in line.tally.items():
            place = f"{kind},{bucket},{cell(line.prefix)}"
            rows.append(f"{place},{state},{cell(storage_class)},{amount.count},{amount.size},")
    rows.append(f"end,{bucket},{cell(prefix)},,,,,{cell(str(usage.completeness))}")
    return "\n".join(rows) + "\n"


def _tally_of(usage: Usage, prefix: str) -> Tally:
    level = usage.level(prefix)
    return level.tally if level else Tally({}, ())


def _sums(tally: Tally) -> dict[str, Any]:
    total = tally.total
    amounts = [
        {"state": state, "storage_class": storage_class, "count": amount.count, "size": amount.size}
        for state, storage_class, amount in tally.items()
    ]
    return {"count": total.count, "size": total.size, "amounts": amounts}
