"""What became of the transfers that have ended since the user was last told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from s3tui.display import visible
from s3tui.transfers.job_view import JobView
from s3tui.transfers.progress import State
from s3tui.transfers.queue import TransferView
from s3tui.transfers.request import DELETES
from s3tui.ui.widgets.transfer_line import SIGNS


class Batch:
    """Counted, since there may be very many; one alone is told in full."""

    def __init__(self) -> None:
        self._counts: Counter[State] = Counter()
        self._first: TransferView | None = None
        self._why = ""  # the first reason that is bad
        self.job: JobView | None = None  # when it is one job of several items, and all of it has ended

    def add(self, view: TransferView) -> None:
        """It has ended."""
        self._counts[view.state] += 1
        self._first = self._first or view
        if view.state not in ("verified", "cancelled") and not self._why:
            self._why = visible(view.why)

    def join(self, other: Batch) -> None:
        """Tell `other` with it."""
        self._counts += other._counts
        self._first = self._first or other._first
        self._why = self._why or other._why

    def __bool__(self) -> bool:
        return self._first is not None

    @property
    def good(self) -> bool:
        """Whether all are verified."""
        return set(self.job.states if self.job else self._counts) == {"verified"}

    @property
    def title(self) -> str:
        """`Upload`, `Upload done` or `Transfers`."""
        if self.job:
            return f"{self.job.kind.capitalize()} done"
        return self._first.kind.capitalize() if self._first and self._counts.total() == 1 else "Transfers"

    @property
    def text(self) -> str:
        """One in full, several counted, with the first reason that is bad."""
        if self.job:
            place = self.job.source if self.job.kind in DELETES else self.job.target
            return f"{self.job.items:,} items, {visible(place)}: {self._said(self.job.states)}"
        if self._first and self._counts.total() == 1:
            view = self._first
            what = visible(view.target if view.kind == "upload" else view.source)
            return f"{what}: {view.state}" + (f". {visible(view.why)}" if view.why else "")
        return self._said(self._counts)

    def _said(self, counts: Mapping[State, int]) -> str:
        said = ", ".join(f"{counts[state]:,} {state}" for state in SIGNS if counts.get(state))
        return f"{said}. {self._why} T shows each." if self._why else f"{said}."
