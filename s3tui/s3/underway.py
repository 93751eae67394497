"""A request whose answer is waited for later, so that others can be sent meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s3tui.s3 import quick
from s3tui.s3.calls import logged

if TYPE_CHECKING:
    from s3tui.s3.client import Connection


class Underway:
    """A request that may have been sent already, and wasn't waited for yet. For one thread."""

    def __init__(self, connection: Connection, operation: str, parameters: dict[str, Any]) -> None:
        self._connection, self._operation, self._parameters = connection, operation, parameters
        self._logged = logged(operation, parameters)
        self._started: quick.Started | None = None

    def send(self) -> None:
        """Raises what `Connection.call` raises."""
        self._started = self._connection._send(self._logged.request, self._start)

    @property
    def is_answered(self) -> bool:
        """Whether `finish` need not wait for an answer to what was sent."""
        return self._started is None or self._started.is_answered

    def finish(self) -> dict[str, Any]:
        """Wait for the answer, and return or raise what `Connection.call` does."""
        return self._connection._call(self._logged, self._parameters, self._finish)

    def _start(self, client: Any) -> quick.Started | None:
        return self._connection._start(self._operation, self._parameters, client)

    def _finish(self, client: Any) -> dict[str, Any]:
        started, self._started = self._started, None
        if started is None and self._connection._roads.knows(self._parameters["Bucket"]):
            started = self._start(client)
        if started:
            self._connection._sending.attempts += 1
        return (started and started.answer()) or getattr(client, self._operation)(**self._parameters)
