"""Which objects a lifecycle rule is about: one meaning for the many ways to write it, and S3's rules for it.

Sources: the API reference of `LifecycleRuleFilter` and `LifecycleRuleAndOperator`; "Object tagging" for the
limits of tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from s3tui.s3.document_text import Node, Say

LONGEST_PREFIX = 1024  # bytes
MOST_TAGS = 10
_MC_ID = re.compile(r"[0-9a-v]{20}")  # the ids that mc makes up

Scope = tuple[str, frozenset[tuple[str, str]], int | None, int | None]
EVERYTHING: Scope = ("", frozenset(), None, None)


def scope(rule: dict[str, Any]) -> Scope:
    """Which objects the rule is about: prefix, tags, larger than, smaller than (bytes). However it is written:
    as `Prefix`, in `Filter`, in `And`, or as Ceph returns it, side by side in `Filter` without `And`."""
    filters = rule.get("Filter") or {}
    both: dict[str, Any] = {**filters, **(filters.get("And") or {})}
    tags = [*(both.get("Tags") or []), *([both["Tag"]] if both.get("Tag") else [])]
    return (
        rule.get("Prefix") or both.get("Prefix") or "",
        frozenset((tag.get("Key", ""), tag.get("Value", "")) for tag in tags),
        both.get("ObjectSizeGreaterThan"),
        both.get("ObjectSizeLessThan"),
    )


def tidy_filter(rule: dict[str, Any]) -> dict[str, Any]:
    """A `Filter` for the rule in the form that S3 demands: one thing by itself, more than one in `And`."""
    prefix, tags, larger, smaller = scope(rule)
    parts: dict[str, Any] = {"Prefix": prefix} if prefix else {}
    if tags:
        parts["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags)]
    parts |= {} if larger is None else {"ObjectSizeGreaterThan": larger}
    parts |= {} if smaller is None else {"ObjectSizeLessThan": smaller}
    if len(parts) > 1 or len(tags) > 1:
        return {"And": parts}
    if tags:
        return {"Tag": parts["Tags"][0]}
    return parts or {"Prefix": ""}


def check_filter(rule: Node, say: Say) -> None:
    """What is wrong with which objects the rule is about."""
    filters, prefix = rule.at("Filter"), rule.at("Prefix")
    if filters is None and prefix is None:
        identity = rule.at("ID")
        if identity and _MC_ID.fullmatch(identity.value):
            say(rule, "mc leaves the Filter out where a rule is for the whole bucket: so it is read.", warning=True)
        else:
            say(rule, 'Filter is missing. For the whole bucket write "Filter": {"Prefix": ""}.')
        return
    if filters is None:
        _check_prefix(prefix, say)
        return
    if prefix is not None:
        say(prefix, "Prefix may not stand beside Filter: move it into Filter.")
    if len(filters.value) > 1:
        names = ", ".join(filters.value)
        say(filters, f"Filter takes one of its members, not {names}: put them into And.")
    both = filters.at("And")
    for place in (filters, both):
        if place is not None:
            _check_conditions(place, say)
    if both is not None and _conditions(both) == 0:
        say(both, "And is empty.")


def _conditions(both: Node) -> int:
    return len(both.value) - ("Tags" in both.value) + len((both.at("Tags") or Node([], 0)).items)


def _check_conditions(place: Node, say: Say) -> None:
    _check_prefix(place.at("Prefix"), say)
    tags = (place.at("Tags") or Node([], 0)).items + [tag for tag in (place.at("Tag"),) if tag is not None]
    _check_tags(tags, say)
    larger, smaller = place.at("ObjectSizeGreaterThan"), place.at("ObjectSizeLessThan")
    if larger is not None and larger.value < 0:
        say(larger, "ObjectSizeGreaterThan can't be negative.")
    if smaller is not None and smaller.value < 1:
        say(smaller, "ObjectSizeLessThan must be at least 1.")
    elif larger is not None and smaller is not None and larger.value + 1 >= smaller.value:
        say(smaller, "No object is both larger than ObjectSizeGreaterThan and smaller than ObjectSizeLessThan.")


def _check_prefix(prefix: Node | None, say: Say) -> None:
    if prefix is None:
        return
    if len(prefix.value.encode("utf-8", "surrogatepass")) > LONGEST_PREFIX:
        say(prefix, f"A prefix has at most {LONGEST_PREFIX:,} bytes.")
    if prefix.value.startswith("/"):
        say(prefix, "Keys rarely start with “/”: this prefix may match nothing.", warning=True)
    if prefix.value.endswith("*"):
        say(prefix, "A prefix knows no wildcards: “*” is taken as it is.", warning=True)


def _check_tags(tags: Sequence[Node], say: Say) -> None:
    if len(tags) > MOST_TAGS:
        say(tags[MOST_TAGS], f"An object has at most {MOST_TAGS} tags, so no object can have all of these.")
    seen = set()
    for tag in tags:
        key, value = tag.at("Key"), tag.at("Value")
        if key is None or not key.value:
            say(tag, "The tag has no Key.")
        elif len(key.value) > 128:
            say(key, "A tag's Key has at most 128 characters.")
        elif key.value in seen:
            say(key, f"The tag “{key.value}” comes twice in one rule.")
        seen.add(key.value if key else None)
        if value is None:
            say(tag, "The tag has no Value (it may be empty).")
        elif len(value.value) > 256:
            say(value, "A tag's Value has at most 256 characters.")
