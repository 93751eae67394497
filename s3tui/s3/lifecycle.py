"""Lifecycle rules: their shape, the one way to write them, what they mean, and each in one English sentence."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Any

from s3tui import display
from s3tui.s3 import lifecycle_rules
from s3tui.s3.document_kinds import DocumentKind, Rule
from s3tui.s3.lifecycle_filter import scope, tidy_filter

_TAG = {"Key": str, "Value": str}
_SIZES = {"ObjectSizeGreaterThan": int, "ObjectSizeLessThan": int}
_NONCURRENT = {"NoncurrentDays": int, "NewerNoncurrentVersions": int}
# boto3's PutBucketLifecycleConfiguration, in the order in which a person reads it.
SHAPE = {
    "ID": str,
    "Status": str,
    "Prefix": str,
    "Filter": {"Prefix": str, "Tag": _TAG, **_SIZES, "And": {"Prefix": str, "Tags": [_TAG], **_SIZES}},
    "Transitions": [{"Days": int, "Date": datetime, "StorageClass": str}],
    "Expiration": {"Days": int, "Date": datetime, "ExpiredObjectDeleteMarker": bool},
    "NoncurrentVersionTransitions": [{**_NONCURRENT, "StorageClass": str}],
    "NoncurrentVersionExpiration": _NONCURRENT,
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": int},
}


def tidy(rule: Rule) -> Rule:
    """The rule with nothing in it that says nothing, and its filter in the one form that S3 takes everywhere.

    The `Prefix` of old becomes a `Filter`: AWS refuses a document that has both kinds of rules.
    """
    kept: Rule = {"Filter": tidy_filter(rule)}
    if rule.get("Prefix") and rule.get("Filter"):
        kept = {"Prefix": rule["Prefix"], "Filter": rule["Filter"]}  # contradicts itself: the check says so
    for name in SHAPE.keys() - {"Filter", "Prefix"}:
        value = rule.get(name)
        if name == "Expiration" and value:
            value = {key: day for key, day in value.items() if day is not False}
        if value not in (None, {}, [], ""):
            kept[name] = value
    return {name: kept[name] for name in SHAPE if name in kept}


def fields(rule: Rule) -> dict[str, Hashable]:
    """The rule flat, under one name for each thing however it is written: `Prefix`, `Tag a`, `Expiration.Days`."""
    prefix, tags, larger, smaller = scope(rule)
    flat: dict[str, Hashable] = {"ID": rule.get("ID"), "Status": rule.get("Status"), "Prefix": prefix or None}
    flat |= {f"Tag “{key}”": value for key, value in sorted(tags)}
    flat |= {"ObjectSizeGreaterThan": larger, "ObjectSizeLessThan": smaller}
    for name in ("Transitions", "NoncurrentVersionTransitions"):
        for step in rule.get(name) or []:
            when = {key: value for key, value in step.items() if key != "StorageClass"}
            path = f"{name} to {step.get('StorageClass')}"
            said = ", ".join(f"{key} {value}" for key, value in sorted(when.items()))
            flat[path] = f"{flat[path]}; {said}" if path in flat else said
    for name in ("Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        flat |= {f"{name}.{key}": value for key, value in (rule.get(name) or {}).items() if value is not False}
    return {name: value for name, value in flat.items() if value is not None}


def objects(rule: Rule) -> str:
    """Which objects: `objects under “logs/” tagged temp=yes and larger than 1.0 MiB`."""
    prefix, tags, larger, smaller = scope(rule)
    named = ["all objects"] if not (prefix or tags or larger is not None or smaller is not None) else ["objects"]
    if prefix:
        named.append(f"under “{prefix}”" if prefix.endswith("/") else f"whose key starts with “{prefix}”")
    if tags:
        named.append("tagged " + display.listed([f"{key}={value}" for key, value in sorted(tags)]))
    sizes = [f"larger than {display.size(larger)}"] if larger is not None else []
    sizes += [f"smaller than {display.size(smaller)}"] if smaller is not None else []
    return " ".join([*named, display.listed(sizes)]).rstrip()


def sentence(rule: Rule) -> str:
    """What the rule does, in one English sentence."""
    which = objects(rule)
    parts = []
    if current := _current(rule):
        parts.append(f"{which} {display.listed(current)}")
    if (rule.get("Expiration") or {}).get("ExpiredObjectDeleteMarker"):
        parts.append(f"delete markers of {'them' if parts else which} are removed once no version is left behind them")
    if old := _noncurrent(rule):
        parts.append(f"old versions of {'them' if parts else which} {display.listed(old)}")
    if days := (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"):
        place = "there" if parts else f"of {which}"
        parts.append(f"unfinished uploads {place} are aborted {display.counted(days, 'day')} after they began")
    said = "; ".join(parts) or f"{which}: nothing is done to them"
    off = "" if rule.get("Status") == "Enabled" else "Switched off: "
    return f"{off}{said if off else said[0].upper() + said[1:]}."


def _current(rule: Rule) -> list[str]:
    steps = sorted(rule.get("Transitions") or [], key=lambda step: (step.get("Days") or 0, step.get("Date") or ""))
    said = [f"move to {step.get('StorageClass', '?')} {_when(step)}" for step in steps]
    expiration = rule.get("Expiration") or {}
    if expiration.get("Days") is not None or expiration.get("Date"):
        said.append(f"are deleted {_when(expiration)}")
    return said


def _when(step: dict[str, Any]) -> str:
    if step.get("Date"):
        return f"on {step['Date'].removesuffix('T00:00:00Z')}"
    days = step.get("Days") or 0
    return f"{display.counted(days, 'day')} after they were created" if days else "as soon as they are created"


def _noncurrent(rule: Rule) -> list[str]:
    steps = sorted(rule.get("NoncurrentVersionTransitions") or [], key=lambda step: step.get("NoncurrentDays") or 0)
    said = [f"move to {step.get('StorageClass', '?')} {_replaced(step)}" for step in steps]
    if old := rule.get("NoncurrentVersionExpiration"):
        said.append(f"are deleted {_replaced(old)}")
    return said


def _replaced(step: dict[str, Any]) -> str:
    days, newest = step.get("NoncurrentDays") or 0, step.get("NewerNoncurrentVersions")
    after = f"{display.counted(days, 'day')} after they were replaced" if days else "as soon as they are replaced"
    return f"{after}, except the newest {newest:,}" if newest else after


KIND = DocumentKind(
    name="lifecycle",
    title="lifecycle",
    container="LifecycleConfiguration",
    rules_name="Rules",
    rule=SHAPE,
    extras={"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"},
    operations=(
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
    ),
    ordered=False,
    prepare=lifecycle_rules.prepare,
    check=lifecycle_rules.check,
    tidy=tidy,
    fields=fields,
    scope=scope,
    sentence=sentence,
)
