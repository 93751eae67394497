"""One job as it is now: what all its items together are, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from s3tui.transfers import run_lock
from s3tui.transfers.progress import FINISHED, WENT_WELL, State
from s3tui.transfers.request import Kind
from s3tui.transfers.tally import Tally
from s3tui.transfers.transfer import Submission, Transfer

_PIECES = 1000  # that an item whose size isn't known counts as


@dataclass(frozen=True, slots=True)
class JobView:
    """`source` and `target` are what the ends of its items have in common. `done` is bytes; `through` of `whole` is
    how much of it really went, in bytes where the sizes of all are known. `ahead` is the bytes still to be moved, None where that
    isn't known. `made` is seconds since the epoch."""

    number: int
    made: float
    kind: Kind
    profile: str
    source: str
    target: str
    states: dict[State, int]
    ended: int  # items
    done: int
    total: int
    ahead: int | None
    through: int
    whole: int
    left: int  # items of which something unfinished may be somewhere
    process: str = ""  # the number of the other process that runs it

    @property
    def items(self) -> int:
        """How many it has."""
        return sum(self.states.values())

    def count(self, *states: State) -> int:
        """How many items are in one of `states`."""
        return sum(self.states.get(state, 0) for state in states)


def job_view(submission: Submission, tally: Tally, running: Sequence[Transfer], run: str) -> JobView:
    """`tally` is a copy that nobody changes. `running` may hold those of other jobs, too."""
    job, first = submission.job, submission.items[0].row
    moving = [each for each in running if each.submission is submission]
    done, went, ahead, total = tally.done, tally.went, tally.ahead, tally.total
    unsized, pieces = tally.unsized, 0
    for each in moving:
        through, whole = each.far  # what moves is ahead of what the row says
        done += through - each.row.done
        if whole is None:
            continue
        pieces += _PIECES * min(through, whole) // whole if whole else 0
        went += min(through, whole)
        ahead += whole - through
        total += whole
        if each.row.total is None:
            unsized -= 1
        else:
            went -= min(each.row.done, each.row.total)
            ahead -= each.row.total - each.row.done
            total -= each.row.total
    ended, items = sum(tally.states[state] for state in FINISHED), tally.states.total()
    good = sum(tally.states[state] for state in (*WENT_WELL, "skipped"))
    by_bytes = total > 0 and not unsized
    elsewhere = job.run not in ("", run)
    return JobView(
        number=job.number,
        made=job.made,
        kind=first.kind,
        profile=job.whom.profile,
        source=_place(submission.shared[0], first.ends[0], items),
        target=_place(submission.shared[1], first.ends[1], items),
        states={state: count for state, count in tally.states.items() if count},
        ended=ended,
        done=done,
        total=total,
        ahead=max(0, ahead) if by_bytes else None,
        through=went if by_bytes else good * _PIECES + pieces,
        whole=total if by_bytes else items * _PIECES,
        left=tally.left,
        process=run_lock.process_of(job.run) if elsewhere else "",
    )


def _place(shared: str, first: str, items: int) -> str:
    """The folder or prefix that all have in common with the `first` one."""
    if items == 1 or not first:
        return first
    if not shared:
        return "several places"
    cut = shared[: shared.rfind("/") + 1]
    return "several buckets" if cut in ("s3://", "s3:/", "") else cut
