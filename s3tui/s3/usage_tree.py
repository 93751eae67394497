"""What lies under a prefix, added up for each prefix below it: a tree whose size is bounded however many there are.

Rows come in key order, so a prefix is open while rows under it come and is closed for good after that. When there
are too many prefixes to keep, the parts of those with the fewest rows are forgotten first: to ask for them again
costs least. Sums are never touched by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, Columns

State = Literal["current", "noncurrent", "marker", "part"]
STATES: tuple[State, ...] = ("current", "noncurrent", "marker", "part")
STANDARD = "STANDARD"  # what S3 means by no class
MOST_PREFIXES = 50_000  # about 35 MB
_STATE_OF: dict[int, State] = {OBJECT: "current", NONCURRENT: "noncurrent", DELETED: "marker", OLD_MARKER: "marker"}
_FEW = 16  # rows that are quicker looked at one by one


@dataclass(frozen=True, slots=True)
class Amount:
    """How many, and how many bytes together."""

    count: int
    size: int


class Tally:
    """Counts and bytes for each state and storage class; delete markers have no class."""

    __slots__ = ("_amounts",)

    def __init__(self) -> None:
        self._amounts: dict[tuple[State, str], list[int]] = {}

    def add(self, state: State, storage_class: str, count: int, size: int) -> None:
        """Add `count` of `size` bytes together."""
        amount = self._amounts.get((state, storage_class))
        if amount is None:
            self._amounts[state, storage_class] = [count, size]
        else:
            amount[0] += count
            amount[1] += size

    def add_all(self, other: Tally, sign: int = 1) -> None:
        """Add what `other` holds, or take it away with a `sign` of -1."""
        for (state, storage_class), (count, size) in other._amounts.items():
            self.add(state, storage_class, sign * count, sign * size)

    def copy(self) -> Tally:
        copy = Tally()
        copy.add_all(self)
        return copy

    def items(self) -> list[tuple[State, str, Amount]]:
        """Everything that is not nothing, by state and class."""
        found = [(*key, Amount(*amount)) for key, amount in self._amounts.items() if any(amount)]
        return sorted(found, key=lambda item: (STATES.index(item[0]), item[1]))

    def of_state(self, state: State) -> Amount:
        """What is in this state, of all classes."""
        return self._sum(amount for (each, _), amount in self._amounts.items() if each == state)

    def of_class(self, storage_class: str) -> Amount:
        """What has this class, in any state."""
        return self._sum(amount for (_, each), amount in self._amounts.items() if each == storage_class)

    @property
    def classes(self) -> list[str]:
        """The storage classes, that with the most bytes first."""
        names = {name for _, name, _ in self.items() if name}
        return sorted(names, key=lambda name: (-self.of_class(name).size, name))

    @property
    def total(self) -> Amount:
        """Everything together: objects, versions, delete markers and parts."""
        return self._sum(self._amounts.values())

    @staticmethod
    def _sum(amounts: Iterable[list[int]]) -> Amount:
        count = size = 0
        for each_count, each_size in amounts:
            count += each_count
            size += each_size
        return Amount(count, size)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a level: a prefix below it, what lies directly in it, or small prefixes added up as one."""

    kind: Literal["prefix", "here", "rest"]
    name: str  # of a prefix, with its slash
    tally: Tally
    prefixes: int = 1  # how many are added up, at least


@dataclass(frozen=True, slots=True)
class Level:
    """One prefix: everything under it, and what that is made of. `kept`: whether its prefixes still are known."""

    prefix: str
    tally: Tally
    entries: tuple[Entry, ...]
    kept: bool = True


class _Node:
    __slots__ = ("children", "folded", "rest", "rest_prefixes", "tally")

    def __init__(self, folded: bool = False) -> None:
        self.tally = Tally()
        self.children: dict[bytes, _Node] = {}
        self.folded = folded  # its children are not kept
        self.rest: _Node | None = None  # the small ones of its children, added up
        self.rest_prefixes = 0


class _Open(NamedTuple):
    """A prefix that rows are coming of, and what came since its parents were told."""

    prefix: bytes
    node: _Node
    news: Tally


