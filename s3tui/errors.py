"""The root of every failure that a person can meet."""

from __future__ import annotations

from typing import Any


class S3tuiError(Exception):
    """A failure said in the user's terms.

    `sentence` says what happened, `advice` what to do about it (may be empty). Neither ever holds a secret.
    Both may hold names that came from a server, so whoever shows them passes them through
    `display.visible`.
    """

    def __init__(self, sentence: str, advice: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}".rstrip()

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: all that it says, whatever its constructor wants to be told."""
        return _again, (type(self), self.args, self.__dict__)

    @property
    def evidence(self) -> str:
        """What was asked and what came back, in one line, for a ticket; empty where nothing was asked."""
        return ""


class BadInput(S3tuiError):
    """What the user typed can't be used: a URI, a name, a number, a file that isn't there."""


def _again(kind: type[S3tuiError], words: tuple[object, ...], said: dict[str, Any]) -> S3tuiError:
    error = kind.__new__(kind, *words)
    error.__dict__.update(said)
    return error
