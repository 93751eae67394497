"""S3's rules for lifecycle rules, each complaint with its line.

Sources: the API reference of `LifecycleRule`, `LifecycleRuleFilter`, `LifecycleExpiration`, `Transition`,
`NoncurrentVersionTransition`, `NoncurrentVersionExpiration` and `AbortIncompleteMultipartUpload`; the user
guide's "Lifecycle configuration elements" and "Transitioning objects using Amazon S3 Lifecycle". What only AWS
demands (its storage classes, for one) is an error there and a warning elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from s3tui.s3.document_text import Complaint, Node, Say, check_ids, plain
from s3tui.s3.lifecycle_filter import EVERYTHING, check_filter, scope

MOST_RULES = 1000
MOST_NEWER_VERSIONS = 100
ACTIONS = (
    "Transitions",
    "Expiration",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)
# From where an object may still move where: "Supported transitions".
_ONWARD = {
    "STANDARD_IA": {"INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"},
    "INTELLIGENT_TIERING": {"ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"},
    "ONEZONE_IA": {"GLACIER", "DEEP_ARCHIVE"},
    "GLACIER_IR": {"GLACIER", "DEEP_ARCHIVE"},
    "GLACIER": {"DEEP_ARCHIVE"},
    "DEEP_ARCHIVE": set(),
}
_MINIMUM_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
_GO_ZERO_DATE = "0001-01-01T00:00:00Z"


def prepare(rule: Node) -> Node:
    """The rule without what says nothing: empty objects, and the zeros that old versions of mc print."""
    if not isinstance(rule.value, dict):
        return rule
    dumped = _is_go_dump(rule)
    kept: dict[str, Node] = {}
    for name, member in rule.value.items():
        cleaned = _without_zeros(member, dumped)
        if name == "Filter" or cleaned.value not in ({}, []):
            kept[name] = cleaned
    return Node(kept, rule.line)


def _is_go_dump(rule: Node) -> bool:
    empty = (rule.at("Filter", "And"), rule.at("AbortIncompleteMultipartUpload"), rule.at("Expiration"))
    dates = [rule.at("Expiration", "Date"), *(step.at("Date") for step in _steps(rule, "Transitions"))]
    return any(node and node.value == {} for node in empty) or any(
        node and node.value == _GO_ZERO_DATE for node in dates
    )


def _without_zeros(node: Node, dumped: bool) -> Node:
    if isinstance(node.value, list):
        items = [_without_zeros(item, dumped) for item in node.value]
        return Node([item for item in items if item.value != {}], node.line)
    if not isinstance(node.value, dict):
        return node
    zeros: dict[str, tuple[Any, ...]] = {"Date": (_GO_ZERO_DATE,), "ExpiredObjectDeleteMarker": (False,)}
    if dumped:
        zeros |= {"NoncurrentDays": (0,), "Days": (0,), "StorageClass": ("",)}
    members = {name: _without_zeros(member, dumped) for name, member in node.value.items()}
    return Node({n: m for n, m in members.items() if m.value not in zeros.get(n, ()) and m.value != {}}, node.line)


def check(rules: Sequence[Node], aws: bool) -> list[Complaint]:
    """Everything that is wrong with `rules`, whose names and types are right already."""
    complaints: list[Complaint] = []

    def say(node: Node | None, text: str, warning: bool = False) -> None:
        complaints.append(Complaint(node.line if node else 0, text, warning))

    if not rules:
        say(None, "There is no rule. To have none, remove the whole lifecycle instead.")
    if len(rules) > MOST_RULES:
        say(rules[MOST_RULES], f"S3 takes at most {MOST_RULES:,} rules; there are {len(rules):,}.")
    check_ids(rules, say)
    for rule in rules:
        _check_head(rule, say)
        check_filter(rule, say)
        _check_steps(rule, "Transitions", "Days", say, aws)
        _check_expiration(rule, say)
        _check_steps(rule, "NoncurrentVersionTransitions", "NoncurrentDays", say, aws)
        _check_noncurrent(rule, say, aws)
        _check_abort(rule, say)
    return complaints


def _check_head(rule: Node, say: Say) -> None:
    status = rule.at("Status")
    if status is None:
        say(rule, "Status is missing: “Enabled” or “Disabled”.")
    elif status.value not in ("Enabled", "Disabled"):
        say(status, f"Status must be “Enabled” or “Disabled”, not “{status.value}”.")
    if not any(rule.at(action) for action in ACTIONS):
        say(rule, f"The rule does nothing: it needs one of {', '.join(ACTIONS)}.")
    if status and status.value == "Enabled" and scope(plain(rule)) == EVERYTHING and _deletes_current(rule):
        say(rule.at("Expiration"), "This deletes every object of the bucket.", warning=True)


def _deletes_current(rule: Node) -> bool:
    return bool(rule.at("Expiration", "Days") or rule.at("Expiration", "Date"))


def _steps(rule: Node, name: str) -> list[Node]:
    return (rule.at(name) or Node([], 0)).items


def _check_steps(rule: Node, name: str, days_name: str, say: Say, aws: bool) -> None:
    steps = _steps(rule, name)
    for step in steps:
        days, date, target = step.at(days_name), step.at("Date"), step.at("StorageClass")
        if target is None or not target.value:
            say(step, f"{name}: StorageClass is missing.")
        elif target.value == "STANDARD":
            say(target, "Nothing can move to STANDARD.")
        elif aws and target.value not in _ONWARD:
            say(target, f"AWS may not know “{target.value}”; it has {', '.join(_ONWARD)}.", warning=True)
        if (days is None) == (date is None):
            either = "Days or Date" if days_name == "Days" else days_name
            say(step, f"{name}: {either} is missing." if days is None else f"{name}: Days or Date, not both.")
        if days is not None and days.value < 0:
            say(days, f"{days_name} can't be negative.")
        _check_date(date, say)
        _check_newer(step.at("NewerNoncurrentVersions"), say)
        if aws and days is not None and target is not None and days.value < _MINIMUM_DAYS.get(target.value, 0):
            say(days, f"{target.value} is meant for objects that are 30 days old: AWS may refuse this.", warning=True)
    if any(step.at("Date") for step in steps) and any(step.at(days_name) for step in steps):
        say(steps[-1], "Days and Date may not be mixed in one rule.")
    _check_order(name, steps, days_name, say)


def _moment(step: Node, days_name: str) -> Any:
    """When the step happens: a number of days, or a date as text that sorts like the date."""
    node = step.at(days_name) or step.at("Date")
    return node.value if node else None


def _check_order(name: str, steps: list[Node], days_name: str, say: Say) -> None:
    targets = [(step.at("StorageClass") or Node("", 0)).value for step in steps]
    for index, target in enumerate(targets):
        if target and target in targets[:index]:
            say(steps[index], f"{name}: objects move to {target} twice in one rule.")
    moments = [_moment(step, days_name) for step in steps]
    if None in moments or len({type(moment) for moment in moments}) > 1:
        return  # said already
    ordered = sorted(range(len(steps)), key=lambda index: moments[index])
    for first, second in pairwise(ordered):
        here, there = targets[first], targets[second]
        if here == there:
            continue
        if here in _ONWARD and there in _ONWARD and there not in _ONWARD[here]:
            say(steps[second], f"{name}: an object in {here} can't move to {there} later.")
        elif moments[first] == moments[second]:
            say(steps[second], f"{name}: moving to {there} must come later than moving to {here}.")


def _check_date(date: Node | None, say: Say) -> None:
    if date is None:
        return
    moment = datetime.fromisoformat(date.value)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        say(date, "A Date must be midnight UTC, like “2027-01-31T00:00:00Z”.")
    elif moment <= datetime.now(UTC):
        say(date, "This Date has passed: the rule takes effect at once.", warning=True)


def _check_newer(newer: Node | None, say: Say) -> None:
    if newer is not None and not 1 <= newer.value <= MOST_NEWER_VERSIONS:
        say(newer, f"NewerNoncurrentVersions must be 1 to {MOST_NEWER_VERSIONS}.")


def _check_expiration(rule: Node, say: Say) -> None:
    expiration = rule.at("Expiration")
    if expiration is None:
        return
    days, date, marker = (expiration.at(name) for name in ("Days", "Date", "ExpiredObjectDeleteMarker"))
    if len(expiration.value) > 1:
        say(expiration, f"Expiration takes one of its members, not {', '.join(expiration.value)}.")
    if days is not None and days.value < 1:
        say(days, f"Days must be at least 1, not {days.value}.")
    _check_date(date, say)
    _, tags, _, _ = scope(plain(rule))
    if marker is not None and tags:
        say(marker, "ExpiredObjectDeleteMarker can't be limited by tags: delete markers have none.")
    steps = _steps(rule, "Transitions")
    if any((step.at("Date") and days) or (step.at("Days") and date) for step in steps):
        say(expiration, "Days and Date may not be mixed in one rule.")
    else:
        _check_last(expiration, "Days" if days else "Date", steps, "Days", say)


def _check_last(end: Node, end_name: str, steps: list[Node], days_name: str, say: Say) -> None:
    """Objects must be deleted later than they are moved."""
    last = end.at(end_name)
    for step in steps:
        moment = _moment(step, days_name)
        if last is not None and type(moment) is type(last.value) and last.value <= moment:
            target = (step.at("StorageClass") or Node("?", 0)).value
            say(last, f"Deleting must come later than moving to {target} ({moment}).")


def _check_noncurrent(rule: Node, say: Say, aws: bool) -> None:
    end = rule.at("NoncurrentVersionExpiration")
    if end is None:
        return
    days = end.at("NoncurrentDays")
    if days is None:
        say(end, "NoncurrentVersionExpiration: AWS wants NoncurrentDays too.", warning=not aws)
    elif days.value < 1:
        say(days, f"NoncurrentDays must be at least 1, not {days.value}.")
    _check_newer(end.at("NewerNoncurrentVersions"), say)
    _check_last(end, "NoncurrentDays", _steps(rule, "NoncurrentVersionTransitions"), "NoncurrentDays", say)


def _check_abort(rule: Node, say: Say) -> None:
    abort = rule.at("AbortIncompleteMultipartUpload")
    if abort is None:
        return
    days = abort.at("DaysAfterInitiation")
    if days is None:
        say(abort, "AbortIncompleteMultipartUpload: DaysAfterInitiation is missing.")
    elif days.value < 1:
        say(days, f"DaysAfterInitiation must be at least 1, not {days.value}.")
    _, *narrow = scope(plain(rule))
    if narrow != [frozenset(), None, None]:
        say(abort, "Unfinished uploads have neither tags nor a size: give their rule a prefix alone.")
