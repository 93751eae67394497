"""Jobs that begin by themselves when another one went well (see `followers`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from s3tui.errors import BadInput
from s3tui.transfers.batch_runner import BatchRunner
from s3tui.transfers.followers import GIVEN_UP, WAITS, went_well
from s3tui.transfers.progress import State
from s3tui.transfers.transfer import Submission, Transfer
from s3tui.transfers.transfer_list import ACTIVE


class Following(BatchRunner):
    """See `Runner`."""

    def _no_longer_active(self, submission: Submission, count: int) -> None:
        super()._no_longer_active(submission, count)
        if not submission.active:
            with self._noting():
                self._let_follow(submission)

    def _let_follow(self, submission: Submission) -> None:
        """What waits for it begins when it went well, and is given up when something of it was cancelled."""
        following = self._following([submission])
        if not following:
            return
        states = self.journal.states(submission.job.number)
        for each in following:
            waiting = [item for item in self._list.items(each) if _waits(item)]
            if "cancelled" in states:
                self._set(waiting, "cancelled", GIVEN_UP, {"paused"})
            elif waiting and each.connection and went_well(states) and not self.journal.take((each.job.number,)):
                each.job = replace(each.job, run=self._run_name)
                self._set(waiting, "waiting", "", {"paused"})

    def _following(self, submissions: Collection[Submission]) -> list[Submission]:
        """Those that wait for one of these."""
        numbers = {each.job.number for each in submissions}
        return [each for each in self._submissions.values() if each.job.after in numbers and each.items]

    def _free_to_begin(self, transfers: Collection[Transfer]) -> list[Transfer]:
        """Without those that wait for another job. Raises `BadInput` when they all do, and nothing of that is to run."""
        held = {}
        for each in {item.row.job: item.submission for item in transfers}.values():
            if each.job.after and not went_well(states := self.journal.states(each.job.after)):
                held[each.job.number] = states
        free = [each for each in transfers if each.row.job not in held]
        if held and not free and not any(states & ACTIVE for states in held.values()):
            raise BadInput(
                "Not everything that the sync brings is there, so nothing is deleted.",
                "Go on with what is left of that, or try it again: the deletes follow.",
            )
        return free

    def _set(self, transfers: Collection[Transfer], state: State, why: str, before: Collection[State]) -> int:
        """Give them another state, in the journal first; how many had one of those `before`."""
        changed = set(self.journal.set_state([each.number for each in transfers], state, why, before))
        for transfer in transfers:
            if transfer.number in changed:
                was, now = transfer.state in ACTIVE, state in ACTIVE
                self._list.change(transfer, transfer.row._replace(state=state, why=why))
                transfer.submission.active += now - was
        return len(changed)


def _waits(item: Transfer) -> bool:
    """Not what was begun, and paused since."""
    return item.state == "paused" and item.why == WAITS
