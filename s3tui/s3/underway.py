"""A request whose answer is waited for later, so that others can be sent meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s3tui.s3 import quick
from s3tui.s3.calls import logged

if TYPE_CHECKING:
    from s3tui.s3.client import Connection


class Underway:
    """A request that may have been sent already, and wasn't waited for yet. For one thread."""

    __slots__ = ("_connection", "_logged", "_operation", "_parameters", "_started", "_was_lost")

    def __init__(self, connection: Connection, operation: str, parameters: dict[str, Any]) -> None:
        self._connection, self._operation, self._parameters = connection, operation, parameters
        self._logged = logged(operation, parameters)
        self._started: quick.Started | None = None
        self._was_lost = False  # the answer to what was sent

    def send(self) -> None:
        """Raises what `Connection.call` raises."""
        self._started = self._connection._send(self._logged, self._start)

    def fileno(self) -> int:
        """The socket that the answer will come on; -1 when nothing was sent yet."""
        return self._started.fileno() if self._started else -1

    def finish(self) -> dict[str, Any]:
        """Wait for the answer, and return or raise what `Connection.call` does."""
        started, self._started = self._started, None
        if started:
            if answer := self._connection._answer(self._logged, started):
                return answer
            self._was_lost = True
        return self._connection._call(self._logged, self._parameters, self._ask)

    def _start(self, client: Any) -> quick.Started | None:
        return self._connection._start(self._operation, self._parameters, client)

    def _ask(self, client: Any) -> dict[str, Any]:
        answer: dict[str, Any] | None = None
        if self._was_lost:
            self._was_lost = False
            self._connection._sending.attempts += 1
        elif self._connection._roads.knows(self._parameters["Bucket"]) and (started := self._start(client)):
            self._connection._sending.attempts += 1
            answer = started.answer()
        return answer or getattr(client, self._operation)(**self._parameters)
