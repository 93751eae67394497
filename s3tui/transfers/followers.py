"""Jobs that may begin only when another one went well, as the journal has them: what a sync deletes waits for what it
brings. An item that waits so is paused, and says `WAITS`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from s3tui.transfers.progress import WENT_WELL, State

WAITS = "It follows when everything that the sync brings is there. Cancel that, and nothing is deleted."
GIVEN_UP = "Not everything was brought, so nothing was deleted: a new sync plans it again."
_NEVER = -1  # the job that it waited for is gone, and hadn't gone well
_WELL = "('" + "', '".join(sorted(WENT_WELL)) + "')"


def states(database: sqlite3.Connection, job: int) -> set[State]:
    """Those that the items of a job are in; none when there is no such job any more."""
    return {state for (state,) in database.execute("SELECT DISTINCT state FROM item WHERE job = ?", (job,))}


def went_well(found: set[State]) -> bool:
    """Whether what waits for a job with items in these states may begin."""
    return bool(found) and found <= WENT_WELL


def part(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Before these items are forgotten: what waits for their jobs needn't any more, or is given up."""
    awaited = [job for (job,) in database.execute("SELECT DISTINCT after FROM job WHERE after > 0")]
    gone = set(numbers)
    for job in awaited:
        if went_well(states(database, job)):
            database.execute("UPDATE job SET after = 0 WHERE after = ?", (job,))
            continue
        bad = database.execute(f"SELECT id FROM item WHERE job = ? AND state NOT IN {_WELL}", (job,))
        if any(number in gone for (number,) in bad):
            database.execute(
                "UPDATE item SET state = 'cancelled', why = ?, changed = (SELECT changes FROM counter)"
                " WHERE state = 'paused' AND job IN (SELECT id FROM job WHERE after = ?)",
                (json.dumps(GIVEN_UP), job),
            )
            database.execute("UPDATE job SET after = ? WHERE after = ?", (_NEVER, job))
