"""Listings that were made in this session, kept in memory so that going back to one asks nobody.

A kept listing is as old as its first page. What we write ourselves is worked into it (`s3.patching`); what others
write is seen when it is listed again, so its age is shown wherever it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from s3tui.profiles.model import Profile
from s3tui.s3.listing import MORE, Completeness, Listing
from s3tui.s3.uri import S3Uri

MAX_ROWS = 3_000_000  # about 300 MB
SMALL = 5_000  # rows; so few are listed again rather than patched, or trusted for long
SMALL_KEPT = timedelta(minutes=5)
RESUMED_WITHIN = timedelta(minutes=5)
_CANCELLED = Completeness("stopped", "cancelled")
_ROWS_OF_NONE = 100  # what an empty listing counts, so that there are not endlessly many


@dataclass(frozen=True, slots=True)
class Where:
    """What a listing is of."""

    profile: Profile
    kind: type[Listing]  # with or without deleted keys
    bucket: str
    prefix: str = ""
    delimiter: str = "/"

    @classmethod
    def of(cls, profile: Profile, listing: Listing) -> Where:
        return cls(profile, type(listing), listing.bucket, listing.prefix, listing.delimiter)

    def shows(self, uri: S3Uri) -> bool:
        """Whether what is written to `uri` may change this listing."""
        return uri.bucket == self.bucket and uri.key.startswith(self.prefix)


@dataclass(eq=False, slots=True)
class Kept:
    """A listing and the time when it was begun. Who reads into it holds `reading`, since only one may."""

    listing: Listing
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    reading: threading.Lock = field(default_factory=threading.Lock)

    @property
    def age(self) -> timedelta:
        return datetime.now(UTC) - self.begun

    @property
    def is_small(self) -> bool:
        return len(self.listing.columns) <= SMALL

    @property
    def is_usable(self) -> bool:
        """Whether it may be shown once more: complete, or young enough to be gone on with."""
        known = self.listing.completeness
        if known.is_complete:
            return not self.is_small or self.age < SMALL_KEPT
        return known in (MORE, _CANCELLED) and self.age < RESUMED_WITHIN


class Cache:
    """The listings used last, of all profiles, up to a number of rows in all."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._max_rows = max_rows
        self._kept: OrderedDict[Where, Kept] = OrderedDict()

    def get(self, where: Where) -> Kept | None:
        """What is kept of `where`, if it may be shown once more."""
        kept = self._kept.get(where)
        if kept is None:
            return None
        if not kept.is_usable:
            del self._kept[where]
            return None
        self._kept.move_to_end(where)
        return kept

    def keep(self, where: Where, kept: Kept) -> None:
        """Keep a listing, which may still grow, in the place of an older one."""
        self._kept[where] = kept
        self._kept.move_to_end(where)
        self.trim()

    def trim(self) -> None:
        """Let go of the listings used longest ago, while there are too many rows; never of the one used last."""
        while len(self._kept) > 1 and self.rows > self._max_rows:
            self._kept.popitem(last=False)

    def forget(self, where: Where) -> None:
        self._kept.pop(where, None)

    def forget_profile(self, profile: Profile) -> None:
        """Let go of all listings of a profile."""
        for where in [where for where in self._kept if where.profile == profile]:
            del self._kept[where]

    def showing(self, uri: S3Uri) -> list[tuple[Where, Kept]]:
        """The listings, of any profile, that a write to `uri` may change."""
        return [(where, kept) for where, kept in self._kept.items() if where.shows(uri)]

    def below(self, bucket: str, prefix: str) -> list[Where]:
        """The listings, of any profile, of `prefix` itself and of prefixes below it."""
        return [where for where in self._kept if where.bucket == bucket and where.prefix.startswith(prefix)]

    @property
    def rows(self) -> int:
        """How much is kept, for `trim`."""
        return sum(len(kept.listing.columns) + _ROWS_OF_NONE for kept in self._kept.values())
