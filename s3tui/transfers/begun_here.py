"""Uploads to the same keys that an earlier run has left paused: sent again, they would meet."""

from __future__ import annotations

from s3tui.display import counted
from s3tui.s3.client import Connection
from s3tui.transfers.journal import Journal
from s3tui.transfers.plan import Plan


def paused_for(journal: Journal, connection: Connection, plan: Plan) -> str:
    """A remark on the transfers in `journal` that go to a target of `plan`; empty when none does.

    Raises `JournalError`.
    """
    known = journal.unfinished()
    jobs = {job.number for job in known.jobs if job.whom.endpoint == connection.profile.endpoint}
    targets = {step.target for step in plan.steps}
    paused = [
        row.ends[1]
        for row in known.rows
        if row.job in jobs and row.kind == "upload" and row.state == "paused" and row.ends[1] in targets
    ]
    if not paused:
        return ""
    more = f" and {len(paused) - 1:,} more" if len(paused) > 1 else ""
    return (
        f"{counted(len(paused), 'upload')} of these keys ({paused[0]}{more}) from an earlier run can be resumed instead: "
        "see the transfers."
    )
