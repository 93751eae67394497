"""The filter language: what is read from a text, and which rows fit, looked at singly and many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.s3 import columns as kinds
from s3tui.s3 import filter_stretches, filter_words
from s3tui.s3.columns import Columns, Row, milliseconds
from s3tui.s3.filters import Filter, parse

NOW = datetime(2026, 11, 20, 15, 49, 3, tzinfo=UTC)
K, M, G = 1024, 1024**2, 1024**3


def fits(text: str, key: str = "a", size: int = 0, age: timedelta | None = None, storage: str = "") -> bool:
    return parse(text, NOW).matches(Row(key, kinds.OBJECT, size, None if age is None else NOW - age, "", storage), 0)


@pytest.mark.parametrize(
    ("text", "fitting", "others"),
    [
        ("iso", ["debian.iso", "ISO/x", "isolated"], ["is o", ""]),
        ("Iso", ["x.Iso"], ["x.iso", "x.ISO"]),
        ("b a", ["a b", "ab", "ba"], ["a", "b"]),
        ('"b a"', ["b a", "xb ax"], ["ab", "b  a"]),
        ("!iso", ["img", ""], ["x.iso", "x.ISO"]),
        ("!!iso", ["x.iso"], ["img"]),
        ('!"a b"', ["ab"], ["a b"]),
        ('"!x"', ["a!x"], ["ax", "x!"]),
        ('"re:x"', ["re:x"], ["x"]),
        ('"size>1"', ["size>1"], ["x"]),
        ('a"b', ['a"b'], ["ab"]),
        ('"say "hi"', ['say "hi'], ["say hi"]),
        ("re:^a.c$", ["abc"], ["xabc", "abcx", "ABC"]),
        ("re:(?i)^abc", ["ABCd"], ["xabc"]),
        ('re:"a b+"', ["a bb"], ["ab"]),
        ("!re:[0-9]", ["abc"], ["a1"]),
        (r"re:^(\w+/)+x$", ["a/b/x"], ["x"]),
        ("é", ["É", "café"], ["e"]),
        ("É", ["É"], ["é"]),
        ("size", ["size of"], ["other"]),
        ("age class", ["class of age"], ["age"]),
        ("sizes>1", ["sizes>1"], ["x"]),
        ('size ">1"', ["size>1"], ["size"]),
        ("RE:x", ["RE:x"], ["x"]),
    ],
)
def test_words_about_names(text: str, fitting: list[str], others: list[str]) -> None:
    assert [name for name in fitting + others if fits(text, name)] == fitting


@pytest.mark.parametrize("text", ["", "  ", "!", "!!", "re:", '"', '!"', 're:"'])
def test_what_is_only_begun_hides_nothing(text: str) -> None:
    read = parse(text)
    assert (read.is_empty, read.text) == (True, text)
    assert fits(text, "anything")


@pytest.mark.parametrize(
    ("text", "fitting", "others"),
    [
        ("size>1K", [K + 1, G], [K, 0]),
        ("size>=1K", [K, G], [K - 1]),
        ("size<1.5k", [0, 1535], [1536]),
        ("size<=1.5KiB", [1536], [1537]),
        ("size=0", [0], [1]),
        ("size=.5K", [512], [511, 513]),
        ("size=1.3", [], [1, 2]),
        ("size>1.3", [2], [1]),
        ("size<1.3", [1], [2]),
        ("size>1M size<=2MB", [M + 1, 2 * M], [M, 2 * M + 1]),
        ("size>2G", [2 * G + 1], [2 * G]),
        ("size>999999999999P", [], [2**62]),
        ("!size>1K", [0, K], [K + 1]),
        ("Size>1k", [K + 1], [K]),
    ],
)
def test_sizes(text: str, fitting: list[int], others: list[int]) -> None:
    assert [size for size in fitting + others if fits(text, size=size)] == fitting


@pytest.mark.parametrize(
    ("text", "fitting", "others"),
    [
        ("age>30d", {"days": 30, "seconds": 1}, {"days": 30}),
        ("age>=30d", {"days": 30}, {"days": 29, "hours": 23}),
        ("age<2h", {"hours": 1, "minutes": 59}, {"hours": 2}),
        ("age<=2h", {"hours": 2}, {"hours": 2, "seconds": 1}),
        ("age>1.5w", {"days": 11}, {"days": 10}),
        ("age<1y", {"days": 364}, {"days": 366}),
        ("age<90s", {"seconds": 89}, {"minutes": 2}),
        ("age<5m", {"minutes": -1}, {"minutes": 6}),  # a clock that is ahead
    ],
)
def test_ages(text: str, fitting: dict[str, int], others: dict[str, int]) -> None:
    assert fits(text, age=timedelta(**fitting))
    assert not fits(text, age=timedelta(**others))
    assert not fits(text, age=None)


def test_storage_classes() -> None:
    assert fits("class:glacier", storage="GLACIER")
    assert not fits("class:GLACIER", storage="GLACIER_IR")
    assert fits("Class:standard", storage="")
    assert fits("!class:STANDARD", storage="GLACIER")


def test_what_a_prefix_or_a_delete_marker_has_not_cannot_fit() -> None:
    prefix, marker = Row("a/", kinds.PREFIX), Row("a", kinds.DELETED, 0, NOW - timedelta(days=2))
    assert parse("a").matches(prefix, 0)
    for text in ("size>=0", "class:STANDARD", "age>0s", "age<9y"):
        assert not parse(text, NOW).matches(prefix, 0)
        assert parse(f"!{text}", NOW).matches(prefix, 0)
    assert parse("age>1d", NOW).matches(marker, 0)
    assert not parse("size=0").matches(marker, 0)
    assert not parse("class:STANDARD").matches(marker, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x size>", "size>1.5G"),
        ("size>many", "“size>many”"),
        ("size>1X", "“size>1X”"),
        ("size>1²", "“size>1²”"),
        ("age>30", "age>30d"),
        ("age=1d", "“age=1d”"),
        ("x Size >1G", "“size >1G” is written without the space: size>1G."),
        ("age < 1d", "“age <” is written without the space"),
        ("re:(", "“re:(” is not a regular expression"),
        (r"re:(\w+)+\.iso$", "leave one out"),
        ("re:([a-z]*)*x", "leave one out"),
        ("re:(?:a+){2,}x", "leave one out"),
        (r"re:(\w+-?)*x", "leave one out"),
        ("re:((a+))+b", "leave one out"),
        ("re:(.*,){12}x", "leave one out"),
        ("re:(a|a)*b", "leave one out"),
        ("re:(?:a|aa)+b", "leave one out"),
        (r"re:(\d\d|1\d)*x", "leave one out"),
        ("re:((a|b)|(c|a))*d", "leave one out"),
        ("class:", "a storage class"),
        ("\ud800", "no key can hold"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_word_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(BadInput) as raised:
        parse(text)
    assert said in raised.value.sentence


@pytest.mark.parametrize(
    "pattern",
    [
        r"(\d{1,3}\.){3}\d+",
        "(foo|bar)+",
        "([0-9a-f]{2}){16}",
        "(?:a++b)+",
        "(foo|foobar)*$",
        "(ab|ac)+x",
        r"([+*])+",
        "a+b+",
    ],
)
def test_patterns_that_come_to_an_end_are_taken(pattern: str) -> None:
    assert not parse(f"re:{pattern}").is_empty


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("re:^logs/2026-", "logs/2026-"),
        (r"re:^a\.b\-c\d", "a.b-c"),
        ("re:^abc*", "ab"),
        ("re:^abc?d", "ab"),
        ("re:^abc{0,2}", "ab"),
        ("re:^abc+", "abc"),
        (r"re:^ab\.*", "ab"),
        ("re:^ab[c]", "ab"),
        ("re:^ab.c", "ab"),
        ("re:^ab$", "ab"),
        ("re:^a|b", ""),
        ("re:(?i)^ab", ""),
        ("re:ab", ""),
        ("^ab", ""),
        ("!re:^ab", ""),
        ("x re:^ab re:^abc", "abc"),
        ("re:^日本", "日本"),
    ],
)
def test_the_start_that_every_match_has(text: str, start: str) -> None:
    assert parse(text).key_prefix == start


@given(st.text("ab.*+?{}[]()|\\^$1, é", max_size=8), st.lists(st.text("ab.*+{1, é", max_size=6), max_size=20))
def test_no_match_lacks_that_start(pattern: str, names: list[str]) -> None:
    try:
        read = parse(f're:"^{pattern}"')
    except BadInput:
        return
    for name in names:
        if read.matches(Row(name), 0):
            assert name.startswith(read.key_prefix)


def test_where_a_word_was_found() -> None:
    assert parse("size>1 !x re:[0-9]+ iso").span("debian-12.ISO") == (10, 13)
    assert parse("re:[0-9]+").span("debian-12.iso") == (7, 9)
    assert parse("size>1").span("debian") is None
    assert parse("re:x*").span("debian") is None


# ---- many at once is the same as singly

names = st.text("aAbB/.é日İK\x00", max_size=8)
rows = st.builds(
    Row,
    st.builds("p/".__add__, names),
    st.sampled_from([kinds.OBJECT, kinds.NONCURRENT, kinds.DELETED, kinds.OLD_MARKER, kinds.OBJECT]),
    st.integers(0, 3000),
    st.none() | st.integers(0, 100).map(lambda hours: NOW - timedelta(hours=hours)),
    st.just(""),
    st.sampled_from(["", "STANDARD", "GLACIER", "glacier"]),
)
one_word = st.one_of(
    st.text("aAbB/.é日İkK", min_size=1, max_size=3).map(lambda text: f'"{text}"'),
    st.sampled_from(["re:^a", "re:b$", "re:A.", "re:(?i)a", "size>1K", "size=0", "size<=2K", "age>2d", "age<=30h"]),
    st.sampled_from(["class:GLACIER", "class:standard", "class:none"]),
)
texts = st.lists(st.builds(str.__add__, st.sampled_from(["", "!"]), one_word), max_size=3).map(" ".join)


def listed(some: list[Row], prefixes: list[str]) -> Columns:
    columns = Columns()
    columns.append_prefixes([f"p/{prefix}/".encode() for prefix in prefixes])
    for row in some:
        columns.append_objects(
            [row.key.encode()],
            [row.size],
            [kinds.milliseconds(row.modified) if row.modified else filter_words.NO_TIME],
            [""],
            [row.storage_class],
            bytes([row.kind]),
        )
    return columns


@given(st.lists(rows, max_size=40), st.lists(names, max_size=5), texts, st.integers(0, 10))
def test_many_rows_at_once_are_filtered_as_each_of_them(
    some: list[Row], prefixes: list[str], text: str, first: int
) -> None:
    read, columns = parse(text, NOW), listed(some, prefixes)
    last = len(columns)
    first = min(first, last)
    expected = [row for row in range(first, last) if read.matches(columns.row(row), 2)]
    assert list(read.rows(columns, first, last, 2)) == expected
    assert list(filter_stretches.rows(read.words, columns, first, last, 2)) == expected


@pytest.mark.parametrize("text", ["k1", "K1", "9.ISO", "re:7.iso", "size>30K", "iso !1", "é", "a" * 40])
def test_more_rows_than_two_stretches_hold(text: str) -> None:
    columns = Columns()
    columns.append_objects(
        [f"p/k{number:05}{'é' * (number % 7 == 0)}.iso".encode() for number in range(70_000)],
        range(70_000),
        [milliseconds(NOW)] * 70_000,
        [""] * 70_000,
        [""] * 70_000,
    )
    read: Filter = parse(text)
    expected = [row for row in range(3, 69_990) if read.matches(columns.row(row), 2)]
    assert list(read.rows(columns, 3, 69_990, 2)) == expected


@pytest.mark.parametrize("needle", ["e", "ee", "E"])
@pytest.mark.parametrize("skip", [0, 2, 70])
def test_what_is_in_most_names_is_found_far_behind_their_start(needle: str, skip: int) -> None:
    keys = ["p/" + "e" * many + "x" * (length - many) + "e" * many for many in range(3) for length in range(3, 200)]
    columns = Columns()
    for key in [*keys, "p/" + "e" * 30_000, *keys]:
        columns.append(key, 0)
    read = parse(needle)
    expected = [row for row in range(len(columns)) if read.matches(columns.row(row), skip)]
    assert 100 < len(expected) < len(columns) or needle == "E"
    assert list(filter_stretches.rows(read.words, columns, 0, len(columns), skip)) == expected
