"""Each planted case on moto: the cause is named first, by reads alone."""

from __future__ import annotations

import json

import pytest

from s3tui.diagnosis import Verdict, report, to_json, why
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.diagnosis.cases import CASES, Case, asker_of
from tests.diagnosis.conftest import Guarded

ON_MOTO = [case for case in CASES if case.needs != "customer keys"]


@pytest.mark.parametrize("case", ON_MOTO, ids=lambda case: case.name)
def test_the_cause_is_named_first(case: Case, guarded: Guarded) -> None:
    owner = guarded.connection("owner")
    bucket = "case-" + case.name.replace(" ", "-")
    owner.call("create_bucket", Bucket=bucket)
    uri = case.plant(owner, bucket)
    asker = asker_of(case, owner, guarded.connection("reader"), guarded.connection("lister"))
    connection = Connection(asker.profile)
    connection.read_only = True

    found = why(connection, uri)

    assert found.verdict is case.verdict, report(found)
    assert report(found).startswith(found.verdict.heading)
    assert json.loads(json.dumps(to_json(found)))["verdict"] == case.verdict.value
    sent = connection.log.newest()
    assert sent
    assert all(entry.operation.startswith(("Head", "Get", "List")) for entry in sent)
    assert "ReadOnly" not in {entry.error for entry in sent}
    assert found.evidence
    assert all(line.request.request_id for line in found.evidence if line.request.status)


def test_every_verdict_is_planted_somewhere() -> None:
    assert {case.verdict for case in CASES} == set(Verdict)
    assert len({case.verdict for case in ON_MOTO} - {Verdict.EXISTS}) == 12


def test_a_reader_of_an_existing_object_learns_why_it_is_in_no_listing(guarded: Guarded) -> None:
    owner = guarded.connection("owner")
    owner.call("create_bucket", Bucket="seen-by-reader")
    uri = CASES[0].plant(owner, "seen-by-reader")
    found = why(guarded.connection("reader"), uri)
    assert found.verdict is Verdict.EXISTS
    assert "may not list" in found.next[0]


def test_a_marker_is_told_by_a_header_where_versions_may_not_be_listed(guarded: Guarded) -> None:
    owner = guarded.connection("owner")
    owner.call("create_bucket", Bucket="marked")
    uri = next(case for case in CASES if case.verdict is Verdict.DELETED).plant(owner, "marked")
    found = why(guarded.connection("reader"), uri)
    assert found.verdict is Verdict.DELETED
    assert "When, and what is left, can't be seen" in found.summary
    assert any("older versions" in gap.leaves_open for gap in found.unchecked)


def test_a_lister_who_may_not_see_versions_is_not_told_that_it_never_existed(guarded: Guarded) -> None:
    owner = guarded.connection("owner")
    owner.call("create_bucket", Bucket="unversioned")
    found = why(guarded.connection("lister"), S3Uri("unversioned", "never/written.iso"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert "is not there now" in found.summary
    assert any("deleted" in gap.leaves_open for gap in found.unchecked)
