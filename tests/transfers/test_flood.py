"""Many small files at once: one request each, nothing replaced, each compared, and what bad lines and servers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, objects, tags
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import AlreadyExists, FileChanged, LocalFailure
from s3tui.transfers.flood import SMALL, End, upload_all
from s3tui.transfers.progress import Outcome
from s3tui.transfers.source import identity_of
from s3tui.transfers.upload import UploadRequest
from tests.floods import ends_of, few_on_their_way
from tests.hostile import NAMES
from tests.transfers.conftest import content
from tests.transfers.proxy import Asked, Proxy, Treatment

Make = Callable[..., Path]
KEYS = [f"files/{number:02}.bin" for number in range(30)]


def flood(
    connection: Connection, path: Path, bucket: str, keys: list[str], token: CancelToken | None = None, **more: object
) -> list[End]:
    requests = [UploadRequest(path, S3Uri(bucket, key), **more) for key in keys]  # type: ignore[arg-type]
    return ends_of(upload_all, connection, requests, token)


def states(ends: list[End]) -> set[str]:
    return {getattr(end, "state", type(end).__name__) for end in ends}


def puts(proxy: Proxy) -> list[str]:
    return [asked.path for asked in proxy.asked if asked.method == "PUT"]


def test_each_goes_in_one_request_and_a_list_tells_that_they_arrived(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    path = make(4096)
    assert states(flood(through, path, bucket, KEYS)) == {"verified"}
    assert {content(through, bucket, key) for key in KEYS} == {path.read_bytes()}
    # The first goes the ordinary way, and is sent once more to see that it is not replaced.
    assert len(puts(proxy)) == len(KEYS) + 1
    assert len([asked for asked in proxy.asked if asked.method == "HEAD"]) <= 3


def test_any_name_content_and_metadata(connection: Connection, bucket: str, make: Make) -> None:
    keys = [name for name in NAMES if "\x0b" not in name]  # which moto can't hold, whoever sends it
    path = make(100, "note.txt")
    ends = flood(connection, path, bucket, keys, metadata={"note": "é x"}, tags={"a b": "c=d"})
    assert states(ends) == {"verified"}
    for key in keys:
        info = objects.head(connection, S3Uri(bucket, key))
        assert info.metadata.content_type == "text/plain"
        assert info.metadata.user[0][0] == "note"
        assert tags.read(connection, S3Uri(bucket, key)) == {"a b": "c=d"}
        assert content(connection, bucket, key) == path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1])
def test_any_size(connection: Connection, bucket: str, make: Make, size: int) -> None:
    path = make(size)
    assert states(flood(connection, path, bucket, KEYS[:4])) == {"verified"}
    assert {content(connection, bucket, key) for key in KEYS[:4]} == {path.read_bytes()}


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_there_is_replaced_only_if_that_was_chosen(
    connection: Connection, bucket: str, make: Make, overwrite: bool
) -> None:
    path, there = make(10), KEYS[::7]
    for key in there:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"old")
    ends = flood(connection, path, bucket, KEYS, overwrite=overwrite)
    for key, end in zip(KEYS, ends, strict=True):
        kept = key in there and not overwrite
        assert isinstance(end, AlreadyExists) == kept
        assert content(connection, bucket, key) == (b"old" if kept else path.read_bytes())


def ignores_the_condition(asked: Asked) -> None:
    """As some servers do."""
    asked.headers.pop("if-none-match", None)


def test_nothing_is_replaced_where_the_condition_is_ignored(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    for key in KEYS[::7]:
        through.call("put_object", Bucket=bucket, Key=key, Body=b"old")
    proxy.rules.append(ignores_the_condition)
    ends = flood(through, make(10), bucket, KEYS)
    assert [isinstance(end, AlreadyExists) for end in ends] == [key in KEYS[::7] for key in KEYS]
    assert {content(through, bucket, key) for key in KEYS[::7]} == {b"old"}


def test_one_that_may_replace_says_nothing_of_the_others(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    """A plan has both in one job."""
    for key in KEYS[::7]:
        through.call("put_object", Bucket=bucket, Key=key, Body=b"old")
    proxy.rules.append(ignores_the_condition)
    path = make(10)
    requests = [UploadRequest(path, S3Uri(bucket, key), overwrite=number % 2 == 0) for number, key in enumerate(KEYS)]
    ends = ends_of(upload_all, through, requests)
    for number, (key, end) in enumerate(zip(KEYS, ends, strict=True)):
        kept = key in KEYS[::7] and number % 2 == 1
        assert isinstance(end, AlreadyExists) == kept
        assert content(through, bucket, key) == (b"old" if kept else path.read_bytes())


def test_nothing_is_replaced_where_the_condition_is_refused(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    through.call("put_object", Bucket=bucket, Key=KEYS[5], Body=b"old")
    refusal = Treatment(instead=(501, b"<Error><Code>NotImplemented</Code></Error>"))
    proxy.rules.append(lambda asked: refusal if "if-none-match" in asked.headers else None)
    ends = flood(through, make(10), bucket, KEYS)
    assert [isinstance(end, AlreadyExists) for end in ends] == [key == KEYS[5] for key in KEYS]
    assert content(through, bucket, KEYS[5]) == b"old"


@pytest.mark.parametrize(
    "treatment", [Treatment(lose=True), Treatment(instead=(503, b"<Error><Code>SlowDown</Code></Error>"))]
)
def test_a_lost_or_refused_answer_is_settled(
    through: Connection, proxy: Proxy, bucket: str, make: Make, treatment: Treatment
) -> None:
    """When it was the answer that got lost, the second attempt is refused because of the first."""
    for key in KEYS[3::5]:
        proxy.once(lambda asked, key=key: treatment if asked.method == "PUT" and asked.path.endswith(key) else None)  # type: ignore[misc]
    path = make(4096)
    assert states(flood(through, path, bucket, KEYS)) == {"verified"}
    assert {content(through, bucket, key) for key in KEYS} == {path.read_bytes()}


def test_a_list_that_fails_or_lies_is_not_what_decides(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    empty = Treatment(instead=(200, b"<ListBucketResult><Name>b</Name></ListBucketResult>"))
    proxy.rules.append(lambda asked: empty if "list-type=2" in asked.path else None)
    assert states(flood(through, make(10), bucket, KEYS)) == {"verified"}
    assert len([asked for asked in proxy.asked if asked.method == "HEAD"]) >= len(KEYS)


def test_one_that_fails_fails_alone(connection: Connection, bucket: str, make: Make, tmp_path: Path) -> None:
    good = make(10)
    requests = [UploadRequest(good, S3Uri(bucket, key)) for key in KEYS]
    requests[9] = UploadRequest(tmp_path / "gone", S3Uri(bucket, KEYS[9]))
    requests[11] = UploadRequest(good, S3Uri(bucket, "x" * 1025))
    ends = ends_of(upload_all, connection, requests)
    assert "1,025 bytes" in str(ends.pop(11))
    assert isinstance(ends.pop(9), LocalFailure)
    assert states(ends) == {"verified"}


@pytest.mark.parametrize("change", ["rewritten", "longer", "shorter", "replaced", "gone"])
def test_a_file_that_changes_before_its_turn_goes_as_it_is_now_or_not_at_all(
    change: str,
    through: Connection,
    proxy: Proxy,
    bucket: str,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few_on_their_way(monkeypatch)
    good, path = make(4096, "good"), make(4096, "changing")
    before = path.read_bytes()

    def make_change() -> None:
        match change:
            case "rewritten":
                path.write_bytes(b"n" * 4096)
            case "longer":
                path.write_bytes(before + b"n")
            case "shorter":
                path.write_bytes(before[:9])
            case "replaced":
                (tmp_path / "new").write_bytes(before)
                (tmp_path / "new").replace(path)
            case "gone":
                path.unlink()

    treatment = Treatment(before=make_change)
    proxy.rules.append(lambda asked: treatment if asked.method == "PUT" and asked.path.endswith(KEYS[9]) else None)
    requests = [UploadRequest(good, S3Uri(bucket, key)) for key in KEYS]
    requests[20] = UploadRequest(path, S3Uri(bucket, KEYS[20]))
    requests[21] = UploadRequest(path, S3Uri(bucket, KEYS[21]), seen=identity_of(path.stat()))
    ends = ends_of(upload_all, through, requests)
    chosen, other = ends.pop(21), ends.pop(20)
    assert states(ends) == {"verified"}
    assert isinstance(chosen, LocalFailure if change == "gone" else FileChanged)
    assert not any(put.endswith(KEYS[21]) for put in puts(proxy))
    if change == "gone":
        assert isinstance(other, LocalFailure)
    else:
        assert isinstance(other, Outcome)
        assert other.state == "verified"
        assert content(through, bucket, KEYS[20]) == path.read_bytes()


def test_a_read_only_connection_sends_nothing(through: Connection, proxy: Proxy, bucket: str, make: Make) -> None:
    through.read_only = True
    ends = flood(through, make(10), bucket, KEYS)
    assert all(isinstance(end, errors.ReadOnly) for end in ends)
    assert puts(proxy) == []


def test_cancelled_in_the_middle(
    through: Connection, proxy: Proxy, bucket: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_on_their_way(monkeypatch)
    token = CancelToken()
    stop = Treatment(before=token.cancel)
    proxy.rules.append(lambda asked: stop if asked.method == "PUT" and asked.path.endswith(KEYS[12]) else None)
    ends = flood(through, make(10), bucket, KEYS, token)
    assert isinstance(ends[-1], Cancelled)
    assert states(ends) == {"verified", "Cancelled"}
    assert {content(through, bucket, key) for key, end in zip(KEYS, ends, strict=True) if isinstance(end, Outcome)}
    assert not any(asked.path.endswith(KEYS[-1]) for asked in proxy.asked)
