"""Which object goes to which key: all of a prefix, nothing beside it, and refused as a whole where it can't be."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import taken
from s3tui.transfers.copy_plan import existing, plan
from s3tui.transfers.failures import SameObject
from tests.s3.stub_server import Answer, Asked, stub
from tests.transfers.proxy import Proxy, Treatment


def fill(connection: Connection, bucket: str, *keys: str) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())


def planned(connection: Connection, bucket: str, sources: list[str], target: str) -> dict[str, str]:
    found = plan(connection, [S3Uri(bucket, key) for key in sources], S3Uri(bucket, target))
    return {each.source.key: each.target.key for each in found}


def test_a_prefix_is_taken_with_its_slash(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "photos/2024/a", "photos/2024/b/c", "photos/2024-old/a", "photos/2024")
    assert planned(connection, bucket, ["photos/2024/"], "archive/") == {
        "photos/2024/a": "archive/a",
        "photos/2024/b/c": "archive/b/c",
    }
    assert planned(connection, bucket, ["photos/2024/"], "archive") == {
        "photos/2024/a": "archive/a",
        "photos/2024/b/c": "archive/b/c",
    }


def test_one_object_becomes_the_target_or_goes_into_it(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "a/x.iso")
    assert planned(connection, bucket, ["a/x.iso"], "b/y.iso") == {"a/x.iso": "b/y.iso"}
    assert planned(connection, bucket, ["a/x.iso"], "b/") == {"a/x.iso": "b/x.iso"}


def test_several_keep_their_names_below_what_they_share(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "a/x", "a/b/y", "a/b/z/z")
    assert planned(connection, bucket, ["a/x", "a/b/"], "t/") == {"a/x": "t/x", "a/b/y": "t/b/y", "a/b/z/z": "t/b/z/z"}
    with pytest.raises(BadInput, match="need a prefix"):
        planned(connection, bucket, ["a/x", "a/b/"], "t")


def test_a_row_says_what_was_seen(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "a/x")
    [one] = plan(connection, [S3Uri(bucket, "a/")], S3Uri(bucket, "b/"))
    [other] = plan(connection, [S3Uri(bucket, "a/x")], S3Uri(bucket, "b/"))
    assert one == other and (one.size, len(one.etag)) == (3, 32)


def test_not_into_itself(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "a/x", "a-b/x")
    with pytest.raises(BadInput, match="into itself"):
        planned(connection, bucket, ["a/"], "a/old/")
    with pytest.raises(BadInput, match="into itself"):
        planned(connection, bucket, [""], "a/old/")
    for source in ("a/", "a/x"):
        with pytest.raises(SameObject):
            planned(connection, bucket, [source], source)
    assert planned(connection, bucket, ["a/"], "a-b/")


def test_no_object_becomes_one_that_is_to_go_itself(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "a/a/x", "a/x")
    with pytest.raises(BadInput, match="is to be copied itself"):
        planned(connection, bucket, ["a/"], "")


def test_two_for_one_key_are_refused(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, "a/x")
    with pytest.raises(BadInput, match="would both become"):
        planned(connection, bucket, ["a/", "a/x"], "t/")


def test_keys_that_get_too_long_are_refused(connection: Connection, bucket: str) -> None:
    fill(connection, bucket, f"a/{'x' * 1000}")
    with pytest.raises(BadInput, match="1,024"):
        planned(connection, bucket, ["a/"], f"{'y' * 30}/")


def test_nothing_there_is_said(connection: Connection, bucket: str) -> None:
    for source in ("a/", "a"):
        with pytest.raises(errors.NoSuchKey):
            planned(connection, bucket, [source], "b/")


def test_the_object_of_the_prefix_itself_goes_too(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a/")
    fill(connection, bucket, "a/x")
    assert planned(connection, bucket, ["a/"], "b/") == {"a/": "b/", "a/x": "b/x"}
    assert planned(connection, bucket, ["a/"], "") == {"a/x": "x"}


def test_a_list_that_breaks_off_is_no_plan(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    fill(connection, bucket, "a/x")
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if "list-type" in asked.path else None)
    with pytest.raises(errors.AccessDenied):
        planned(through, bucket, ["a/"], "b/")


@pytest.mark.parametrize("asked_singly", [0, 4])
def test_what_is_taken_is_found(
    connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch, asked_singly: int
) -> None:
    monkeypatch.setattr(taken, "ASKED_SINGLY", asked_singly)
    fill(connection, bucket, "a/x", "a/y", "b/y", "b/z")
    found = list(plan(connection, [S3Uri(bucket, "a/")], S3Uri(bucket, "b/")))
    there = existing(connection, found)
    assert there.found.keys() == {"b/y"} and not there.unknown
    assert there.replacing("b/y") == (True, there.found["b/y"][1]) and there.replacing("b/x") == (False, None)
    assert existing(connection, []).found == {}


NAMES = st.lists(st.sampled_from(["a", "b", "a-b", "é", "..", "a b"]), min_size=1, max_size=4).map("/".join)


def _listing(keys: set[str]) -> str:
    rows = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
        f"<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in sorted(keys, key=lambda key: key.encode())
    )
    return f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>'


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(NAMES, min_size=1, max_size=6), prefix=NAMES, target=NAMES)
def test_a_plan_takes_all_of_a_prefix_and_nothing_else(keys: set[str], prefix: str, target: str) -> None:
    prefix, target = f"{prefix}/", f"{target}/"
    below = {key for key in keys if key.startswith(prefix)}

    def answer(asked: Asked) -> Answer:
        wanted = parse_qs(urlsplit(asked.path).query)["prefix"][0]
        return Answer(200, _listing({key for key in keys if key.startswith(wanted)}).encode())

    with stub(answer) as running:
        try:
            found = list(plan(Connection(running.profile), [S3Uri("b", prefix)], S3Uri("b", target)))
        except (BadInput, SameObject):
            new = {target + key[len(prefix) :] for key in below}
            assert target.startswith(prefix) or new & below
        except errors.NoSuchKey:
            assert not below
        else:
            assert {each.source.key for each in found} == below
            assert all(each.target.key == target + each.source.key[len(prefix) :] for each in found)
            assert len({each.target.key for each in found}) == len(found)
