"""Why is it missing: the planted cases, on every server that can hold them."""

from __future__ import annotations

import pytest

from s3tui.diagnosis import report, why
from tests.diagnosis.cases import CASES, Case, asker_of
from tests.servers.conftest import Place
from tests.servers.launch import LISTER, READER

PLANTED = [
    pytest.param(case, id=case.name, marks=pytest.mark.needs(*needs))
    for case in CASES
    for needs in [({case.needs} - {""}) | ({"signatures"} if case.asker == "wrong secret" else set())]
]


@pytest.mark.capability("why")
@pytest.mark.parametrize("case", PLANTED)
def test_the_cause_is_named_first(place: Place, case: Case) -> None:
    uri = case.plant(place.connection, place.bucket)
    if case.needs == "policies":
        place.let(reader="GetObject", lister="ListBucket")
    asker = asker_of(case, place.connection, place.server.connection(READER), place.server.connection(LISTER))
    asker.read_only = True
    found = why(asker, uri)
    assert found.verdict is case.verdict, report(found)
    assert report(found).startswith(found.verdict.heading)
    assert all(known not in report(found) for known in ("owner-secret", "reader-secret", "not-the-secret"))
