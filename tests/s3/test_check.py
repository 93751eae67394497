from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.check import Step, check
from tests.s3.stub_server import Answer, stub

ORDER = ["Name resolves", "Port answers", "TLS", "Signature accepted", "Buckets listed", "Clock"]
DENIED = Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
LISTING = b"<ListBucketResult><Name>b</Name></ListBucketResult>"


def steps(profile: Profile) -> dict[str, Step]:
    found = list(check(profile))
    assert [step.name for step in found] == ORDER
    return {step.name: step for step in found}


def states(found: dict[str, Step]) -> str:
    return " ".join(step.state for step in found.values())


def test_all_is_well(profile: Profile, bucket: str) -> None:
    found = steps(profile)
    assert states(found) == "ok ok skipped ok ok ok"
    assert "127.0.0.1" in found["Name resolves"].detail


def test_a_name_that_does_not_resolve_stops_there(profile: Profile) -> None:
    found = steps(replace(profile, endpoint="https://nowhere.invalid"))
    assert states(found) == "failed skipped skipped skipped skipped skipped"
    assert "DNS" in found["Name resolves"].advice


def test_a_closed_port(profile: Profile) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = steps(replace(profile, endpoint=f"http://127.0.0.1:{port}"))
    assert states(found) == "ok failed skipped skipped skipped skipped"


def test_https_where_http_is_spoken(profile: Profile, endpoint: str) -> None:
    found = steps(replace(profile, endpoint=endpoint.replace("http", "https")))
    assert states(found) == "ok ok failed skipped skipped skipped"
    assert "http://" in found["TLS"].advice


@pytest.mark.parametrize("endpoint", ["localhost:9000", "http://", "http://host:port"])
def test_what_is_no_endpoint(profile: Profile, endpoint: str) -> None:
    assert "https://host:port" in steps(replace(profile, endpoint=endpoint))["Name resolves"].advice


def test_a_wrong_secret_still_tells_the_clock() -> None:
    refusal = Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
    with stub(lambda asked: refusal) as server:
        found = steps(server.profile)
    assert states(found) == "ok ok skipped failed skipped ok"
    assert "HTTP 403 SignatureDoesNotMatch" in found["Signature accepted"].detail


def test_a_clock_that_is_off_is_named_as_the_reason() -> None:
    late = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}
    refusal = Answer(403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>", late)
    with stub(lambda asked: refusal) as server:
        found = steps(server.profile)
    assert states(found) == "ok ok skipped failed skipped failed"
    assert "behind" in found["Clock"].detail


def test_buckets_may_not_be_listed() -> None:
    with stub(lambda asked: DENIED) as server:
        found = steps(server.profile)
    assert states(found) == "ok ok skipped ok failed ok"
    assert "Name the buckets" in found["Buckets listed"].advice


def test_buckets_need_not_be_listed_when_the_profile_names_them() -> None:
    with stub(lambda asked: Answer(200, LISTING) if asked.path.startswith("/b1") else DENIED) as server:
        found = steps(replace(server.profile, buckets=("b1",)))
        assert states(found) == "ok ok skipped ok ok ok"
        assert "not needed" in found["Buckets listed"].detail
        assert states(steps(replace(server.profile, buckets=("b1", "b2")))) == "ok ok skipped ok failed ok"


def test_anonymous_signs_nothing() -> None:
    with stub(lambda asked: DENIED) as server:
        found = steps(replace(server.profile, credentials="anonymous"))
    assert states(found) == "ok ok skipped skipped failed ok"


def test_a_secret_that_is_not_known(profile: Profile) -> None:
    found = steps(replace(profile, name="nobody-knows"))
    assert states(found) == "ok ok skipped failed skipped skipped"


def test_nothing_secret_is_told(profile: Profile) -> None:
    remember("loud", Keys("AKIALOUD", "hidden-secret", "hidden-token"))
    assert "hidden" not in repr(list(check(replace(profile, name="loud"))))


def test_behind_a_proxy_the_proxy_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>")) as server:
        monkeypatch.setenv("HTTP_PROXY", server.endpoint)
        found = steps(replace(server.profile, endpoint="http://only.the.proxy.knows.invalid"))
    assert states(found) == "ok ok skipped ok ok ok"
    assert "proxy" in found["Port answers"].detail
