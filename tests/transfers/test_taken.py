"""Which keys are taken is found out by few requests, and what nobody may tell is no guess."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import taken
from s3tui.transfers.bulk import Form
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_preflight import Make, actions, plan, requests


def listings(proxy: Proxy) -> list[dict[str, list[str]]]:
    found = [parse_qs(urlsplit(asked.path).query) for asked in proxy.asked]
    return [query for query in found if "list-type" in query and "max-keys" in query]


@pytest.mark.parametrize("ignored", [False, True])
def test_few_requests_for_many_keys(
    through: Connection, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch, ignored: bool
) -> None:
    """Also on a server that does not know StartAfter."""
    monkeypatch.setattr(taken, "_PAGE", 10)
    keys = [f"p/{group}/{number:02}" for group in "abyz" for number in range(12)]
    others = [f"p/m/{number:03}" for number in range(35)]
    for key in (*keys[::2], *others, "a", "z"):
        through.call("put_object", Bucket=bucket, Key=key, Body=b"x")
    if ignored:

        def forget(asked: Asked) -> None:
            asked.path = re.sub(r"&start-after=[^&]*", "", asked.path)

        proxy.rules.append(forget)
    proxy.asked.clear()
    seen = taken.taken(through, bucket, keys, CancelToken())
    assert set(seen.found) == set(keys[::2]) and not seen.unknown
    assert all(size == 1 and len(etag) == 32 for size, etag in seen.found.values())
    assert len(proxy.asked) <= (9 if ignored else 8)


def test_keys_far_apart_take_no_more_than_two_requests_each(
    through: Connection, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken, "_PAGE", 2)
    for number in range(30):
        through.call("put_object", Bucket=bucket, Key=f"{number:02}", Body=b"")
    wanted = [*(f"{number:02}" for number in range(5, 30, 6)), "é", "\U0001f600", "00", "20 "]
    proxy.asked.clear()
    seen = taken.taken(through, bucket, wanted, CancelToken())
    assert set(seen.found) == {key for key in wanted if key.isdigit()} and len(proxy.asked) <= 2 * len(wanted)


def test_who_may_not_look_is_told_so(through: Connection, proxy: Proxy, bucket: str, make: Make) -> None:
    denied = Treatment(instead=(403, b""))
    proxy.rules.append(lambda asked: denied if asked.method in ("GET", "HEAD") else None)
    files = [make(1, f"f{number}") for number in range(6)]
    made = plan(through, files, Form(S3Uri(bucket)))
    assert set(actions(made)) == {"new"} and any("6 keys (" in remark for remark in made.remarks)
    assert not any(request.overwrite for request in requests(made))
    made = plan(through, files, Form(S3Uri(bucket), if_exists="overwrite"))
    assert all(request.overwrite for request in requests(made))


def test_an_object_that_cannot_be_described_is_not_replaced(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    """As one that is encrypted with a customer's key."""
    proxy.rules.append(lambda asked: Treatment(instead=(400, b"")) if asked.method == "HEAD" else None)
    made = plan(through, [make(1)], Form(S3Uri(bucket)))
    [request] = requests(made)
    assert not request.overwrite and "1 key (“image.iso”) can't be looked up" in made.remarks[0]
