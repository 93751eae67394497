"""What a transfer has to remember, so that it can go on after its process has ended."""

from __future__ import annotations

from typing import TypeAlias

from s3tui.background import CancelToken
from s3tui.errors import S3tuiError

Fact: TypeAlias = str | int | float | bool | list["Fact"] | dict[str, "Fact"] | None


class Notes:
    """Facts by name, small enough for JSON, and without secrets. These live as long as the process.

    `kept` says whether the facts are there after the process has ended. Only then may a failed transfer leave
    something unfinished for another try: nobody would know of it otherwise.
    """

    kept = False

    def __init__(self, facts: dict[str, Fact] | None = None) -> None:
        self._facts = dict(facts or {})

    @property
    def empty(self) -> bool:
        """Whether there are none: then nothing unfinished is left anywhere."""
        return not self._facts

    @property
    def facts(self) -> dict[str, Fact]:
        """All of them."""
        return dict(self._facts)

    def get(self, name: str) -> Fact:
        """The fact; None when nothing was noted."""
        return self._facts.get(name)

    def set(self, **facts: Fact) -> None:
        """Note facts beside the others. They are kept when this returns."""
        self._facts.update(facts)

    def jot(self, **facts: Fact) -> None:
        """As `set`, but cheap enough for many times a second: they outlive a kill, and perhaps no power cut."""
        self._facts.update(facts)

    def clear(self) -> None:
        """Forget all of them."""
        self._facts.clear()


def stays(reason: BaseException, token: CancelToken, notes: Notes) -> bool:
    """Whether what is unfinished stays where it is when a transfer ends by `reason`: it is only paused, or it failed
    and `notes` are kept for another try."""
    return token.keep if token.cancelled else notes.kept and isinstance(reason, S3tuiError)
