"""How two sets of rules differ, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from s3tui.s3.document_kinds import DocumentKind, Rule

Change = Literal["added", "removed", "changed", "renamed", "reordered"]
_Pair = tuple[int, int]  # index before, index after


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule that differs. `before` and `after` are its sentences (empty where there is no such rule);
    `details` are its fields, `Expiration.Days: 30 → 60`."""

    change: Change
    name: str  # the rule's ID, or its place: `rule 2`
    before: str = ""
    after: str = ""
    details: tuple[str, ...] = ()

    @property
    def harmless(self) -> bool:
        """Whether every rule does what it did: only ids or their order differ."""
        return self.change in ("renamed", "reordered")

    def __str__(self) -> str:
        said = "; ".join(self.details) or self.after or self.before
        return f"{self.change} {self.name}: {said}"


def differences(kind: DocumentKind, before: Sequence[Rule], after: Sequence[Rule]) -> list[Difference]:
    """What has to be done to `before` to get `after`; empty when both mean the same and are named the same."""
    old, new = [kind.tidy(rule) for rule in before], [kind.tidy(rule) for rule in after]
    pairs = _pairs(kind, old, new)
    paired_old, paired_new = {i for i, _ in pairs}, {j for _, j in pairs}
    found = [
        Difference("removed", _name(rule, i), before=kind.sentence(rule))
        for i, rule in enumerate(old)
        if i not in paired_old
    ]
    partner = {j: i for i, j in pairs}
    for j, rule in enumerate(new):
        if j not in paired_new:
            found.append(Difference("added", _name(rule, j), after=kind.sentence(rule)))
        else:
            found += _changed(kind, old[partner[j]], rule, j)
    if kind.ordered and [i for i, _ in sorted(pairs, key=lambda pair: pair[1])] != sorted(paired_old):
        order = ", ".join(_name(rule, j) for j, rule in enumerate(new))
        found.append(Difference("reordered", "the rules", after=f"They are tried in this order now: {order}."))
    return found


def _pairs(kind: DocumentKind, old: list[Rule], new: list[Rule]) -> list[_Pair]:
    """Which rule became which: the same id and meaning, the same id, the same meaning, the same objects."""
    pairs: list[_Pair] = []
    free_old, free_new = set(range(len(old))), set(range(len(new)))
    keys: tuple[Callable[[Rule], Hashable], ...] = (
        lambda rule: (rule.get("ID"), meaning(kind, rule)),
        lambda rule: rule.get("ID"),
        lambda rule: meaning(kind, rule),
        lambda rule: (kind.scope(rule), bool(rule.get("ID"))),
    )
    for key in keys:
        waiting: dict[Hashable, list[int]] = {}
        for i in sorted(free_old):
            waiting.setdefault(key(old[i]), []).append(i)
        for j in sorted(free_new):
            candidates = waiting.get(key(new[j])) if key(new[j]) is not None else None
            if candidates:
                pairs.append((candidates.pop(0), j))
        free_old -= {i for i, _ in pairs}
        free_new -= {j for _, j in pairs}
    return pairs


def meaning(kind: DocumentKind, rule: Rule) -> Hashable:
    """Equal for rules that do the same, whatever their ids and however they are written."""
    return frozenset((name, value) for name, value in kind.fields(rule).items() if name != "ID")


def _changed(kind: DocumentKind, old: Rule, new: Rule, index: int) -> Iterator[Difference]:
    before, after = kind.fields(old), kind.fields(new)
    details = tuple(
        f"{name}: {before.get(name, 'not set')} → {after.get(name, 'not set')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )
    if details:
        change: Change = "renamed" if meaning(kind, old) == meaning(kind, new) else "changed"
        yield Difference(change, _name(new, index), kind.sentence(old), kind.sentence(new), details)


def _name(rule: Rule, index: int) -> str:
    return str(rule.get("ID") or f"rule {index + 1}")
