"""Versions and delete markers of a page as rows. Not every server puts the markers between the versions, so they
are brought together by key, the latest of a key first."""

from __future__ import annotations

import heapq
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from s3tui.s3.columns import DELETED, NO_TIME, NONCURRENT, OBJECT, OLD_MARKER, Columns, milliseconds, unquoted

_MARKERS = {DELETED, OLD_MARKER}
_OLD = {NONCURRENT, OLD_MARKER}


def append(
    page: Columns,
    keys: Sequence[bytes],
    sizes: Sequence[int],
    times: Sequence[int],
    etags: Sequence[str] | bytes,
    storage_classes: Sequence[str],
    kinds: bytes,
) -> None:
    """Add versions and markers to `page`, as `Columns.append_objects` does, but in the order of their keys."""
    if isinstance(etags, bytes) or all(map(operator.le, keys, keys[1:])):  # bytes: markers have no ETag
        page.append_objects(keys, sizes, times, etags, storage_classes, kinds)
        return
    rows = range(len(keys))
    order = heapq.merge(
        (row for row in rows if kinds[row] not in _MARKERS),
        (row for row in rows if kinds[row] in _MARKERS),
        key=lambda row: (keys[row], kinds[row] in _OLD, -times[row]),
    )
    pick = operator.itemgetter(*order)
    page.append_objects(pick(keys), pick(sizes), pick(times), pick(etags), pick(storage_classes), bytes(pick(kinds)))


def append_parsed(page: Columns, versions: Iterable[Mapping[str, Any]], markers: Iterable[Mapping[str, Any]]) -> None:
    """Add what botocore made of them."""
    items = [(item, OBJECT if item.get("IsLatest") else NONCURRENT) for item in versions]
    items += [(item, DELETED if item.get("IsLatest") else OLD_MARKER) for item in markers]
    if not items:
        return
    append(
        page,
        [item["Key"].encode("utf-8", "surrogateescape") for item, _ in items],
        [int(item.get("Size") or 0) for item, _ in items],
        [milliseconds(item["LastModified"]) if item.get("LastModified") else NO_TIME for item, _ in items],
        [unquoted(str(item.get("ETag") or "")) for item, _ in items],
        [str(item.get("StorageClass") or "") for item, _ in items],
        bytes(kind for _, kind in items),
    )
