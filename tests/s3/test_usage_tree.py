"""The tree of sums: equal to adding up one row after the other, whatever had to be forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, Columns
from s3tui.s3.usage_tree import Amount, Entry, Level, UsageTree

Rows = Sequence[tuple[str, int, int, str]]  # key, kind, size, class
STATE = {OBJECT: "current", NONCURRENT: "noncurrent", DELETED: "marker", OLD_MARKER: "marker"}

keys = st.text("ab/é/", max_size=12)
kinds = st.sampled_from(list(STATE))
rows = st.lists(
    st.tuples(keys, kinds, st.integers(0, 2**62), st.sampled_from(["", "STANDARD", "GLACIER"])), max_size=60
)


def pages(rows: Rows, size: int = 7) -> Iterable[Columns]:
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        page = Columns()
        page.append_objects(
            [key.encode() for key, *_ in part],
            [0 if STATE[kind] == "marker" else size for _, kind, size, _ in part],
            [0] * len(part),
            [""] * len(part),
            [storage_class for *_, storage_class in part],
            bytes(kind for _, kind, *_ in part),
        )
        yield page


def tree_of(rows: Rows, prefix: str = "", most: int = 1000, levels: int | None = None, page: int = 7) -> UsageTree:
    tree = UsageTree(prefix, levels, most)
    for each in pages(rows, page):
        tree.add_page(each)
    return tree


def in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: row[0].encode())


def summed(rows: Rows) -> dict[tuple[str, str], Amount]:
    """The slow way."""
    counts: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for _, kind, size, storage_class in rows:
        marker = STATE[kind] == "marker"
        which = STATE[kind], "" if marker else storage_class or "STANDARD"
        counts[which] += 1
        sizes[which] += 0 if marker else size
    return {which: Amount(counts[which], sizes[which]) for which in counts}


def told(tally: object) -> dict[tuple[str, str], Amount]:
    return {(state, storage_class): amount for state, storage_class, amount in tally.items()}  # type: ignore[attr-defined]


def check(tree: UsageTree, rows: Rows, prefix: str) -> None:
    """Every level that is told, and all below it, against the rows."""
    level = tree.level(prefix)
    assert level is not None
    below = [row for row in rows if row[0].startswith(prefix)]
    assert told(level.tally) == summed(below)
    if not level.kept:
        assert level.entries == ()
        return
    seen = 0
    for entry in level.entries:
        if entry.kind == "prefix":
            inner = [row for row in below if row[0].startswith(prefix + entry.name)]
            assert told(entry.tally) == summed(inner)
            check(tree, rows, prefix + entry.name)
        elif entry.kind == "here":
            assert told(entry.tally) == summed([row for row in below if "/" not in row[0][len(prefix) :]])
        seen += entry.tally.total.count
    assert seen == len(below)


@given(rows)
def test_every_level_is_the_sum_of_its_rows(rows: Rows) -> None:
    ordered = in_order(rows)
    check(tree_of(ordered), ordered, "")
    check(tree_of(ordered, page=60), ordered, "")


@given(rows)
def test_rows_in_no_order_add_up_to_the_same(rows: Rows) -> None:
    check(tree_of(rows), rows, "")


@given(rows, st.integers(1, 6), st.booleans())
def test_what_is_forgotten_never_changes_a_sum(rows: Rows, most: int, sort: bool) -> None:
    rows = in_order(rows) if sort else rows
    check(tree_of(rows, most=most), rows, "")


@given(rows, st.sampled_from(["", "a", "a/", "a/b"]))
def test_a_prefix_that_is_no_folder(rows: Rows, prefix: str) -> None:
    """`a/b` is measured with `a/bb/c`, and both are told apart below `a/`."""
    under = in_order([row for row in rows if row[0].startswith(prefix)])
    check(tree_of(under, prefix), under, prefix[: prefix.rfind("/") + 1])


def entries(level: Level | None) -> dict[str, Entry]:
    assert level is not None
    return {entry.name or entry.kind: entry for entry in level.entries}


def row(key: str, size: int = 1) -> tuple[str, int, int, str]:
    return key, OBJECT, size, "STANDARD"


def test_only_the_levels_that_were_asked_for_are_kept() -> None:
    tree = tree_of([row("a/b/c/d"), row("a/b/e"), row("a/x"), row("z")], levels=1)
    top = entries(tree.level(""))
    assert {name: entry.tally.total.count for name, entry in top.items()} == {"a/": 3, "here": 1}
    below = tree.level("a/")
    assert below is not None and not below.kept
    nothing = tree_of([row("a/b")], levels=0).level("")
    assert nothing is not None and not nothing.kept and nothing.tally.total == Amount(1, 1)


def test_of_too_many_prefixes_the_largest_are_kept_and_the_others_added_up() -> None:
    rows = [row(f"{number:04}/x", 5000 if number % 100 == 0 else number % 100) for number in range(1000)]
    tree = tree_of(rows, most=40)
    top = entries(tree.level(""))
    assert len(top) <= 41
    assert {f"{number:04}/" for number in range(0, 1000, 100)} <= top.keys()
    rest = top["rest"]
    assert rest.prefixes == 1000 - (len(top) - 1)
    assert rest.tally.total.count == rest.prefixes
    check(tree, rows, "")


def test_what_has_the_fewest_rows_is_forgotten_first() -> None:
    rows = [row(f"few/{number:03}/x") for number in range(30)]
    rows += [row(f"many/{number % 30:03}/{number:04}") for number in range(900)]
    tree = tree_of(in_order(rows), most=50)
    few, many = tree.level("few/"), tree.level("many/")
    assert few is not None and many is not None
    assert (few.kept, few.tally.total.count) == (False, 30)
    assert many.kept and len(many.entries) == 30


def test_what_comes_late_goes_where_it_belongs() -> None:
    """Parts of uploads come after all rows, to prefixes that are kept, forgotten, added up or new."""
    tree = tree_of(in_order([row(f"{number:03}/a/x") for number in range(200)]), most=40)
    top = tree.level("")
    assert top is not None
    for key in ("000/a/late", "199/a/late", "new/late", "late"):
        tree.add(key, "part", "", 2, 10)
    assert tree.tally.of_state("part") == Amount(8, 40)
    assert tree.tally.of_class("STANDARD") == Amount(208, 240)
    after = tree.level("")
    assert after is not None
    assert sum(entry.tally.of_state("part").count for entry in after.entries) == 8


def test_a_place_that_never_was_is_not_told() -> None:
    tree = tree_of([row("a/b")])
    assert tree.level("x/") is None
    assert tree.level("a/b/") is None


def test_a_size_below_nothing_is_nothing() -> None:
    assert tree_of([row("a", -5), row("b", 3)]).tally.total == Amount(2, 3)
