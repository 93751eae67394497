"""What texts stand for, found out once: pages say the same few things thousands of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_MOST = 20_000  # texts: as many hours as there are in two years
_LONGEST = 24  # bytes; longer texts are met once
Meaning = TypeVar("Meaning")


class Remembered(dict[bytes, Meaning]):
    """A text's meaning; `find_out` is asked when the text is met first, and what it raises comes out."""

    def __init__(self, find_out: Callable[[bytes], Meaning]) -> None:
        super().__init__()
        self._find_out = find_out

    def __missing__(self, text: bytes) -> Meaning:
        meaning = self._find_out(text)
        if len(self) >= _MOST:
            self.clear()
        if len(text) <= _LONGEST:
            self[text] = meaning
        return meaning
