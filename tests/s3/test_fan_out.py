"""A plan of several streams gives what one stream would, whatever the keys are and whenever the answers come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3tui.s3 import fan_out
from s3tui.s3.columns import OBJECT, Columns
from s3tui.s3.fan_out import Plan
from tests.s3.simulated_streams import Bucket, Element, Streams, elements_of, page

_NUMBERS = [b"key-%06d" % number for number in range(400)]


@pytest.fixture(autouse=True)
def _small_splits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Segments of few rows are split too, so that small buckets do."""
    monkeypatch.setattr(fan_out, "WORTH", 8)
    monkeypatch.setattr(fan_out, "_EXTRA", 1)
    yield


def _encoded(texts: set[str]) -> list[bytes]:
    return sorted(text.encode()[:1024] for text in texts)


_ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_SHAPES: list[Callable[[Random], str]] = [
    lambda chance: str(chance.randrange(10_000)),
    lambda chance: f"key-{chance.randrange(1000):06}",
    lambda chance: str(UUID(int=chance.getrandbits(128))),
    lambda chance: f"logs/20{chance.randrange(30)}/{chance.randrange(1, 13):02}/{chance.randrange(1, 29):02}/x.gz",
    lambda chance: "".join(chance.choices("日本語é😀ab/", k=chance.randrange(1, 8))),
    lambda chance: "".join(chance.choices("ab/\x01\x7f\n", k=chance.randrange(1, 8))),
    lambda chance: 40 * "long/" + f"{chance.randrange(300):05}",
    lambda chance: 40 * "long/" + "".join(chance.choices("xyz", k=chance.randrange(1, 5))),
]


def _many(chance: Random, count: int, shapes: list[Callable[[Random], str]]) -> set[str]:
    return {chance.choice(shapes)(chance) for _ in range(count)}


_keys = st.one_of(
    st.sets(st.text(_ANY, min_size=1, max_size=12), max_size=60),
    st.sets(st.text("ab/-", min_size=1, max_size=9), min_size=20, max_size=100),
    st.builds(
        _many,
        st.randoms(use_true_random=False),
        st.integers(0, 400),
        st.lists(st.sampled_from(_SHAPES), min_size=1, max_size=3),
    ),
).map(_encoded)


def _all(streams: Streams) -> list[Element]:
    return [element for given_out in streams.run() for element in elements_of(given_out)]


@settings(max_examples=60)
@given(
    keys=_keys,
    streams=st.integers(1, 32),
    size=st.integers(1, 9),
    chance=st.randoms(use_true_random=False),
    gives_up=st.sampled_from([0, 0, 0.2]),
)
def test_what_comes_is_what_one_stream_would_list(
    keys: list[bytes], streams: int, size: int, chance: Random, gives_up: float
) -> None:
    bucket = Bucket(keys, page_size=size)
    plan = bucket.plan()
    assert _all(Streams(bucket, plan, streams, chance, gives_up=gives_up)) == bucket.elements
    assert (plan.done, plan.rows, plan.rows_waiting) == (True, len(bucket.elements), 0)
    assert plan.requests <= bucket.asked


@settings(max_examples=50)
@given(keys=_keys, streams=st.integers(1, 32), chance=st.randoms(use_true_random=False), hides=st.booleans())
def test_a_delimited_listing_is_shared_too(keys: list[bytes], streams: int, chance: Random, hides: bool) -> None:
    for prefix in (b"", b"a", b"logs/2026/"):
        bucket = Bucket(keys, prefix, b"/", hides_begun=hides)
        assert _all(Streams(bucket, bucket.plan(), streams, chance)) == bucket.elements


@settings(max_examples=50)
@given(keys=_keys, streams=st.integers(1, 32), chance=st.randoms(use_true_random=False), delimiter=st.booleans())
def test_versions_of_a_key_stay_together(keys: list[bytes], streams: int, chance: Random, delimiter: bool) -> None:
    many = sorted(keys + [key for key in keys for _ in range(chance.randrange(9)) if chance.random() < 0.3])
    bucket = Bucket(many, delimiter=b"/" * delimiter, versions=True)
    given_out = list(Streams(bucket, bucket.plan(), streams, chance).run())
    assert [element for one in given_out for element in sorted(elements_of(one))] == bucket.elements


