"""A column of ETags: 18 bytes each for those that are an MD5 or that of a multipart upload, as nearly all are."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache

from s3tui.s3.column import Column

MD5 = 16  # bytes
_ZEROS = "00" * MD5
# Beside the 16 bytes stands how to read them: as an MD5, as one with this number of parts behind it, or not at all.
_WHOLE, _NONE, _ODD = 0, 0xFFFE, 0xFFFF


class EtagColumn:
    """ETags without quotes, in the order they were appended."""

    def __init__(self) -> None:
        self.digests = Column("B")
        self.parts = Column("H")
        self.odd: dict[int, str] = {}  # row -> an ETag of another form

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: int) -> str:
        """Empty when there is none."""
        parts = self.parts[index]
        if parts == _NONE:
            return ""
        if parts == _ODD:
            return self.odd[index]
        digest = self.digests.piece(index * MD5, (index + 1) * MD5).hex()
        return digest if parts == _WHOLE else f"{digest}-{parts}"

    def texts(self) -> list[str]:
        """All of them, as `[]` gives each."""
        if any(self.parts):
            return [self[index] for index in range(len(self))]
        digests = self.digests.raw().hex()
        return [digests[at : at + 2 * MD5] for at in range(0, len(digests), 2 * MD5)]

    def part(self, first: int, last: int) -> EtagColumn:
        """A copy of the rows from `first` up to, and without, `last`."""
        part = EtagColumn()
        part.digests.extend(self.digests, first * MD5, last * MD5)
        part.parts.extend(self.parts, first, last)
        if self.odd:
            part.odd = {row - first: self.odd[row] for row in range(first, last) if row in self.odd}
        return part

    def append_digests(self, digests: bytes) -> None:
        """Add plain MD5s, 16 bytes each."""
        self.digests.append(digests)
        self.parts.append(array("H", [_WHOLE]) * (len(digests) // MD5))

    def append_none(self, count: int) -> None:
        """Add rows without an ETag."""
        self.digests.append(bytes(MD5 * count))
        self.parts.append(array("H", [_NONE]) * count)

    def append(self, etags: Sequence[str]) -> None:
        """Add ETags as text, without quotes."""
        heads = [etag[: 2 * MD5] or _ZEROS for etag in etags]
        digests = _digests(heads)
        if digests is None:  # some are of another form
            forms = [_digests([head]) for head in heads]
            digests = b"".join(form or bytes(MD5) for form in forms)
        else:
            forms = [digests] * len(heads)
        parts = [
            _NONE if not etag else _ODD if form is None else _parts_of(etag[2 * MD5 :])
            for etag, form in zip(etags, forms, strict=True)
        ]
        first = len(self)
        for number, how in enumerate(parts):
            if how == _ODD:
                self.odd[first + number] = etags[number]
        self.digests.append(digests)
        self.parts.append(array("H", parts))

    def extend(self, other: EtagColumn) -> None:
        """Add all rows of `other`."""
        first = len(self)
        if other.odd:
            self.odd.update({first + row: etag for row, etag in other.odd.items()})
        self.digests.extend(other.digests)
        self.parts.extend(other.parts)


def _digests(hexadecimal: Sequence[str]) -> bytes | None:
    """16 bytes for each of the texts, if all are 32 lower-case digits."""
    joined = "".join(hexadecimal)
    try:
        digests = bytes.fromhex(joined)
    except ValueError:
        return None
    return digests if digests.hex() == joined and set(map(len, hexadecimal)) <= {2 * MD5} else None


@lru_cache(maxsize=4096)
def _parts_of(rest: str) -> int:
    """What stands behind 32 digits: nothing, `-` and a number of parts, or something else."""
    if not rest:
        return _WHOLE
    number = rest[1:]
    if rest[0] == "-" and number.isascii() and number.isdigit() and number[0] != "0" and int(number) < _NONE:
        return int(number)
    return _ODD
