"""What the text of a header means, as botocore reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(256)
def moment(text: str) -> datetime:
    """Raises `ValueError`. Objects that were written together have it in common, by the hundred."""
    month = text[8:11]
    if _DATE.fullmatch(text) and month in _MONTHS:
        date = int(text[12:16]), _MONTHS.index(month) + 1, int(text[5:7])
        return datetime(*date, int(text[17:19]), int(text[20:22]), int(text[23:25]), tzinfo=UTC)
    found = parsedate_to_datetime(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


# By botocore's types.
CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": _boolean,
    "timestamp": moment,
}