@settings(max_examples=25)
@given(keys=_keys, pages=st.integers(0, 40), chance=st.randoms(use_true_random=False))
def test_giving_up_several_streams_loses_nothing(keys: list[bytes], pages: int, chance: Random) -> None:
    bucket = Bucket(keys)
    plan = bucket.plan()
    streams = Streams(bucket, plan, 16, chance)
    seen: list[Element] = []
    for number, given_out in enumerate(streams.run()):
        seen += elements_of(given_out)
        if number == pages:
            assert plan.collapse()
    assert seen == bucket.elements


@settings(max_examples=25)
@given(keys=_keys, chance=st.randoms(use_true_random=False), delimiter=st.booleans())
def test_an_endpoint_that_ignores_where_to_begin_is_read_by_one_stream(
    keys: list[bytes], chance: Random, delimiter: bool
) -> None:
    bucket = Bucket(keys, delimiter=b"/" * delimiter, ignores_start=True)
    assert _all(Streams(bucket, bucket.plan(), 8, chance)) == bucket.elements


@settings(max_examples=25)
@given(keys=_keys, chance=st.randoms(use_true_random=False), leaves_out=st.integers(1, 5))
def test_keys_that_an_endpoint_leaves_out_after_a_start_are_found_all_the_same(
    keys: list[bytes], chance: Random, leaves_out: int
) -> None:
    bucket = Bucket(keys, page_size=7, leaves_out=leaves_out)
    assert sorted(_all(Streams(bucket, bucket.plan(), 4, chance))) == bucket.elements


@pytest.mark.parametrize("seed", range(60))
def test_an_endpoint_that_walks_folders_is_read_whole_or_found_out(seed: int) -> None:
    """There `a/b` comes before `a-b`, and begins are meant so too."""
    chance = Random(seed)
    parts = [["a", "b", "ab"], ["", "-x", ".t", "!"], ["/", "/", "-"], ["", "k/", "k-/", "k!"]]
    keys = {"".join(map(chance.choice, parts)) + str(chance.randrange(60)) for _ in range(chance.randrange(30, 400))}
    bucket = Bucket(_encoded(keys), page_size=chance.choice([3, 7, 20]), walks=True)
    streams = Streams(bucket, bucket.plan(), chance.choice([2, 16]), chance)
    try:
        assert sorted(_all(streams)) == sorted(bucket.elements)
    except fan_out.OutOfOrder:
        assert streams.plan.rows < len(bucket.elements)


def test_an_endpoint_that_sorts_otherwise_is_borne_while_one_stream_reads_all() -> None:
    plan = Plan(b"")
    segment = plan.next_work(1)
    assert segment
    plan.take(segment, _page(b"b", b"a"), True, {"place": "1"})
    plan.take(segment, _page(b"d", b"c"), True, {"place": "2"})
    plan.take(segment, _page(b"B"), False, {})
    assert [key for one in plan.ready() for key, _ in elements_of(one)] == [b"a", b"b", b"c", b"d", b"B"]
    assert plan.done
    assert not plan.can_split


def test_a_page_out_of_order_is_told_while_several_streams_read() -> None:
    plan, lower, upper = _split()
    with pytest.raises(fan_out.OutOfOrder, match="order"):
        plan.take(lower, _page(_NUMBERS[3]), True, {"place": "x"})
    assert plan.collapse()
    assert upper.done
    assert (lower.end, plan.can_split) == (None, False)
    plan.take(
        lower, _page(_NUMBERS[200]), True, {"place": "y"}
    )  # after the page that was not taken: it would be missing
    assert (lower.last, plan.should_park(lower)) == (_NUMBERS[99], True)
    plan.release(lower)
    assert plan.next_work(1) is lower
    plan.take(lower, _page(_NUMBERS[3]), False, {})
    assert plan.done


@pytest.mark.parametrize(
    ("following", "fault"), [({"place": "1"}, fan_out.RepeatedToken), ({}, fan_out.NoToken)], ids=["repeated", "none"]
)
def test_tokens_that_lead_nowhere_are_told(following: dict[str, str], fault: type[fan_out.PlanBroken]) -> None:
    plan = Plan(b"")
    segment = plan.next_work(1)
    assert segment
    plan.take(segment, _page(b"a"), True, {"place": "1"})
    with pytest.raises(fault):
        plan.take(segment, _page(b"b"), True, following)
    assert [key for one in plan.ready() for key, _ in elements_of(one)] == [b"a", b"b"]


def test_the_same_page_again_is_told_even_from_an_endpoint_that_does_not_sort() -> None:
    plan = Plan(b"")
    segment = plan.next_work(1)
    assert segment
    plan.take(segment, _page(b"b", b"a"), True, {"place": "1"})
    with pytest.raises(fan_out.RepeatedPage):
        plan.take(segment, _page(b"b", b"a"), True, {"place": "2"})


