"""Where transfers run: in this process, or in others of ours (see `movers`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from s3tui.background import CancelToken
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import Kind, Request

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

_LARGE = 300  # small ones are worth another process
# Small ones that go in one go: a page of a listing tells of all, and each asks for one.
MOST, _FEW = 999, 100
End = Outcome | Exception | None
Noting = Callable[[Sequence[tuple[Notes, Mapping[str, Fact]]]], object]


@dataclass(frozen=True, slots=True)
class One:
    """A transfer that runs by itself. `moved` is called when `progress` follows another process."""

    connection: Connection
    request: Request
    progress: Progress
    token: CancelToken
    notes: Notes
    moved: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Many:
    """Some of one kind that go in one go; see `many.move_all`."""

    connection: Connection
    kind: Kind
    items: Sequence[Any]
    ended: Callable[[int, End], object]
    note: Noting


class Place(Protocol):
    """Where transfers run."""

    def run(self, one: One) -> Outcome:
        """As `Request.run`, which says what it raises."""
        ...

    def move_all(self, many: Many) -> None:
        """As `many.move_all`."""
        ...

    def get_ready(self) -> None:
        """Something is about to be moved."""
        ...

    def close(self) -> None:
        """Nothing runs here any more."""
        ...


class Here:
    """This process."""

    def run(self, one: One) -> Outcome:
        return one.request.run(one.connection, one.progress, one.token, one.notes)

    def move_all(self, many: Many) -> None:
        from s3tui.transfers.many import move_all

        move_all(many.connection, many.kind, many.items, many.ended, many.note)

    def get_ready(self) -> None:
        pass

    def close(self) -> None:
        pass


HERE = Here()


class Places:
    """Where the transfers of a queue run."""

    def __init__(self, single: Place = HERE, many: Sequence[Place] = (HERE,)) -> None:
        """Each that runs by itself at `single`, those that go in one go at one of `many`, of which all but the first
        are for large numbers."""
        self.single, self._many = single, many
        self._free = set(range(len(many)))
        self._begun: set[int] = set()  # of those for large numbers
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How many that go in one go can run at the same time."""
        return len(self._many)

    def share(self, waiting: int) -> int:
        """How many of so many small ones should go in one go: fewer towards the end, so that no place is idle long."""
        return max(min(waiting, MOST) // self.count, _FEW)

    def get_ready(self, count: int) -> None:
        """So many small ones are about to come: start the processes that they will need."""
        for place in self._many if count >= _LARGE else ():
            place.get_ready()

    def close(self) -> None:
        """End all processes but this one; what they do is interrupted."""
        for place in self._many:
            place.close()

    @contextmanager
    def free(self, count: int) -> Iterator[Place]:
        """Wait for a place when so many small ones wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._usable(count))
            place = min(self._usable(count))
            self._free.remove(place)
            self._begun.add(place)
        try:
            yield self._many[place]
        finally:
            with self._changed:
                self._free.add(place)
                self._changed.notify_all()

    def _usable(self, count: int) -> set[int]:
        return self._free if count >= _LARGE else self._free & ({0} | self._begun)


def apart(bandwidth: Bandwidth) -> Places:
    """For a screen, which is to stay quick: nothing moves in this process."""
    from s3tui.transfers.movers import Mover

    movers = Mover(bandwidth), Mover(bandwidth)
    return Places(movers[0], movers)


def beside(bandwidth: Bandwidth) -> Places:
    """For a command line: one process more for large numbers of small ones."""
    from s3tui.transfers.movers import Mover

    return Places(HERE, (HERE, Mover(bandwidth)))
