"""What every kind of bucket document has in common, and how its text is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from s3tui.s3.document_shape import Shape, conform, fold, known_name
from s3tui.s3.document_text import Complaint, Node, parse, plain

KindName = Literal["lifecycle", "cors"]
Rule = dict[str, Any]  # in boto3's shape, dates as ISO text
# What tools put around the rules, or beside them, that is not part of the document.
_AROUND = {"lifecycleconfiguration", "bucketlifecycleconfiguration", "corsconfiguration", "config", "ilm"}
_BESIDE = {"status", "target", "updatedat", "responsemetadata", "xmlns", "@xmlns"}


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of bucket document: where it lives in S3, what it may hold, what its rules mean."""

    name: KindName
    title: str  # `Lifecycle`, as said in a sentence's middle too
    container: str  # S3's parameter: `LifecycleConfiguration`
    rules_name: str  # `Rules`
    rule: Shape  # of one rule
    extras: dict[str, str]  # the document's options beside the rules, with what S3 does without them
    operations: tuple[str, str, str]  # boto3's get, put, delete
    ordered: bool  # whether the order of the rules has a meaning
    prepare: Callable[[Node], Node]  # drops what a tool prints although it says nothing
    check: Callable[[Sequence[Node], bool], list[Complaint]]  # (rules, is it AWS)
    tidy: Callable[[Rule], Rule]  # the one way to write a rule
    fields: Callable[[Rule], dict[str, Hashable]]  # flat; all but `ID` are equal for rules that do the same
    scope: Callable[[Rule], Hashable]  # equal for rules about the same things
    sentence: Callable[[Rule], str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says: its rules, the line each starts on, and every complaint in order of lines."""

    rules: tuple[Rule, ...]
    lines: tuple[int, ...]
    extras: dict[str, str]
    complaints: tuple[Complaint, ...]

    @property
    def ok(self) -> bool:
        """Whether it may be written: there are warnings at most."""
        return all(complaint.warning for complaint in self.complaints)

    @property
    def warnings(self) -> tuple[Complaint, ...]:
        return tuple(complaint for complaint in self.complaints if complaint.warning)


def read(kind: DocumentKind, text: str, aws: bool = False) -> Reading:
    """Read `text` in any shape that the console, `aws s3api` or `mc` prints. Rules of AWS alone are errors
    with `aws` and warnings without."""
    node, complaints = parse(text)
    if node is None:
        return Reading((), (), {}, tuple(complaints))
    found, extras = _rules_of(kind, node, complaints)
    rules: list[Node] = []
    for item in found:
        unfit: list[Complaint] = []
        rule = conform(item, kind.rule, unfit)
        complaints += unfit
        if rule is not None and not unfit:  # more about a rule that is not understood would mislead
            rules.append(kind.prepare(rule))
    if rules or not (found or complaints):
        complaints += kind.check(rules, aws)
    complaints.sort(key=lambda complaint: (complaint.line, complaint.warning))
    return Reading(
        tuple(kind.tidy(plain(rule)) for rule in rules),
        tuple(rule.line for rule in rules),
        extras,
        tuple(dict.fromkeys(complaints)),
    )


def _rules_of(kind: DocumentKind, node: Node, complaints: list[Complaint]) -> tuple[list[Node], dict[str, str]]:
    """The nodes of the rules, and the document's extras, out of whatever a tool puts around them."""
    if isinstance(node.value, list):
        return node.items, {}
    if not isinstance(node.value, dict):
        complaints.append(Complaint(node.line, f"The document must be {{ “{kind.rules_name}”: [ … ] }} or [ … ]."))
        return [], {}
    if kind.rules_name not in {known_name(name, {kind.rules_name: []}) for name in node.value}:
        inner = next((member for name, member in node.value.items() if fold(name) in _AROUND), None)
        if inner is not None:
            return _rules_of(kind, inner, complaints)
        if any(known_name(name, kind.rule) for name in node.value):
            return [node], {}  # a single rule
    return _members(kind, node, complaints)


def _members(kind: DocumentKind, node: Node, complaints: list[Complaint]) -> tuple[list[Node], dict[str, str]]:
    rules: list[Node] = []
    extras: dict[str, str] = {}
    names = {kind.rules_name: [], **dict.fromkeys(kind.extras, str)}
    for name, member in node.value.items():
        known = known_name(name, names)
        if known == kind.rules_name:
            rules = member.items if isinstance(member.value, list) else [member]
        elif known and isinstance(member.value, str):
            extras[known] = member.value
        elif fold(name) not in _BESIDE:
            complaints.append(Complaint(member.line, f"“{name}” does not belong beside “{kind.rules_name}”."))
    return rules, extras


def text_of(kind: DocumentKind, rules: Sequence[Rule], extras: dict[str, str] | None = None) -> str:
    """The rules as JSON that `aws s3api` takes too, indented by two. What can't be seen is written as `\\uXXXX`."""
    document = {kind.rules_name: [kind.tidy(rule) for rule in rules], **(extras or {})}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "\n".join("".join(map(_seen, line)) for line in text.split("\n")) + "\n"


def _seen(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
