"""Bytes as offset, hexadecimal and letters, one row at a time."""

from __future__ import annotations

Piece = tuple[str, str]  # text, kind of colour (empty: plain)


class HexLines:
    """Rows of `data` for a view that is `width` cells wide: 16, 8 or 4 bytes a row."""

    def __init__(self, data: bytes, width: int) -> None:
        self.data = data
        self.per_row = next((count for count in (16, 8) if _cells(count) <= width), 4)

    @property
    def count(self) -> int:
        return -(-len(self.data) // self.per_row)

    def line(self, index: int) -> list[Piece]:
        """The row as pieces; a byte's colour says what it is: zero, a letter, anything else."""
        start = index * self.per_row
        row = self.data[start : start + self.per_row]
        pieces: list[Piece] = [(f"{start:05x} ", "comment")]
        for place, byte in enumerate(row):
            pieces.append((f"{byte:02x}  " if place == 7 and self.per_row == 16 else f"{byte:02x} ", _kind(byte)))
        pieces.append((" " * (_cells(self.per_row) - self.per_row - sum(len(text) for text, _ in pieces)), ""))
        pieces.extend((chr(byte) if 0x20 <= byte < 0x7F else "·", _kind(byte)) for byte in row)
        return pieces


def _cells(per_row: int) -> int:
    """How wide a row is: offset, bytes (a wider gap in the middle of sixteen), letters."""
    return 6 + per_row * 3 + (1 if per_row == 16 else 0) + per_row


def _kind(byte: int) -> str:
    if byte == 0:
        return "comment"
    return "string" if 0x20 <= byte < 0x7F else "number"
