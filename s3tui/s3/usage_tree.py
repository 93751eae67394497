"""What lies under a prefix, added up for each prefix below it: a tree whose size is bounded however many there are.

Rows come in key order, so a prefix is open while rows under it come and is closed for good after that. When there
are too many prefixes to keep, the parts of those with the fewest rows are forgotten first: to ask for them again
costs least. Sums are never touched by that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, Columns

State = Literal["current", "noncurrent", "marker", "part"]
STATES: tuple[State, ...] = ("current", "noncurrent", "marker", "part")
STANDARD = "STANDARD"  # what S3 means by no class
MOST_PREFIXES = 50_000  # about 35 MB
_MARKER = STATES.index("marker")
_STATE_OF = {OBJECT: 0, NONCURRENT: 1, DELETED: _MARKER, OLD_MARKER: _MARKER}  # indexes into STATES
_FEW = 16  # rows that are quicker looked at one by one


@dataclass(frozen=True, slots=True)
class Amount:
    """How many, and how many bytes together."""

    count: int
    size: int


# Sums are one whole number for each state and class (also a number): the count above this bit, the bytes
# below. So they add up in one step, and are nothing that Python's garbage collector would have to look at.
_COUNT = 1 << 96
_Sums = dict[int, int]


def _add_all(to: _Sums, sums: _Sums) -> None:
    for code, amount in sums.items():
        to[code] = to.get(code, 0) + amount


def _take_away(from_: _Sums, sums: _Sums) -> None:
    for code, amount in sums.items():
        from_[code] -= amount


class Tally:
    """Counts and bytes for each state and storage class; delete markers have no class."""

    __slots__ = ("_classes", "_sums")

    def __init__(self, sums: _Sums, classes: Sequence[str]) -> None:
        """The tree's sums at a moment, and its storage classes by their numbers."""
        self._sums = dict(sums)
        self._classes = classes

    def items(self) -> list[tuple[State, str, Amount]]:
        """Everything that is not nothing, by state and class."""
        found = [(*divmod(code, len(STATES)), _amount(sum_)) for code, sum_ in self._sums.items() if sum_]
        return sorted(
            ((STATES[state], self._classes[number], amount) for number, state, amount in found),
            key=lambda item: (STATES.index(item[0]), item[1]),
        )

    def of_state(self, state: State) -> Amount:
        """What is in this state, of all classes."""
        number = STATES.index(state)
        return _amount(sum(sum_ for code, sum_ in self._sums.items() if code % len(STATES) == number))

    def of_class(self, storage_class: str) -> Amount:
        """What has this class, in any state."""
        return _amount(
            sum(sum_ for code, sum_ in self._sums.items() if self._classes[code // len(STATES)] == storage_class)
        )

    @property
    def classes(self) -> list[str]:
        """The storage classes, that with the most bytes first."""
        names = {name for _, name, _ in self.items() if name}
        return sorted(names, key=lambda name: (-self.of_class(name).size, name))

    @property
    def total(self) -> Amount:
        """Everything together: objects, versions, delete markers and parts."""
        return _amount(sum(self._sums.values()))


def _amount(sum_: int) -> Amount:
    return Amount(sum_ // _COUNT, sum_ % _COUNT)


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
    __slots__ = ("children", "folded", "rest", "rest_prefixes", "sums")

    def __init__(self, folded: bool = False) -> None:
        self.sums: _Sums = {}
        self.children: dict[bytes, _Node] | None = None
        self.folded = folded  # its children are not kept
        self.rest: _Node | None = None  # the small ones of its children, added up
        self.rest_prefixes = 0

    @property
    def rows(self) -> int:
        return sum(self.sums.values()) // _COUNT

    @property
    def size(self) -> int:
        return sum(self.sums.values()) % _COUNT


class _Open(NamedTuple):
    """A prefix that rows are coming of, and what came since its parents were told; of a new one these are its sums."""

    prefix: bytes
    node: _Node
    news: _Sums


class UsageTree:
    """Takes rows and tells levels. One thread at a time."""

    def __init__(self, prefix: str, levels: int | None = None, most_prefixes: int = MOST_PREFIXES) -> None:
        """`levels` is how many levels of prefixes are kept below `prefix` (None: all that there is room for)."""
        whole = prefix.encode("utf-8", "surrogateescape")
        self._base = whole[: whole.rfind(b"/") + 1]  # `a/b` also is the start of `a/bc/d`
        self._levels = levels
        self._most = most_prefixes
        self._root = _Node(folded=levels == 0)
        self._open = [_Open(self._base, self._root, {})]
        self._class_numbers: dict[str, int] = {"": 0}
        self._nodes = 0
        self._last = b""  # key
        self._in_order = True

    # ---- adding

    def add_page(self, page: Columns) -> None:
        """Add rows of a listing without delimiter; those that follow it come in later pages."""
        if not len(page):
            return
        blob, starts = page.keys_blob()
        keys = bytes(blob)
        self._note_order(page)
        kinds, classes = page.column("kinds"), page.column("classes")
        sizes: Sequence[int] = memoryview(page.column("sizes")).cast("q")
        if min(sizes) < 0:  # a server that lies
            sizes = [max(size, 0) for size in sizes]
        numbers = [self._class_number(name or STANDARD) for name in page.class_names]
        for first, last in _runs(keys, starts, len(self._base), page.in_order):
            self._enter(_directory(keys, starts, first, len(self._base)))
            _count(self._open[-1].news, kinds[first:last], classes[first:last], sizes[first:last], numbers)
        self._tell_parents()

    def add(self, key: str, state: State, storage_class: str, count: int, size: int) -> None:
        """Add something that is no row, in any order: the parts of an unfinished upload of `key`."""
        self._in_order = False
        encoded = key.encode("utf-8", "surrogateescape")
        self._enter(encoded[: max(encoded.rfind(b"/") + 1, len(self._base))])
        code = STATES.index(state) + len(STATES) * self._class_number(storage_class or STANDARD)
        _add_all(self._open[-1].news, {code: count * _COUNT + size})
        self._tell_parents()

    def _class_number(self, name: str) -> int:
        return self._class_numbers.setdefault(name, len(self._class_numbers))

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
            self._open.append(_Open(prefix, node, {} if child.sums else child.sums))

    def _child(self, node: _Node, name: bytes) -> _Node | None:
        if node.folded:
            return None
        if node.children is None:
            node.children = {}
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
        if left.news is not left.node.sums:
            _add_all(left.node.sums, left.news)
        _add_all(self._open[-1].news, left.news)

    def _tell_parents(self) -> None:
        """Make all sums right; what is open stays open."""
        for number in range(len(self._open) - 1, -1, -1):
            prefix, node, news = self._open[number]
            if news is not node.sums:
                _add_all(node.sums, news)
            if number:
                _add_all(self._open[number - 1].news, news)
            self._open[number] = _Open(prefix, node, {})

    # ---- forgetting

    def _forget_some(self) -> None:
        """Keep half of what there is room for."""
        self._tell_parents()
        enough = self._most // 2
        being_filled = {id(each.node) for each in self._open}
        parents = [node for node in self._walk() if node.children and id(node) not in being_filled]
        parents.reverse()  # those below come before those above, whose rows are never fewer: then all children are leaves
        for node in sorted(parents, key=lambda node: node.rows):
            if self._nodes <= enough:
                return
            self._nodes -= len(node.children or ())
            node.children, node.rest, node.folded = None, None, True
        for each in sorted(self._open, key=lambda each: -len(each.node.children or ())):
            if self._nodes > enough:
                self._merge_small(each.node, self._nodes - enough, being_filled)

    def _merge_small(self, node: _Node, how_many: int, being_filled: set[int]) -> None:
        """Add the smallest children of a prefix up as its rest."""
        children = node.children or {}
        closed = [(child.size, name) for name, child in children.items() if id(child) not in being_filled]
        for _, name in sorted(closed)[:how_many]:
            node.rest = node.rest or _Node(folded=True)
            _add_all(node.rest.sums, children.pop(name).sums)
            node.rest_prefixes += 1
            self._nodes -= 1

    def _walk(self) -> Iterator[_Node]:
        """Every node, each after the one above it."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += (node.children or {}).values()

    # ---- telling

    @property
    def tally(self) -> Tally:
        """Everything so far."""
        return self._tally(self._root.sums)

    def level(self, prefix: str) -> Level | None:
        """What is known of `prefix`, which ends with a slash or is where it all began; None where nothing is."""
        node: _Node | None = self._root
        below = prefix.encode("utf-8", "surrogateescape")[len(self._base) :]
        for name in below[:-1].split(b"/") if below else ():
            node = node.children.get(name) if node and node.children else None
        return Level(prefix, self._tally(node.sums), tuple(self._entries(node)), not node.folded) if node else None

    def _entries(self, node: _Node) -> Iterator[Entry]:
        if node.folded:
            return
        classes = list(self._class_numbers)
        here = dict(node.sums)
        for name, child in (node.children or {}).items():
            _take_away(here, child.sums)
            yield Entry("prefix", name.decode("utf-8", "surrogateescape") + "/", Tally(child.sums, classes))
        if node.rest is not None:
            _take_away(here, node.rest.sums)
            yield Entry("rest", "", Tally(node.rest.sums, classes), node.rest_prefixes)
        if any(here.values()):
            yield Entry("here", "", Tally(here, classes))

    def _tally(self, sums: _Sums) -> Tally:
        return Tally(sums, list(self._class_numbers))


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


def _count(news: _Sums, kinds: bytearray, classes: bytearray, sizes: Sequence[int], numbers: Sequence[int]) -> None:
    """Add rows to `news`; all at once where they are of one kind and class, as they mostly are."""
    count = len(kinds)
    if count == 1 or (kinds.count(kinds[0]) == count and classes.count(classes[0]) == count):
        code = _code(kinds[0], numbers[classes[0]])
        news[code] = news.get(code, 0) + count * _COUNT + sum(sizes)
        return
    sums: dict[tuple[int, int], int] = {}
    for row, size in zip(zip(kinds, classes, strict=True), sizes, strict=True):
        sums[row] = sums.get(row, 0) + _COUNT + size
    for (kind, storage_class), amount in sums.items():
        code = _code(kind, numbers[storage_class])
        news[code] = news.get(code, 0) + amount


def _code(kind: int, class_number: int) -> int:
    state = _STATE_OF[kind]
    return state if state == _MARKER else state + len(STATES) * class_number
