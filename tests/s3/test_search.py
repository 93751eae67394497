"""Search: which objects are found, in what order, and what is said when not everything could be looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, filters, listing, search
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns
from s3tui.s3.search import Found, Hits
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Answer, Asked, stub

DENIED = Answer(403, b"<Error><Code>AccessDenied</Code></Error>")


def put(connection: Connection, bucket: str, *keys: str, size: int = 5) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * size)


def found(connection: Connection, text: str, *places: S3Uri) -> list[str]:
    """The URIs of what is found."""
    steps = search.search(connection, places, filters.parse(text))
    return [f"s3://{step.place.bucket}/{row.key}" for step in steps for row in step.hits]


def page(*keys: str, following: str = "") -> Answer:
    rows = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>7</Size></Contents>"
        for key in keys
    )
    tail = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{following}</NextContinuationToken>"
    return Answer(
        200,
        f"<ListBucketResult>{rows}{tail if following else '<IsTruncated>false</IsTruncated>'}</ListBucketResult>".encode(),
    )


@contextmanager
def serving(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[tuple[Connection, list[dict[str, str]]]]:
    """A server that answers by bucket and query; and the queries it was asked."""
    queries: list[dict[str, str]] = []

    def respond(asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        queries.append(query)
        return answer(unquote(parts.path).strip("/"), query)

    with stub(respond) as running:
        yield Connection(running.profile), queries


# ---- one place


def test_what_lies_below_is_found_however_deep(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a.iso", "d/b.iso", "d/e/f/c.iso", "d/e/notes", "iso/x")
    assert found(connection, ".iso", S3Uri(bucket)) == [
        f"s3://{bucket}/{key}" for key in ("a.iso", "d/b.iso", "d/e/f/c.iso")
    ]


def test_the_place_itself_is_no_part_of_the_names(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "iso/é/a", "iso/é/iso", "iso/x")
    assert found(connection, "iso", S3Uri(bucket, "iso/é/")) == [f"s3://{bucket}/iso/é/iso"]
    assert found(connection, "re:^a$", S3Uri(bucket, "iso/é/")) == [f"s3://{bucket}/iso/é/a"]


def test_an_empty_expression_finds_everything(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a", "b/c")
    assert found(connection, "", S3Uri(bucket)) == [f"s3://{bucket}/a", f"s3://{bucket}/b/c"]


def test_size_and_name_hold_together(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "small.iso", "d/small", size=3)
    put(connection, bucket, "big.iso", "d/big", size=3000)
    assert found(connection, "iso size>1K", S3Uri(bucket)) == [f"s3://{bucket}/big.iso"]


def test_a_hit_keeps_all_that_the_listing_says(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a", "b/☃ &<x>\x01")
    (expected,) = (row for rows in listing.pages(connection, bucket, delimiter="") for row in rows if row.key != "a")
    (step,) = search.search(connection, [S3Uri(bucket)], filters.parse("☃"))
    assert list(step.hits) == [expected]
    assert step.looked_at == 2


def test_the_server_is_asked_only_for_what_a_regular_expression_begins_with() -> None:
    with serving(lambda bucket, query: page("logs/2026-1", "logs/2026-2")) as (connection, queries):
        assert found(connection, r"re:^2026-\d", S3Uri("b", "logs/")) == ["s3://b/logs/2026-1", "s3://b/logs/2026-2"]
    assert [query["prefix"] for query in queries] == ["logs/2026-"]
    assert "delimiter" not in queries[0]


def test_a_place_that_breaks_off_keeps_what_it_had() -> None:
    with serving(lambda bucket, query: DENIED if "continuation-token" in query else page("a", "b", following="t")) as (
        connection,
        _,
    ):
        hits = Hits([S3Uri("logs")], filters.parse("a"))
        with pytest.raises(errors.AccessDenied):
            search.read(hits, connection)
    assert [row.key for row in hits.columns] == ["a"]
    assert hits.looked_at == 2
    assert str(hits.completeness).startswith("stopped: You may not")


def test_cancel_ends_it_and_says_so() -> None:
    token = CancelToken()

    def endless(bucket: str, query: dict[str, str]) -> Answer:
        number = int(query.get("continuation-token", "0"))
        return page(f"k{number:09}", following=str(number + 1))

    with serving(endless) as (connection, _):
        hits = Hits([S3Uri("b")], filters.parse(""))
        with pytest.raises(Cancelled):
            search.read(hits, connection, token, lambda _: token.cancel())
    assert [row.key for row in hits.columns] == ["k000000000"]
    assert str(hits.completeness) == "stopped: cancelled"


# ---- every bucket


def test_every_bucket_is_searched_in_order(connection: Connection) -> None:
    names = ["s-a", "s-a-b", "s-a.b", "s-c"]
    for name in names:
        connection.call("create_bucket", Bucket=name)
        put(connection, name, "x/hit", "miss")
    hits = Hits(search.everywhere(connection), filters.parse("hit"))
    pages: list[int] = []
    search.read(hits, connection, None, lambda so_far: pages.append(so_far.looked_at))
    assert {hits.uri(row) for row in range(len(hits.columns))} == {S3Uri(name, "x/hit") for name in names}
    # As the table shows and sorts them.
    shown = [hits.name(row) for row in range(len(hits.columns))]
    assert shown == sorted(f"{name}/x/hit" for name in names)
    assert hits.columns.in_order
    assert hits.completeness.is_complete
    assert hits.looked_at == pages[-1] == 8


def test_a_bucket_that_is_denied_is_told_and_keeps_nobody_from_the_others() -> None:
    with serving(lambda bucket, query: DENIED if bucket == "b" else page(f"hit-{bucket}", "other")) as (connection, _):
        hits = Hits([S3Uri(name) for name in "cab"], filters.parse("hit"))
        search.read(hits, connection)
    assert [hits.name(row) for row in range(len(hits.columns))] == ["a/hit-a", "c/hit-c"]
    assert str(hits.completeness).startswith("stopped: bucket b: You may not")


def test_when_no_bucket_can_be_read_it_fails() -> None:
    with serving(lambda bucket, query: DENIED) as (connection, _):
        hits = Hits([S3Uri(name) for name in "abcde"], filters.parse("hit"))
        with pytest.raises(errors.AccessDenied):
            search.read(hits, connection)
    assert hits.completeness.reason.count("bucket ") == 3
    assert hits.completeness.reason.endswith("and 2 more buckets.")


def test_a_profile_without_buckets_has_been_searched_completely(connection: Connection) -> None:
    hits = Hits([], filters.parse(""))
    search.read(hits, connection)
    assert hits.completeness.is_complete


@pytest.mark.parametrize("names", [["silent"], ["a", "silent", "z"]])
def test_cancel_does_not_wait_for_an_answer_that_never_comes(names: list[str]) -> None:
    asked, end = threading.Event(), threading.Event()
    token = CancelToken()

    def answer(bucket: str, query: dict[str, str]) -> Answer:
        if bucket == "silent":
            asked.set()
            end.wait()
        return page("hit")

    def cancel() -> None:
        asked.wait()
        token.cancel()

    with serving(answer) as (connection, _):
        hits = Hits([S3Uri(name) for name in names], filters.parse("hit"))
        threading.Thread(target=cancel, daemon=True).start()
        with pytest.raises(Cancelled):
            search.read(hits, connection, token)
        end.set()
    assert hits.completeness.state == "stopped"


def test_a_bucket_that_is_far_ahead_waits_for_its_turn() -> None:
    """Or all of it would be kept in memory until the one before it has been handed out."""
    turn = threading.Event()
    # Long keys, since a pipe holds a megabyte: 64 steps of what two pipes hold at most are half of it.
    pages, rows = 3000, 100
    asked = 0

    def answer(bucket: str, query: dict[str, str]) -> Answer:
        nonlocal asked
        if bucket == "a":
            turn.wait()
            return page("hit")
        asked += 1
        after = query.get("continuation-token") or query.get("start-after", "")
        digits = (after.removeprefix("hit") + "0" * 900)[:900]  # it may be a part of a key
        first = min(int(digits) + after.startswith("hit"), pages * rows) if digits.isdecimal() else 0
        some = [f"hit{number:0900}" for number in range(first, min(first + rows, pages * rows))]
        return page(*some, following=some[-1] if first + rows < pages * rows else "")

    def let_it_run() -> None:
        """Until it has come to its end, or stands."""
        before = -1
        while asked != before or asked <= 10:
            before = asked
            time.sleep(0.3)
        turn.set()

    with serving(answer) as (connection, _):
        token = CancelToken()
        steps = search.search(connection, [S3Uri("a"), S3Uri("b")], filters.parse("hit"), token)
        threading.Thread(target=let_it_run, daemon=True).start()
        try:
            assert [row.key for row in next(steps).hits] == ["hit"]
            assert 10 < asked < pages * 2 // 3
        finally:
            token.cancel()


def test_a_fault_in_one_bucket_is_raised_and_not_waited_out(connection: Connection, bucket: str) -> None:
    class Faulty(filters.Filter):
        def rows(self, columns: Columns, first: int, last: int, skip: int) -> object:  # type: ignore[override]
            raise ZeroDivisionError

    put(connection, bucket, "a")
    with pytest.raises(ZeroDivisionError):
        list(search.search(connection, [S3Uri(bucket), S3Uri(bucket)], Faulty()))


# ---- hits as a listing


def hits_of(*rows: tuple[str, str]) -> Hits:
    """Hits of several buckets: each bucket and key."""
    hits = Hits([S3Uri(bucket) for bucket in dict(rows)], filters.parse(""))
    for number, (bucket, key) in enumerate(rows):
        columns = Columns()
        columns.append(key, number, datetime(2026, 11, 20, tzinfo=UTC), f'"{number}"', "GLACIER")
        hits.take(Found(S3Uri(bucket), 1, columns))
    return hits


def test_a_row_of_several_buckets_knows_where_it_is() -> None:
    hits = hits_of(("a", "x/y"), ("b", "/slash first"), ("b", ""))
    assert [hits.uri(row) for row in range(3)] == [S3Uri("a", "x/y"), S3Uri("b", "/slash first"), S3Uri("b", "")]
    assert hits.name(1) == "b//slash first"


def test_rows_are_handed_out_by_bucket_under_their_own_keys_in_any_order() -> None:
    hits = hits_of(("a", "1"), ("a", "2"), ("b", "3"), ("b", "4"))
    pieces = [(bucket, [row.key for row in columns]) for bucket, columns in hits.by_bucket([3, 0, 1, 2])]
    assert pieces == [("b", ["4"]), ("a", ["1", "2"]), ("b", ["3"])]
    ((_, columns),) = hits.by_bucket([3])
    row = columns.row(0)
    assert (row.size, row.modified, row.etag, row.storage_class) == (
        3,
        datetime(2026, 11, 20, tzinfo=UTC),
        "3",
        "GLACIER",
    )


def test_rows_of_one_place_are_handed_out_under_their_keys() -> None:
    hits = Hits([S3Uri("b", "d/")], filters.parse(""))
    columns = Columns()
    for number in range(2500):
        columns.append(f"d/{number:04}", 1)
    hits.take(Found(S3Uri("b", "d/"), 2500, columns))
    assert hits.uri(7) == S3Uri("b", "d/0007")
    assert hits.name(7) == "0007"
    pieces = list(hits.by_bucket(range(2500)))
    assert {bucket for bucket, _ in pieces} == {"b"}
    assert [row.key for _, piece in pieces for row in piece] == [f"d/{number:04}" for number in range(2500)]


def test_the_same_search_once_more_starts_from_nothing() -> None:
    hits = hits_of(("a", "x"), ("b", "y"))
    again = hits.anew()
    assert (hits.listed, again.listed, len(again.columns)) == (2, 0, 0)
    assert (again.places, again.wanted.text) == (hits.places, hits.wanted.text)
