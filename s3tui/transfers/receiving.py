"""Summing a file while its parts arrive, so that it needn't be read again to be compared.

A CRC of a whole is made of the CRCs of its stretches, in whatever order they came. What came before this process
began is read from the file.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from s3tui.transfers.checksums import ALGORITHMS, Crc
from s3tui.transfers.parts import Part

_COMBINED = ("CRC64NVME", "CRC32C", "CRC32")


@dataclass(slots=True)
class _Stretch:
    start: int
    end: int
    crc: int = 0


class Arriving:
    """The sum of an object of `size` bytes by `algorithm`, one of those that can be combined. Thread-safe, as long
    as each stretch is added by one thread at a time."""

    def __init__(self, algorithm: str, size: int) -> None:
        if algorithm not in _COMBINED:
            raise ValueError(algorithm)
        self.algorithm = algorithm
        self._size = size
        self._step, self._combine = _functions(algorithm)
        self._by_end: dict[int, _Stretch] = {}
        self._lock = threading.Lock()

    def add(self, data: bytes | memoryview, at: int) -> None:
        """`data` has come, and belongs at the offset `at`."""
        with self._lock:
            stretch = self._by_end.pop(at, None) or _Stretch(at, at)
        stretch.crc = self._step(data, stretch.crc)
        stretch.end += len(data)
        with self._lock:
            self._by_end[stretch.end] = stretch

    def digest(self, chunks: Callable[[Part], Iterable[bytes]]) -> bytes:
        """The sum of the whole, once everything is there. `chunks` reads what was not added from the file."""
        at, crc = 0, 0
        for stretch in sorted(self._by_end.values(), key=lambda each: (each.start, -each.end)):
            if stretch.start < at:
                continue  # came twice; what it holds beyond is read
            crc = self._combine(self._read(crc, at, stretch.start, chunks), stretch.crc, stretch.end - stretch.start)
            at = stretch.end
        whole = Crc(self._step, len(ALGORITHMS[self.algorithm]().digest()))
        whole.value = self._read(crc, at, self._size, chunks)
        return whole.digest()

    def _read(self, crc: int, at: int, end: int, chunks: Callable[[Part], Iterable[bytes]]) -> int:
        for chunk in chunks(Part(0, at, end - at)) if at < end else ():
            crc = self._step(chunk, crc)
        return crc


def _functions(algorithm: str) -> tuple[Callable[[bytes | memoryview, int], int], Callable[[int, int, int], int]]:
    from awscrt import checksums

    return {
        "CRC64NVME": (checksums.crc64nvme, checksums.combine_crc64nvme),
        "CRC32C": (checksums.crc32c, checksums.combine_crc32c),
        "CRC32": (zlib.crc32, checksums.combine_crc32),
    }[algorithm]


def arriving(told: Iterable[str], size: int) -> Arriving | None:
    """For the cheapest of the algorithms that the endpoint `told` a checksum by; None when none can be combined."""
    names = set(told)
    name = next((name for name in _COMBINED if name in names), "")
    return Arriving(name, size) if name else None
