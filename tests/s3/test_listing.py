from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, fan_out, listing, page_parser
from s3tui.s3.client import Connection
from s3tui.s3.listing import Listing
from tests.s3.stub_server import Answer, Asked, stub

ODD_KEYS = ["a b+c%41&<x>\"'", "é/ü", "ctl\x01x", "//x", "/", "tab\there", "emoji😀", "nl%0A", "a[/b]"]


def put(connection: Connection, bucket: str, *keys: str) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"12345")


def listed(connection: Connection, bucket: str, prefix: str = "", delimiter: str = "/", **options: object) -> list[str]:
    pages = listing.pages(connection, bucket, prefix, delimiter, **options)  # type: ignore[arg-type]
    return [page.key(index) for page in pages for index in range(len(page))]


@contextmanager
def lying(pages: Callable[[str | None, int], tuple[list[str], str]]) -> Iterator[Connection]:
    """A server whose page for (continuation token, number of the request) is these keys and this tail."""
    number = iter(range(10_000))

    def answer(asked: Asked) -> Answer:
        query = parse_qs(urlsplit(asked.path).query)
        keys, tail = pages(query.get("continuation-token", [None])[0], next(number))
        if keys == ["500"]:
            return Answer(500, b"<Error><Code>InternalError</Code></Error>")
        rows = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>1</Size></Contents>"
            for key in keys
        )
        return Answer(200, f"<ListBucketResult>{rows}{tail}</ListBucketResult>".encode())

    with stub(answer) as running:
        yield Connection(running.profile)


def more(token: str) -> str:
    return f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"


LAST = "<IsTruncated>false</IsTruncated>"


def test_one_level_has_prefixes_and_objects(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a", "d/x", "d/y", "e/")
    read = Listing(bucket)
    listing.read(read, connection)
    assert [(row.key, row.is_prefix, row.size) for row in read.columns] == [
        ("d/", True, 0),
        ("e/", True, 0),
        ("a", False, 5),
    ]
    assert read.completeness.is_complete
    assert str(read.completeness) == "complete"


def test_without_a_delimiter_everything_below_is_listed(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a", "d/x", "d/y/z")
    assert listed(connection, bucket, "d/", "") == ["d/x", "d/y/z"]


def test_odd_keys_come_out_exactly(connection: Connection, bucket: str) -> None:
    put(connection, bucket, *ODD_KEYS)
    assert sorted(listed(connection, bucket, delimiter="")) == sorted(ODD_KEYS)


def test_pages_are_read_by_the_fast_path(connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(connection, bucket, "d/x", *ODD_KEYS)
    slow: list[bytes] = []
    parse = page_parser.parse

    def watched(body: bytes) -> object:
        try:
            return parse(body)
        except page_parser.NotPlain:
            slow.append(body)
            raise

    monkeypatch.setattr(page_parser, "parse", watched)
    listed(connection, bucket)
    assert slow == []


def test_small_pages_add_up(connection: Connection, bucket: str) -> None:
    keys = [f"k{number:02}" for number in range(7)] + ["p/1", "q/1"]
    put(connection, bucket, *keys)
    assert sorted(listed(connection, bucket, page_size=2)) == [*keys[:7], "p/", "q/"]


def test_each_page_is_announced_with_what_there_is_so_far(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a", "b", "c")
    seen: list[tuple[int, str]] = []
    read = Listing(bucket)
    listing.read(read, connection, on_page=lambda it: seen.append((len(it.columns), it.completeness.state)))
    assert seen == [(3, "more")]
    assert read.completeness.state == "complete"


def test_a_listing_that_never_began_says_so(connection: Connection) -> None:
    read = Listing("no-such-bucket-here")
    with pytest.raises(errors.NoSuchBucket):
        listing.read(read, connection)
    assert read.completeness.state == "stopped"
    assert "no-such-bucket-here" in read.completeness.reason


def test_cancelling_stops_before_the_next_page(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a")
    token = CancelToken()
    read = Listing(bucket)
    token.cancel()
    with pytest.raises(Cancelled):
        listing.read(read, connection, token)
    assert str(read.completeness) == "stopped: cancelled"


def test_a_failed_page_stops_the_listing_and_keeps_its_rows() -> None:
    def pages(token: str | None, _: int) -> tuple[list[str], str]:
        return (["a", "b"], more("t1")) if token is None else (["500"], "")

    read = Listing("bucket")
    with lying(pages) as connection, pytest.raises(errors.ServerFault):
        listing.read(read, connection)
    assert [row.key for row in read.columns] == ["a", "b"]
    assert read.completeness.state == "stopped"
    assert read.completeness.reason


LIES: dict[str, tuple[Callable[[str | None, int], tuple[list[str], str]], str]] = {
    "the same token again": (lambda _, number: ([f"k{number}"], more("t")), "repeats its continuation token"),
    "two tokens in turn": (lambda _, number: ([f"k{number}"], more(f"t{number % 2}")), "repeats its continuation"),
    "more, but no token": (lambda *_: (["a"], "<IsTruncated>true</IsTruncated>"), "nor how to get more"),
    "the same page again": (lambda _, number: (["a", "b"], more(f"t{number}")), "the same page twice"),
    "keys of another prefix": (lambda *_: (["a", "other"], LAST), "not under the prefix"),
    "empty pages for ever": (lambda _, number: ([], more(f"t{number}")), "empty pages"),
}


@pytest.mark.parametrize("lie", LIES)
def test_pages_that_do_not_add_up_are_never_called_complete(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "_EMPTY_PAGES", 5)
    pages, reason = LIES[lie]
    read = Listing("bucket", "a" if "prefix" in lie else "")
    with lying(pages) as connection, pytest.raises(listing.BrokenListing):
        listing.read(read, connection)
    assert read.completeness.state == "stopped"
    assert reason in read.completeness.reason


def test_a_token_counts_even_when_the_server_says_that_nothing_is_left() -> None:
    def pages(token: str | None, _: int) -> tuple[list[str], str]:
        return (["a"], f"{LAST}<NextContinuationToken>t</NextContinuationToken>") if token is None else (["b"], LAST)

    with lying(pages) as connection:
        assert listed(connection, "bucket") == ["a", "b"]


def test_empty_pages_in_between_are_no_end() -> None:
    def pages(_: str | None, number: int) -> tuple[list[str], str]:
        return ([], more(f"t{number}")) if number < 3 else (["late"], LAST)

    with lying(pages) as connection:
        assert listed(connection, "bucket") == ["late"]


def test_first_prefixes_are_enough_for_a_tree(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "x", *(f"{letter}/1" for letter in "abcd"))
    assert listing.first_prefixes(connection, bucket, "", 10) == (["a/", "b/", "c/", "d/"], False)
    assert listing.first_prefixes(connection, bucket, "", 4) == (["a/", "b/", "c/", "d/"], False)
    assert listing.first_prefixes(connection, bucket, "", 2) == (["a/", "b/"], True)


def test_first_prefixes_give_up_among_many_objects() -> None:
    with lying(lambda _, number: ([f"k{number}"], more(f"t{number}"))) as connection:
        assert listing.first_prefixes(connection, "bucket", "", 10) == ([], True)


def test_a_listing_names_rows_relative_to_its_prefix(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "d/", "d/é")
    read = Listing(bucket, "d/")
    listing.read(read, connection)
    assert [read.name(index) for index in range(len(read.columns))] == ["", "é"]
