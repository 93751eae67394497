"""A request whose answer is waited for later, so that others can be sent meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s3tui.s3 import brief, description, errors, quick
from s3tui.s3.brief import Told
from s3tui.s3.calls import Logged, named
from s3tui.s3.description import Description
from s3tui.s3.objects import from_head
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.client import Connection


class Underway(Logged):
    """A request that may have been sent already, and wasn't waited for yet. For one thread."""

    __slots__ = ("_asked", "_connection", "_parameters", "_started", "_was_lost")

    def __init__(self, connection: Connection, operation: str, parameters: dict[str, Any]) -> None:
        super().__init__(named(operation), parameters["Bucket"], parameters["Key"])
        self._connection, self._asked, self._parameters = connection, operation, parameters
        self._started: quick.Started | None = None
        self._was_lost = False  # the answer to what was sent

    def send(self) -> None:
        """Raises what `Connection.call` raises."""
        try:
            self._started = self._start()
        except Exception as error:
            self._connection._fail(error, self)

    def fileno(self) -> int:
        """The socket that the answer will come on; -1 when nothing was sent yet."""
        return self._started.line.fileno() if self._started else -1

    def finish(self) -> dict[str, Any]:
        """Wait for the answer, and return or raise what `Connection.call` does."""
        started, self._started = self._started, None
        if started:
            if answer := self._connection._answer(self, started):
                return answer
            self._was_lost = True
        return self._connection._call(self, self._parameters, self._ask)

    def finish_briefly(self) -> Told:
        """As `finish`, of a small answer to PUT or GET, without what nobody asks about thousands."""
        if (started := self._started) and (told := brief.read(started.line)):
            started.wire.keep(started.line)
            if started.is_success(told.body):
                self._connection.log.add(self.ended(told.status, told.request_id, 1))
                return told
            self._started, self._was_lost = None, True
        answer = self.finish()
        try:
            return brief.told_in(answer)
        except errors.Unreachable:  # the body was cut
            return brief.told_in(self._connection.call(self._asked, **self._parameters))

    def describe(self, uri: S3Uri) -> Description:
        """What HeadObject for `uri`, which this is, answers. Raises as `finish`."""
        if (started := self._started) and (described := started.describe(uri)):
            self._connection.log.add(self.ended(200, described.request_id, 1))
            return described
        return description.of(from_head(uri, self.finish()))

    def _start(self) -> quick.Started | None:
        connection, operation = self._connection, self._asked
        if connection.read_only and not operation.startswith(("get_", "head_")):
            connection._refuse_if_read_only()
        return connection._roads.start(operation, self._parameters, connection.client, connection.keys())

    def _ask(self, client: Any) -> dict[str, Any]:
        answer: dict[str, Any] | None = None
        if self._was_lost:
            self._was_lost = False
            self._connection._sending.attempts += 1
        elif self._connection._roads.knows(self.bucket) and (started := self._start()):
            self._connection._sending.attempts += 1
            answer = started.told()
        return answer or getattr(client, self._asked)(**self._parameters)
