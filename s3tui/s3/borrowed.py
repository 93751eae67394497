"""A connection in a child process of ours: the keys are those of its parent, which is asked for others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from s3tui.s3 import session
from s3tui.s3.client import Connection
from s3tui.s3.loan import Lent, Loan
from s3tui.s3.requests import RequestLog
from s3tui.s3.signature import Keys

Ask = Callable[[Keys | None], Lent | None]


class Borrowed(Connection):
    """What `loan` tells of. `ask(refused)` gets keys from the parent, others than those that the endpoint `refused`;
    it raises what reading them there raises."""

    def __init__(self, loan: Loan, ask: Ask, log: RequestLog) -> None:
        super().__init__(loan.profile)
        self.log = log
        self.read_only = loan.read_only
        self._regions.update(loan.regions)
        self._lent, self._parent = loan.lent, ask
        self._is_new = True

    def _new_session(self) -> Any:
        """The second one is made after the keys of the first were refused."""
        if not self._is_new:
            self._lent = self._parent(self._lent.keys if self._lent else None)
        self._is_new = False
        return session.new_session(self.profile, None, self._credentials(self._lent) if self._lent else None)

    def _credentials(self, lent: Lent) -> Any:
        from botocore.credentials import Credentials, RefreshableCredentials

        if lent.expires is None:
            return Credentials(*lent.keys)
        return RefreshableCredentials.create_from_metadata(
            _metadata(lent), refresh_using=partial(self._refreshed, lent), method="s3tui"
        )

    def _refreshed(self, before: Lent) -> dict[str, Any]:
        self._lent = self._parent(None) or before
        return _metadata(self._lent)


def _metadata(lent: Lent) -> dict[str, Any]:
    """As botocore passes on what it got anew."""
    key, secret, token = lent.keys
    expires = lent.expires or datetime.max.replace(tzinfo=UTC)
    return {"access_key": key, "secret_key": secret, "token": token, "expiry_time": expires.isoformat()}