class UsageTree:
    """Takes rows and tells levels. One thread at a time."""

    def __init__(self, prefix: str, levels: int | None = None, most_prefixes: int = MOST_PREFIXES) -> None:
        """`levels` is how many levels of prefixes are kept below `prefix` (None: all that there is room for)."""
        whole = prefix.encode("utf-8", "surrogateescape")
        self._base = whole[: whole.rfind(b"/") + 1]  # `a/b` also is the start of `a/bc/d`
        self._levels = levels
        self._most = most_prefixes
        self._root = _Node(folded=levels == 0)
        self._open = [_Open(self._base, self._root, Tally())]
        self._nodes = 0
        self._last = b""  # key
        self._in_order = True

    # ---- adding

    def add_page(self, page: Columns) -> None:
        """Add rows of a listing without delimiter; those that follow it come in later pages."""
        if not len(page):
            return
        keys, starts = page.keys_blob()
        self._note_order(page)
        kinds, classes = page.column("kinds"), page.column("classes")
        sizes = memoryview(page.column("sizes")).cast("q")
        names = [name or STANDARD for name in page.class_names]
        for first, last in _runs(keys, starts, len(self._base), page.in_order):
            self._enter(_directory(keys, starts, first, len(self._base)))
            _count(self._open[-1].news, kinds[first:last], classes[first:last], sizes[first:last], names)
        self._tell_parents()

    def add(self, key: str, state: State, storage_class: str, count: int, size: int) -> None:
        """Add something that is no row, in any order: the parts of an unfinished upload of `key`."""
        self._in_order = False
        encoded = key.encode("utf-8", "surrogateescape")
        self._enter(encoded[: max(encoded.rfind(b"/") + 1, len(self._base))])
        self._open[-1].news.add(state, storage_class or STANDARD, count, size)
        self._tell_parents()

    def _note_order(self, page: Columns) -> None:
        self._in_order &= page.in_order and page.key_bytes(0) >= self._last
        self._last = page.key_bytes(len(page) - 1)

    def _enter(self, directory: bytes) -> None:
        """Have `directory` as the innermost open prefix, or the nearest above it that is kept."""
        if self._nodes > self._most:
            self._forget_some()
        while not directory.startswith(self._open[-1].prefix):
            self._leave()
        inner = self._open[-1]
        prefix, node = inner.prefix, inner.node
        below = directory[len(prefix) :]
        for name in below[:-1].split(b"/") if below else ():
            child = self._child(node, name)
            if child is None:
                return
            prefix, node = prefix + name + b"/", child
            self._open.append(_Open(prefix, node, Tally()))

    def _child(self, node: _Node, name: bytes) -> _Node | None:
        if node.folded:
            return None
        child = node.children.get(name)
        if child is None:
            if node.rest is not None and not self._in_order:
                return node.rest  # it may have been added to it already
            deepest = self._levels is not None and len(self._open) >= self._levels
            child = node.children[name] = _Node(folded=deepest)
            self._nodes += 1
        return child

    def _leave(self) -> None:
        left = self._open.pop()
        left.node.tally.add_all(left.news)
        self._open[-1].news.add_all(left.news)

    def _tell_parents(self) -> None:
        """Make all sums right; what is open stays open."""
        for number in range(len(self._open) - 1, -1, -1):
            prefix, node, news = self._open[number]
            node.tally.add_all(news)
            if number:
                self._open[number - 1].news.add_all(news)
            self._open[number] = _Open(prefix, node, Tally())

    # ---- forgetting

    def _forget_some(self) -> None:
        """Keep half of what there is room for."""
        self._tell_parents()
        enough = self._most // 2
        being_filled = {id(each.node) for each in self._open}
        parents = [node for node in self._walk() if node.children and id(node) not in being_filled]
        parents.reverse()  # those below come before those above, whose rows are never fewer: then all children are leaves
        for node in sorted(parents, key=lambda node: node.tally.total.count):
            if self._nodes <= enough:
                return
            self._nodes -= len(node.children)
            node.children, node.rest, node.folded = {}, None, True
        for each in sorted(self._open, key=lambda each: -len(each.node.children)):
            if self._nodes > enough:
                self._merge_small(each.node, self._nodes - enough, being_filled)

    def _merge_small(self, node: _Node, how_many: int, being_filled: set[int]) -> None:
        """Add the smallest children of a prefix up as its rest."""
        closed = [
            (child.tally.total.size, name) for name, child in node.children.items() if id(child) not in being_filled
        ]
        for _, name in sorted(closed)[:how_many]:
            node.rest = node.rest or _Node(folded=True)
            node.rest.tally.add_all(node.children.pop(name).tally)
            node.rest_prefixes += 1
            self._nodes -= 1

    def _walk(self) -> Iterator[_Node]:
        """Every node, each after the one above it."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children.values()

    # ---- telling

    @property
    def tally(self) -> Tally:
        """Everything so far; not a copy."""
        return self._root.tally

    def level(self, prefix: str) -> Level | None:
        """What is known of `prefix`, which ends with a slash or is where it all began; None where nothing is."""
        node = self._root
        below = prefix.encode("utf-8", "surrogateescape")[len(self._base) :]
        for name in below[:-1].split(b"/") if below else ():
            child = node.children.get(name)
            if child is None:
                return None
            node = child
        return Level(prefix, node.tally.copy(), tuple(_entries(node)), not node.folded)


def _entries(node: _Node) -> Iterator[Entry]:
    if node.folded:
        return
    here = node.tally.copy()
    for name, child in node.children.items():
        here.add_all(child.tally, -1)
        yield Entry("prefix", name.decode("utf-8", "surrogateescape") + "/", child.tally.copy())
    if node.rest is not None:
        here.add_all(node.rest.tally, -1)
        yield Entry("rest", "", node.rest.tally.copy(), node.rest_prefixes)
    if here.total.count:
        yield Entry("here", "", here)


def _directory(keys: bytes, starts: Sequence[int], row: int, base: int) -> bytes:
    """The prefix that a row lies in directly: its key up to the last slash, but at least `base` bytes."""
    start = starts[row]
    cut = keys.rfind(b"/", start + base, starts[row + 1]) + 1
    return keys[start : cut or start + base]


def _runs(keys: bytes, starts: Sequence[int], base: int, in_order: bool) -> Iterator[tuple[int, int]]:
    """Rows that lie in one prefix: first, and the one after the last. A prefix may come in several runs."""
    waiting = [(0, len(starts) - 1)]
    while waiting:
        first, last = waiting.pop()
        if not in_order or last - first <= _FEW:
            yield from _runs_of_few(keys, starts, base, first, last)
            continue
        directory = _directory(keys, starts, first, base)
        # In order, what stands between two keys with the same start has it too.
        if directory == _directory(keys, starts, last - 1, base):
            deeper = keys.count(b"/", starts[first], starts[last]) - (last - first) * directory.count(b"/")
            if not deeper:
                yield first, last
                continue
        middle = (first + last) // 2
        waiting += (middle, last), (first, middle)


def _runs_of_few(keys: bytes, starts: Sequence[int], base: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    before = _directory(keys, starts, first, base)
    for row in range(first + 1, last):
        directory = _directory(keys, starts, row, base)
        if directory != before:
            yield first, row
            first, before = row, directory
    yield first, last


def _count(tally: Tally, kinds: bytes, classes: bytes, sizes: memoryview, names: Sequence[str]) -> None:
    """Add rows to `tally`; all at once where they are of one kind and class, as they mostly are."""
    count = len(kinds)
    if kinds.count(kinds[0]) == count and classes.count(classes[0]) == count:
        _add(tally, kinds[0], names[classes[0]], count, sum(sizes))
        return
    sums: dict[tuple[int, int], list[int]] = {}
    for row, size in zip(zip(kinds, classes, strict=True), sizes, strict=True):
        amount = sums.get(row)
        if amount is None:
            sums[row] = [1, size]
        else:
            amount[0] += 1
            amount[1] += size
    for (kind, storage_class), (number, size) in sums.items():
        _add(tally, kind, names[storage_class], number, size)


def _add(tally: Tally, kind: int, storage_class: str, count: int, size: int) -> None:
    state = _STATE_OF[kind]
    tally.add(state, "" if state == "marker" else storage_class, count, size)
