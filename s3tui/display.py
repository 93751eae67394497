"""What may be shown: control characters made visible, sizes, times, counts.

A name from a bucket is data. It may hold escape codes that would drive the terminal, bidi marks that
reverse what follows, or lone surrogates that can't be printed. Everything shown that came from a server,
a file name or the environment goes through `visible` first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

# C0 and DEL have pictures in Unicode (U+2400 ff.).
_PICTURES = {i: chr(0x2400 + i) for i in range(0x20)} | {0x7F: "␡"}
# Control, format (bidi, zero width), surrogate, private, unassigned; separators other than the plain space.
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def visible(text: str) -> str:
    """One line of `text` that is safe to print: C0 controls as their pictures (␛ ␊), every other control,
    format (bidi, zero width), surrogate, private or unassigned character and odd space as `\\u{hex}`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    code = ord(character)
    if code in _PICTURES:
        return _PICTURES[code]
    if character != " " and unicodedata.category(character) in _UNSAFE:
        return f"\\u{{{code:x}}}"
    return character


def visible_lines(text: str) -> str:
    """Like `visible`, but keeps line ends (`\\n`, `\\r\\n`) and turns tabs into spaces: for previews."""
    return "\n".join(visible(line.expandtabs(4)) for line in text.replace("\r\n", "\n").split("\n"))


def size(count: int) -> str:
    """Bytes for people: `0 B`, `1.5 KiB`, `4.0 GiB`."""
    if count < 1024:
        return f"{count} B"
    amount = float(count)
    unit = 0
    while round(amount, 1) >= 1024 and unit < len(_UNITS) - 1:
        amount /= 1024
        unit += 1
    return f"{amount:.1f} {_UNITS[unit]}"


def exact_size(count: int) -> str:
    """Both forms, for the detail pane: `1.5 KiB (1,536 bytes)`."""
    return counted(count, "byte") if count < 1024 else f"{size(count)} ({count:,} bytes)"


def when(moment: datetime) -> str:
    """A time in UTC, as servers log it: `2026-11-20 15:49:03`."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def duration(seconds: float) -> str:
    """`4 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`."""
    whole = timedelta(seconds=round(seconds))
    minutes, second = divmod(whole.seconds, 60)
    hours, minute = divmod(minutes, 60)
    if whole.days:
        return f"{whole.days} d {hours} h"
    if hours:
        return f"{hours} h {minute:02} min"
    return f"{minute} min {second:02} s" if minute else f"{second} s"


def listed(parts: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; with `word` in the place of “and”."""
    return f" {word} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 object`, `20,000 objects`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
