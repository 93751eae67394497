"""Bucket documents (lifecycle, CORS): read, write, remove, each so that nothing is lost (DESIGN 3.2, 3.3).

A write asks first whether the endpoint knows the sub-resource, refuses when the document is not the one that
was seen, saves the old one, writes, reads back and compares in meaning. When the endpoint kept something else
than was sent (some drop a condition they don't know, and so delete more than was asked for), the old document
is put back at once.
"""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from s3tui.errors import BadInput
from s3tui.s3 import backups, capabilities, cors, document_kinds, errors, lifecycle
from s3tui.s3.client import Connection
from s3tui.s3.document_kinds import DocumentKind, KindName, Reading, Rule
from s3tui.s3.document_shape import known_name, time_text
from s3tui.s3.rule_differences import Difference
from s3tui.s3.rule_differences import differences as _differences

KINDS: dict[KindName, DocumentKind] = {"lifecycle": lifecycle.KIND, "cors": cors.KIND}
LARGEST = 4 * 1024 * 1024  # bytes of XML; 1,000 rules with long filters are under 1 MiB
# An endpoint may show the old document for a while: seconds to wait before each further look.
LOOK_AGAIN = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Document:
    """A bucket's document as the endpoint holds it.

    `foreign` are elements in it that S3 doesn't define (MinIO has some): saving would drop them, so it is
    refused. `remarks` and `backup` are set after a write: what the endpoint did to ids and order, and where
    the old document was saved.
    """

    kind: KindName
    rules: tuple[Rule, ...]
    extras: dict[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    xml: bytes = field(default=b"", repr=False)  # as the endpoint sent it
    remarks: tuple[str, ...] = ()
    backup: Path | None = None

    @property
    def text(self) -> str:
        """The document as JSON that `aws s3api` takes too."""
        return document_kinds.text_of(KINDS[self.kind], self.rules, self.extras)

    @property
    def sentences(self) -> list[str]:
        """What each rule does, in one English sentence."""
        return [KINDS[self.kind].sentence(rule) for rule in self.rules]


class NotKept(errors.S3Error):
    """The endpoint kept something else than was sent."""


def read(kind: KindName, text: str, aws: bool = False) -> Reading:
    """What `text` says, in any shape the console, `aws s3api` or `mc` prints, with every complaint and its line.
    `aws`: hold it to what only AWS demands too (`Profile.is_aws`)."""
    return document_kinds.read(KINDS[kind], text, aws)


def text_of(kind: KindName, rules: Sequence[Rule], extras: dict[str, str] | None = None) -> str:
    """Rules as JSON, as `Document.text`."""
    return document_kinds.text_of(KINDS[kind], rules, extras)


def sentence(kind: KindName, rule: Rule) -> str:
    """What the rule does, in one English sentence."""
    return KINDS[kind].sentence(rule)


def differences(kind: KindName, before: Document | None, after: Sequence[Rule]) -> list[Difference]:
    """Rule by rule, what has to change to get from `before` to `after`."""
    return _differences(KINDS[kind], before.rules if before else (), after)


def options_differ(kind: KindName, before: Document | None, extras: dict[str, str]) -> bool:
    """Whether writing `extras` would change the document's options; without any, they stay as they are."""
    return bool(extras) and _options(KINDS[kind], extras) != (before.extras if before else {})


def get(connection: Connection, bucket: str, kind: KindName) -> Document | None:
    """The document, or None when none is set. Raises `errors.Unsupported` where the endpoint doesn't know it."""
    known = KINDS[kind]
    capability = capabilities.probe_bucket(connection, bucket, kind)
    if not capability.supported:
        raise errors.Unsupported(capability.reason, request=errors.Request(f"GET ?{kind}", bucket))
    if not capability.is_set:
        return None
    try:
        answer = connection.call(known.operations[0], Bucket=bucket)
    except errors.NotSet:
        return None
    rules = tuple(known.tidy(_with_dates_as_text(rule)) for rule in answer.get(known.rules_name) or [])
    if not rules:
        return None
    extras = _options(known, {name: str(answer[name]) for name in known.extras if answer.get(name)})
    xml = connection.probe("GET", bucket, "", kind, limit=LARGEST).body
    return Document(kind, rules, extras, _foreign(known, xml), xml)


def _options(known: DocumentKind, extras: dict[str, str]) -> dict[str, str]:
    """The options that say something else than S3 does without them."""
    return {name: value for name, value in extras.items() if value != known.extras.get(name)}


def _with_dates_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_dates_as_text(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_dates_as_text(item) for item in value]
    return time_text(value) if isinstance(value, datetime) else value


def _foreign(known: DocumentKind, xml: bytes) -> tuple[str, ...]:
    """Elements of the endpoint's XML that boto3 skips without a word."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return ("XML that can't be read",)
    found: dict[str, None] = {}
    _collect_foreign(root, {known.rules_name: [known.rule]}, found)
    return tuple(found)


def _collect_foreign(element: ElementTree.Element, shape: Any, found: dict[str, None]) -> None:
    members = shape[0] if isinstance(shape, list) else shape
    if not isinstance(members, dict):
        return
    for child in element:
        tag = child.tag.rpartition("}")[2]
        name = known_name(tag, members)
        if name is None:
            found[tag] = None
        else:
            _collect_foreign(child, members[name], found)


def put(
    connection: Connection,
    bucket: str,
    kind: KindName,
    rules: Sequence[Rule],
    expected_before: Document | None,
    extras: dict[str, str] | None = None,
) -> Document:
    """Replace the document by `rules`; `expected_before` is the one that was seen (None: none was set).

    `extras` are the document's options beside the rules; without them they stay. Returns the document as read
    back. Raises `BadInput` (rules that S3 doesn't take), `errors.Changed`, `errors.Unsafe`, `NotKept`, other
    `errors.S3Error`.
    """
    known = KINDS[kind]
    _check(connection, kind, rules)
    before = _before(connection, bucket, kind, expected_before)
    if before and before.foreign:
        raise errors.Unsafe(
            f"This document holds what only this server knows: {', '.join(before.foreign)}. Saving would drop it.",
            "Change it with the server's own tool. Nothing was sent.",
        )
    tidied = tuple(known.tidy(rule) for rule in rules)
    wanted = Document(kind, tidied, extras or (before.extras if before else {}))
    if before and not differences(kind, before, tidied) and not options_differ(kind, before, wanted.extras):
        return before
    backup = backups.save(connection.profile, bucket, before) if before else None
    try:
        _write(connection, bucket, wanted)
        return _settled(connection, bucket, wanted, before, backup)
    except (errors.Unreachable, errors.ServerFault) as error:
        error.advice = f"Whether they were written is not known: read them again.{_saved_in(backup)}"
        raise


def delete(connection: Connection, bucket: str, kind: KindName, expected_before: Document | None) -> Path | None:
    """Remove the document that was seen; where the old one was saved. Raises as `put`."""
    before = _before(connection, bucket, kind, expected_before)
    if before is None:
        return None
    backup = backups.save(connection.profile, bucket, before)
    try:
        connection.call(KINDS[kind].operations[2], Bucket=bucket)
        for pause in (0.0, *LOOK_AGAIN):
            time.sleep(pause)
            if get(connection, bucket, kind) is None:
                return backup
    except (errors.Unreachable, errors.ServerFault) as error:
        error.advice = f"Whether they were removed is not known: read them again.{_saved_in(backup)}"
        raise
    raise NotKept(f"The endpoint still shows the {KINDS[kind].title} rules.", f"The old ones are saved in {backup}.")


def _check(connection: Connection, kind: KindName, rules: Sequence[Rule]) -> None:
    reading = read(kind, text_of(kind, rules), connection.profile.is_aws)
    wrong = [complaint.text for complaint in reading.complaints if not complaint.warning]
    if wrong:
        raise BadInput(wrong[0], "Nothing was sent.")


def _before(connection: Connection, bucket: str, kind: KindName, expected: Document | None) -> Document | None:
    """The document as it is now, if it may be replaced."""
    if connection.read_only:
        raise errors.ReadOnly("This connection is read-only: nothing was sent.")
    capabilities.require(connection, bucket, kind)
    before = get(connection, bucket, kind)
    unset = (before is None) != (expected is None)
    if unset or (before and expected and _differ(kind, before, expected)):
        raise errors.Changed(
            f"The {KINDS[kind].title} rules of “{bucket}” are no longer the ones you saw.",
            "Read them again before you change them. Nothing was sent.",
        )
    return before


def _differ(kind: KindName, one: Document, other: Document) -> bool:
    return bool(differences(kind, one, other.rules)) or one.extras != other.extras


def _write(connection: Connection, bucket: str, document: Document) -> None:
    known = KINDS[document.kind]
    body = {known.rules_name: list(document.rules)}
    try:
        connection.call(known.operations[1], Bucket=bucket, **{known.container: body}, **document.extras)
    except errors.Unsupported as error:
        said = f"It says: {error.request.message.rstrip('.')}. " if error.request.message else ""
        raise errors.Unsupported(
            f"This endpoint can't do these {known.title} rules, or part of them.",
            f"{said}Nothing was changed.",
            error.request,
        ) from error


def _settled(
    connection: Connection, bucket: str, wanted: Document, before: Document | None, backup: Path | None
) -> Document:
    """Read back what was written until it is there; put the old document back if something else is."""
    found: list[Difference] = []
    for pause in (0.0, *LOOK_AGAIN):
        time.sleep(pause)
        after = get(connection, bucket, wanted.kind)
        if after is None:
            found = [Difference("removed", "every rule")]
            continue
        found = differences(wanted.kind, wanted, after.rules)
        if all(difference.harmless for difference in found):
            remarks = tuple(_remarks(wanted, after, found))
            return Document(after.kind, after.rules, after.extras, after.foreign, after.xml, remarks, backup)
        if before is None or differences(wanted.kind, before, after.rules):
            break  # neither the old document nor the new one: it will not become the new one
    raise NotKept(
        f"The endpoint did not keep the {KINDS[wanted.kind].title} rules as they were sent: "
        + "; ".join(str(difference) for difference in found if not difference.harmless)
        + ".",
        _put_back(connection, bucket, wanted.kind, before, backup) + " Leave out what it doesn't keep.",
    )


def _remarks(wanted: Document, after: Document, found: Sequence[Difference]) -> Iterator[str]:
    """What the endpoint did to ids and order. Making up an id where none was sent is not worth a word."""
    lost = {rule["ID"] for rule in wanted.rules if rule.get("ID")} - {rule.get("ID") for rule in after.rules}
    if lost:
        yield f"The endpoint did not keep these ids: {', '.join(sorted(lost))}."
    if options_differ(wanted.kind, after, wanted.extras):
        yield f"The endpoint did not keep {', '.join(wanted.extras)}."
    if any(difference.change == "reordered" for difference in found):
        yield "The endpoint put the rules in another order. The first that fits a request counts."


def _put_back(connection: Connection, bucket: str, kind: KindName, before: Document | None, backup: Path | None) -> str:
    """What became of the old document, in a sentence."""
    saved = _saved_in(backup)
    try:
        if before is None:
            connection.call(KINDS[kind].operations[2], Bucket=bucket)
            return "They were removed again, as none were set before."
        _write(connection, bucket, before)
    except errors.S3Error as error:
        return f"Putting the old ones back failed: {error}{saved}"
    return f"The old ones were put back.{saved}"


def _saved_in(backup: Path | None) -> str:
    return f" The old document is saved in {backup}." if backup else ""
