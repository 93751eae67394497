"""A long listing on servers and lines that fail: complete and correct, or partial and honest about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import apart, errors, listing
from s3tui.s3.client import Connection
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER
from s3tui.s3.errors import S3Error
from s3tui.s3.listing import BrokenListing, Listing
from tests.s3 import listing_server
from tests.s3.listing_server import FOREVER, Bucket, Fault
from tests.s3.stub_server import Stub

pytestmark = pytest.mark.long

KEYS = [f"logs/{number:06}-é+%&<.json" for number in range(30_000)]  # thirty pages
MIDDLE = 25
HANGS = 200  # seconds until a test that hangs is ended


@contextmanager
def hang_guard() -> Iterator[CancelToken]:
    token = CancelToken()
    timer = threading.Timer(HANGS, token.cancel)
    timer.start()
    try:
        yield token
    finally:
        timer.cancel()


Outcome = Callable[..., tuple[Listing, S3Error | None, Stub]]


@pytest.fixture
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """`outcome(bucket, prefix, delimiter)`: what was listed, and what ended it early; in this process, or as for the
    screen. Asserts that a list never claims more than is true."""
    reads = getattr(request, "param", listing.read)

    def outcome(bucket: Bucket, prefix: str = "", delimiter: str = "") -> tuple[Listing, S3Error | None, Stub]:
        read = Listing("bucket", prefix, delimiter)
        failure: S3Error | None = None
        with listing_server.listing_server(bucket) as server, hang_guard() as token:
            try:
                reads(read, Connection(server.profile), token)
            except S3Error as error:
                failure = error
        assert read.completeness.state == ("stopped" if failure else "complete")
        assert (read.completeness.reason == "") == (failure is None)
        return read, failure, server

    return outcome


# Three processes each time: for the two ways in which a fault can end. Its kind is met by the same code.
both_ways = pytest.mark.parametrize("outcome", [listing.read, apart.read], ids=["here", "apart"], indirect=True)


def keys_of(read: Listing) -> list[str]:
    return [read.columns.key(row) for row in range(len(read.columns))]


def faults(fault: Fault, first: int = MIDDLE, last: int = MIDDLE) -> Sequence[tuple[range, Fault]]:
    return [(range(first, last + 1), fault)]


PASSING: dict[str, tuple[Fault, int]] = {  # and on how many requests in a row
    "the connection is cut in a body": (listing_server.cut, 1),
    "an internal error": (listing_server.internal_error, 1),
    "asked to slow down twice": (listing_server.slow_down, 2),
    "a page comes late": (listing_server.slow(0.5), 1),
    "an empty answer": (listing_server.empty, 1),
    "a page of the network's": (listing_server.sign_in, 2),
}


def passing(name: str, first: int = MIDDLE) -> Sequence[tuple[range, Fault]]:
    fault, times = PASSING[name]
    return faults(fault, first, first + times - 1)


@both_ways
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_and_the_list_is_whole(outcome: Outcome, name: str) -> None:
    read, failure, server = outcome(Bucket(KEYS, faults=passing(name)))
    assert failure is None
    assert keys_of(read) == KEYS
    assert len(server.asked) > MIDDLE


LASTING: dict[str, tuple[Fault, type[S3Error]]] = {
    "denied": (listing_server.denied, errors.AccessDenied),
    "internal errors": (listing_server.internal_error, errors.ServerFault),
    "slow down": (listing_server.slow_down, S3Error),
    "cut": (listing_server.cut, S3Error),
    "torn": (listing_server.torn, S3Error),
    "empty": (listing_server.empty, errors.ServerFault),
    "no content": (listing_server.no_content, errors.ServerFault),
    "a page of the network's": (listing_server.sign_in, errors.ServerFault),
    "another document": (listing_server.another_document, errors.ServerFault),
    "nothing said": (listing_server.nothing_said, BrokenListing),
    "the end not said": (listing_server.end_not_said, BrokenListing),
}


@both_ways
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_ends_the_list_with_its_reason_and_keeps_what_came(outcome: Outcome, name: str) -> None:
    fault, kind = LASTING[name]
    read, failure, _ = outcome(Bucket(KEYS, faults=faults(fault, MIDDLE, FOREVER)))
    assert isinstance(failure, kind)
    listed = keys_of(read)
    assert len(listed) >= 5000  # what came before it began to go wrong
    assert listed == KEYS[: len(listed)]


def test_half_a_page_is_never_taken_for_the_last_one(outcome: Outcome) -> None:
    read, failure, _ = outcome(Bucket(KEYS[:1500], faults=faults(listing_server.torn, 2, FOREVER)))
    assert failure is not None
    assert keys_of(read) == KEYS[:1000]


@pytest.mark.parametrize("fault", [listing_server.repeated_token, listing_server.no_token])
@pytest.mark.parametrize("first", [2, MIDDLE])
def test_a_server_that_can_not_say_what_follows_is_left(outcome: Outcome, fault: Fault, first: int) -> None:
    read, failure, server = outcome(Bucket(KEYS, faults=faults(fault, first, FOREVER)))
    assert isinstance(failure, BrokenListing)
    listed = keys_of(read)
    assert 1000 <= len(listed) < len(KEYS)
    assert listed == KEYS[: len(listed)]
    assert len(server.asked) < 200


@pytest.mark.parametrize("fault", [listing_server.no_token, listing_server.end_not_said])
def test_what_came_without_saying_what_follows_is_shown(outcome: Outcome, fault: Fault) -> None:
    read, failure, _ = outcome(Bucket(KEYS[:10], faults=faults(fault, 1, FOREVER)))
    assert isinstance(failure, BrokenListing)
    assert keys_of(read) == KEYS[:10]


def test_a_server_that_begins_with_the_last_key_again_is_listed_without_it(outcome: Outcome) -> None:
    read, failure, _ = outcome(Bucket(KEYS, faults=faults(listing_server.begins_with_the_last, 1, FOREVER)))
    assert failure is None
    assert keys_of(read) == KEYS


@pytest.mark.parametrize("first", [1, 3, MIDDLE])
def test_a_key_that_comes_twice_is_not_taken_for_two(outcome: Outcome, first: int) -> None:
    read, failure, _ = outcome(Bucket(KEYS, faults=faults(listing_server.twice, first, FOREVER)))
    assert isinstance(failure, BrokenListing)
    listed = keys_of(read)
    assert listed == KEYS[: len(listed)]


def test_keys_out_of_order_all_come(outcome: Outcome) -> None:
    read, failure, _ = outcome(Bucket(KEYS, faults=faults(listing_server.backwards, 3, FOREVER)))
    assert failure is None
    assert sorted(keys_of(read)) == KEYS


def test_one_page_out_of_order_loses_nothing(outcome: Outcome) -> None:
    read, failure, _ = outcome(Bucket(KEYS, faults=faults(listing_server.backwards)))
    listed = keys_of(read)
    assert len(listed) == len(set(listed))
    assert failure or sorted(listed) == KEYS


@pytest.mark.parametrize("max_keys", [7, 1001, 5000, 100_000])
def test_pages_may_be_of_any_size(outcome: Outcome, max_keys: int) -> None:
    keys = KEYS[:2000] if max_keys == 7 else KEYS
    read, failure, _ = outcome(Bucket(keys, max_keys=max_keys))
    assert failure is None
    assert keys_of(read) == keys


def test_a_server_that_ignores_where_to_start_is_listed_all_the_same(outcome: Outcome) -> None:
    read, failure, server = outcome(Bucket(KEYS, ignores_start_after=True))
    assert failure is None
    assert keys_of(read) == KEYS
    assert len(server.asked) < 200


@pytest.mark.parametrize("name", PASSING)
def test_common_prefixes_and_objects_come_whole_over_the_same_line(outcome: Outcome, name: str) -> None:
    folders = [f"f{number:05}/x" for number in range(15_000)]
    files = [f"g{number:05}" for number in range(15_000)]
    read, failure, _ = outcome(Bucket([*folders, *files], faults=passing(name)), delimiter="/")
    assert failure is None
    rows = [(read.columns.key(row), read.columns.is_prefix(row)) for row in range(len(read.columns))]
    prefixes = [key for key, is_prefix in rows if is_prefix]
    assert prefixes == [key[:-1] for key in folders]
    assert [key for key, is_prefix in rows if not is_prefix] == files


HISTORY = {
    key: states
    for number, key in enumerate(KEYS)
    for divisor, states in ((5, ("marker", "version", "version")), (7, ("version", "marker", "version")))
    if number % divisor == 0 and not (divisor == 7 and number % 5 == 0)
}
VERSIONS = [
    (key, kind)
    for key in KEYS
    for kind in {
        ("marker", "version", "version"): (DELETED, NONCURRENT, NONCURRENT),
        ("version", "marker", "version"): (OBJECT, OLD_MARKER, NONCURRENT),
    }.get(tuple(HISTORY.get(key, ())), (OBJECT,))
]


@pytest.mark.parametrize("name", PASSING)
def test_all_versions_come_in_spite_of_what_passes(name: str) -> None:
    bucket = Bucket(KEYS, HISTORY, passing(name, 20))
    with listing_server.listing_server(bucket) as server, hang_guard() as token:
        pages = listing.stream(Connection(server.profile), "bucket", token=token, versions=True)
        rows = [(page.key(row), page.kind(row)) for page in pages for row in range(len(page))]
    assert rows == VERSIONS


@pytest.mark.parametrize(
    "fault",
    [
        listing_server.repeated_token,
        listing_server.no_token,
        listing_server.denied,
        listing_server.empty,
        listing_server.nothing_said,
        listing_server.end_not_said,
    ],
)
def test_versions_that_stop_coming_are_no_end(fault: Fault) -> None:
    bucket = Bucket(KEYS, HISTORY, faults(fault, 20, FOREVER))
    came: list[str] = []
    with listing_server.listing_server(bucket) as server, hang_guard() as token, pytest.raises(S3Error):
        for page in listing.stream(Connection(server.profile), "bucket", token=token, versions=True):
            came += (page.key(row) for row in range(len(page)))
    assert came == [key for key, _ in VERSIONS[: len(came)]]
    assert len(came) < len(VERSIONS)


@pytest.mark.parametrize("after", [1, 5000, 10_000])
def test_a_cancelled_listing_goes_on_where_it_stopped(after: int) -> None:
    read = Listing("bucket", "", "")
    token = CancelToken()
    with listing_server.listing_server(Bucket(KEYS)) as server:
        connection = Connection(server.profile)
        with pytest.raises(Cancelled):
            listing.read(read, connection, token, lambda it: token.cancel() if len(it.columns) >= after else None)
        kept = keys_of(read)
        asked = len(server.asked)
        with hang_guard() as again:
            listing.read(read, connection, again)
    assert after <= len(kept) < len(KEYS)
    assert kept == KEYS[: len(kept)]
    assert keys_of(read) == KEYS
    assert read.completeness.is_complete
    assert all("continuation-token=" in it.path or "start-after=" in it.path for it in server.asked[asked:])