def test_empty_pages_may_come_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "_EMPTY_PAGES", 2)
    plan = Plan(b"")
    segment = plan.next_work(1)
    assert segment
    for number in range(2):
        plan.take(segment, Columns(), True, {"place": str(number)})
    plan.take(segment, _page(b"a"), True, {"place": "a"})
    for number in range(2, 4):
        plan.take(segment, Columns(), True, {"place": str(number)})
    with pytest.raises(fan_out.TooManyEmpty):
        plan.take(segment, Columns(), True, {"place": "z"})


def test_keys_that_nobody_asked_for_are_told() -> None:
    plan = Plan(b"logs/")
    segment = plan.next_work(1)
    assert segment
    with pytest.raises(fan_out.OutsidePrefix):
        plan.take(segment, _page(b"logs/a", b"other"), False, {})


def test_prefixes_that_nobody_asked_for_are_told() -> None:
    plan, page = Plan(b""), Columns()
    page.append_prefix("a/")
    segment = plan.next_work(1)
    assert segment
    with pytest.raises(fan_out.OutsidePrefix):
        plan.take(segment, page, False, {})


def test_work_is_given_to_as_many_streams_as_are_wanted() -> None:
    plan, lower, upper = _split()
    assert plan.next_work(2) is None
    plan.release(upper)
    assert plan.next_work(2) is upper
    plan.release(lower)
    plan.release(upper)
    assert plan.next_work(1) is lower, "the front first"


def test_a_page_that_reaches_a_part_nobody_reads_saves_its_request() -> None:
    plan, lower, upper = _split()
    plan.release(upper)
    plan.take(lower, _page(lower.last + b"a", upper.after + b"b"), False, {})
    assert plan.done
    assert upper.done
    assert sum(len(one) for one in plan.ready()) == 102


def test_memory_is_bounded_when_the_front_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The front answers once for twenty answers from elsewhere, and yet what waits stays near the limit."""

    class SlowFront(Random):
        def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
            return start - 1 if start > 1 and self.random() < 0.95 else 0  # the newest; the front is the oldest

    keys = [str(UUID(int=Random(number).getrandbits(128))).encode() for number in range(40_000)]
    bucket = Bucket(sorted(keys), page_size=50)
    free = Streams(bucket, bucket.plan(), 16, SlowFront(1), alone=5)
    assert sum(len(one) for one in free.run()) == len(keys)
    monkeypatch.setattr(fan_out, "KEPT", 2_000)
    bounded = Streams(bucket, bucket.plan(), 16, SlowFront(1), alone=5)
    assert sum(len(one) for one in bounded.run()) == len(keys)
    assert bounded.most_waiting < 4_500 < free.most_waiting


def _page(*keys: bytes) -> Columns:
    return page([(key, OBJECT) for key in keys])


def _split() -> tuple[Plan, fan_out.Segment, fan_out.Segment]:
    """A plan whose front has had a page of numbers, and the two busy segments that it has then."""
    plan = Plan(b"")
    lower = plan.next_work(1)
    assert lower
    plan.take(lower, _page(*_NUMBERS[:100]), True, {"place": "100"})
    upper = plan.next_work(2)
    assert upper
    assert lower.end == upper.after
    return plan, lower, upper


@given(st.integers(1, 40), st.integers(1, 12))
def test_what_a_copy_of_the_plan_has_given_out_is_passed_over(given_out: int, page_size: int) -> None:
    plan = _passing_over(given_out, _NUMBERS[given_out - 1], page_size)
    assert [key for columns in plan.ready() for key in _keys_of(columns)] == _NUMBERS[given_out:40]


def test_when_it_is_not_the_same_list_any_more_that_is_told() -> None:
    with pytest.raises(fan_out.OutOfOrder):
        list(_passing_over(25, b"key-000024-of-before", 10).ready())


def _passing_over(rows: int, last: bytes, page_size: int) -> Plan:
    """Of a list of forty numbers, which have come."""
    plan = Plan(b"")
    plan.pass_over(rows, last)
    segment = plan.next_work(1)
    assert segment
    for first in range(0, 40, page_size):
        keys = _NUMBERS[first : min(first + page_size, 40)]
        plan.take(segment, _page(*keys), first + page_size < 40, {"continuation-token": str(first)})
    return plan


def _keys_of(columns: Columns) -> list[bytes]:
    return [columns.key_bytes(row) for row in range(len(columns))]
