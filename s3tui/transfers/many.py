"""Many small transfers of one kind in one go, whichever kind that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s3tui.s3.client import Connection
from s3tui.transfers.flood import Ended, Item, upload_all
from s3tui.transfers.flood_copy import copy_all
from s3tui.transfers.flood_down import download_all
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.request import Kind

Note = Callable[[Sequence[tuple[Notes, Mapping[str, Fact]]]], object]


def move_all(connection: Connection, kind: Kind, items: Sequence[Item[Any]], ended: Ended, note: Note) -> None:
    """Run `items`, all of one `kind` and of the same buckets.

    `ended(number, how)` is told of each once, from any thread; None when nothing was done, since it must go by itself.
    `note` is told facts of what is about to be done, many at a time, and has kept them when it returns.
    """
    match kind:
        case "upload":
            upload_all(connection, items, ended, lambda going: note([(one.notes, begun.facts) for one, begun in going]))
        case "download":
            download_all(connection, items, ended)
        case _:
            copy_all(connection, items, ended, note)
