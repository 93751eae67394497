"""Which listings are kept, for how long, and which of them a write concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from s3tui.profiles.model import Profile
from s3tui.s3.cache import RESUMED_WITHIN, SMALL, SMALL_KEPT, Cache, Kept, Where
from s3tui.s3.deleted import WithDeleted
from s3tui.s3.listing import COMPLETE, MORE, Completeness, Listing
from s3tui.s3.uri import S3Uri

PROFILE = Profile("here", endpoint="http://localhost:1")


def kept(prefix: str = "", rows: int = 1, completeness: Completeness = COMPLETE) -> Kept:
    listing = Listing("bucket", prefix)
    digits = [f"{prefix}{row:07}".encode() for row in range(rows)]
    listing.columns.append_objects(digits, [1] * rows, [0] * rows, [""] * rows, [""] * rows)
    listing.completeness = completeness
    return Kept(listing)


def keep(cache: Cache, what: Kept) -> Where:
    where = Where.of(PROFILE, what.listing)
    cache.keep(where, what)
    return where


def test_a_listing_is_found_by_what_it_is_of() -> None:
    cache, here = Cache(), kept("a/")
    where = keep(cache, here)
    assert cache.get(where) is here
    others = (
        replace(where, prefix="b/"),
        replace(where, delimiter=""),
        replace(where, kind=WithDeleted),
        replace(where, profile=replace(PROFILE, endpoint="http://localhost:2")),
    )
    assert [cache.get(other) for other in others] == [None] * 4


def test_what_was_used_longest_ago_goes_when_there_are_too_many_rows() -> None:
    cache = Cache(max_rows=3_000)
    first, second = keep(cache, kept("1/", 1_000)), keep(cache, kept("2/", 1_000))
    assert cache.get(first)
    third = keep(cache, kept("3/", 1_000))
    assert [cache.get(where) is not None for where in (first, second, third)] == [True, False, True]


def test_the_listing_used_last_stays_however_large_it_grows() -> None:
    cache, growing = Cache(max_rows=100), kept("1/", 0)
    keep(cache, kept("0/", 10))
    where = keep(cache, growing)
    growing.listing.add(kept("1/", 1_000).listing.columns)
    cache.trim()
    assert cache.get(where) is growing
    assert cache.rows < 1_200


def test_many_empty_listings_are_too_many_as_well() -> None:
    cache = Cache(max_rows=1_000)
    places = [keep(cache, kept(f"{number}/", 0)) for number in range(50)]
    assert 0 < sum(cache.get(where) is not None for where in places) < 20


@pytest.mark.parametrize(
    ("what", "age", "usable"),
    [
        (kept(rows=5), SMALL_KEPT * 0.9, True),
        (kept(rows=5), SMALL_KEPT * 1.1, False),
        (kept(rows=SMALL + 1), timedelta(days=1), True),
        (kept(rows=SMALL + 1, completeness=MORE), RESUMED_WITHIN * 0.9, True),
        (kept(rows=SMALL + 1, completeness=Completeness("stopped", "cancelled")), RESUMED_WITHIN * 0.9, True),
        (kept(rows=SMALL + 1, completeness=Completeness("stopped", "cancelled")), RESUMED_WITHIN * 1.1, False),
        (kept(rows=5, completeness=Completeness("stopped", "You may not list it.")), timedelta(0), False),
    ],
)
def test_what_may_be_shown_once_more(what: Kept, age: timedelta, usable: bool) -> None:
    cache = Cache()
    what = Kept(what.listing, datetime.now(UTC) - age)
    where = keep(cache, what)
    assert (cache.get(where) is what) is usable


def test_a_write_concerns_the_listings_of_the_prefixes_above_it() -> None:
    cache = Cache()
    for prefix in ("", "a/", "a/b/", "b/"):
        keep(cache, kept(prefix))
    found = [where.prefix for where, _ in cache.showing(S3Uri("bucket", "a/x"))]
    assert found == ["", "a/"]
    assert not cache.showing(S3Uri("other", "a/x"))


def test_a_profile_can_be_forgotten() -> None:
    cache, other = Cache(), replace(PROFILE, name="there")
    where = keep(cache, kept())
    cache.keep(replace(where, profile=other), kept())
    cache.forget_profile(PROFILE)
    assert cache.get(where) is None
    assert cache.get(replace(where, profile=other))
