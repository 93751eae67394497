"""Many objects copied and moved at once: nothing lost or replaced, each compared, whatever lines and servers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import carried, errors, objects, tags
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.s3.versions import versions_of
from s3tui.transfers import create_only, flood_copy
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_notes import identity
from s3tui.transfers.failures import AlreadyExists, Differs, SameObject
from s3tui.transfers.flood import End
from s3tui.transfers.flood_copy import copy_all
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.progress import Outcome
from s3tui.transfers.queue import Queue
from tests import hostile
from tests.floods import ends_of
from tests.transfers.conftest import content
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import is_copy, put
from tests.transfers.test_flood import states
from tests.transfers.test_move import exists

NUMBERS = range(10)  # more than go one by one
FAILED_LATE = b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code><Message>late</Message></Error>"
PRECONDITION = b"<Error><Code>PreconditionFailed</Code></Error>"


@pytest.fixture
def filled(connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket with objects that differ, each with metadata. Its objects have no access list to ask for. They take
    some rounds."""
    monkeypatch.setattr(flood_copy, "_ROUND", 4)
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    connection.call("put_bucket_ownership_controls", Bucket=bucket, OwnershipControls=enforced)
    for number in NUMBERS:
        put(connection, bucket, f"from/{number:02}", Body=str(number).encode(), Metadata={"number": str(number)})
    return bucket


@pytest.fixture
def honouring(proxy: Proxy, connection: Connection) -> Iterator[None]:
    """moto copies in spite of `If-None-Match`; AWS, Ceph and others don't."""

    def look(asked: Asked) -> Treatment | None:
        if not is_copy(asked) or "if-none-match" not in asked.headers:
            return None
        _, bucket, key = asked.path.split("/", 2)
        return Treatment(instead=(412, PRECONDITION)) if exists(connection, S3Uri(bucket, key)) else None

    proxy.rules.append(look)
    yield


def copying(bucket: str, kind: type[CopyRequest] | type[MoveRequest] = CopyRequest, **more: Any) -> list[Any]:
    return [kind(S3Uri(bucket, f"from/{n:02}"), S3Uri(bucket, f"to/{n:02}"), **more) for n in NUMBERS]


def flood(connection: Connection, requests: list[Any], token: CancelToken | None = None) -> list[End]:
    return ends_of(copy_all, connection, requests, token)


def sent(proxy: Proxy, method: str) -> list[str]:
    return [asked.path for asked in proxy.asked if asked.method == method]


def test_each_takes_two_requests_and_a_list_tells_that_they_are_copies(
    through: Connection, connection: Connection, proxy: Proxy, filled: str, honouring: None
) -> None:
    assert states(flood(through, copying(filled))) == {"verified"}
    for number in NUMBERS:
        assert content(connection, filled, f"to/{number:02}") == str(number).encode()
        told = objects.head(connection, S3Uri(filled, f"to/{number:02}")).metadata
        assert told.user == (("number", str(number)),)
    # The first goes the ordinary way, and is sent once more to see that it is not replaced.
    assert len([asked for asked in proxy.asked if is_copy(asked)]) == len(NUMBERS) + 1
    assert len(sent(proxy, "HEAD")) <= len(NUMBERS) + 4


@pytest.mark.parametrize(("kind", "overwrite"), [(CopyRequest, False), (MoveRequest, False), (MoveRequest, True)])
def test_what_is_there_is_replaced_only_when_chosen(
    through: Connection, filled: str, honouring: None, kind: type[CopyRequest], overwrite: bool
) -> None:
    for number in NUMBERS[::3]:
        put(through, filled, f"to/{number:02}", Body=b"mine")
    ends = flood(through, copying(filled, kind, overwrite=overwrite))
    for number, end in enumerate(ends):
        there = number % 3 == 0
        assert isinstance(end, AlreadyExists) == (there and not overwrite), end
        stays = b"mine" if there and not overwrite else str(number).encode()
        assert content(through, filled, f"to/{number:02}") == stays
        assert exists(through, S3Uri(filled, f"from/{number:02}")) == (kind is CopyRequest or stays == b"mine")


def test_where_conditions_are_ignored_each_target_is_looked_at(connection: Connection, filled: str) -> None:
    # It honours them for uploads, which says nothing of copies.
    create_only._honouring.setdefault(connection, set()).add((filled, "put_object"))
    put(connection, filled, "to/09", Body=b"mine")
    ends = flood(connection, copying(filled))
    assert isinstance(ends.pop(9), AlreadyExists)
    assert states(ends) == {"verified"}
    assert content(connection, filled, "to/09") == b"mine"
    assert not create_only.is_honoured(connection, filled, "copy_object")


def test_everything_that_belongs_to_them_comes_along(connection: Connection, filled: str) -> None:
    more: list[dict[str, Any]] = [
        {"Tagging": "a=1"},
        {"StorageClass": "STANDARD_IA"},
        {"WebsiteRedirectLocation": "/there", "CacheControl": "no-store"},
        {"ServerSideEncryption": "AES256"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key-1"},
        {"ChecksumAlgorithm": "SHA256", "ContentType": "image/png"},
    ]
    for number in NUMBERS:
        put(connection, filled, f"from/{number:02}", Body=str(number).encode(), **more[number % len(more)])
    ends = flood(connection, copying(filled))
    assert states(ends) == {"verified"}
    for number in NUMBERS:
        source, copy = (objects.head(connection, S3Uri(filled, f"{at}/{number:02}")) for at in ("from", "to"))
        assert copy.metadata == source.metadata
        assert (copy.storage_class, copy.encryption, copy.checksums, copy.tag_count) == (
            source.storage_class,
            source.encryption,
            source.checksums,
            source.tag_count,
        )
    assert tags.read(connection, S3Uri(filled, "to/00")) == {"a": "1"}


def test_an_access_list_comes_along(connection: Connection, bucket: str) -> None:
    for number in NUMBERS:
        put(connection, bucket, f"from/{number:02}", ACL="public-read" if number % 2 else "private")
    assert states(flood(connection, copying(bucket))) == {"verified"}
    for number in NUMBERS:
        lists = [carried.read_acl(connection, S3Uri(bucket, f"{at}/{number:02}")) for at in ("from", "to")]
        assert lists[0] == lists[1]
        assert lists[0].is_private == (number % 2 == 0)


def test_a_server_that_loses_a_kind_of_metadata_is_found_out(through: Connection, proxy: Proxy, filled: str) -> None:
    """Its first answer is enough: all of that kind are compared in full."""

    def forget(asked: Asked) -> Treatment | None:
        if is_copy(asked):
            asked.headers |= {"x-amz-metadata-directive": "REPLACE"}
        return None

    proxy.rules.append(forget)
    ends = flood(through, copying(filled, MoveRequest))
    assert states(ends) == {"sent but not verified"}
    assert all("number is missing" in str(end) for end in ends)
    assert all(exists(through, S3Uri(filled, f"from/{number:02}")) for number in NUMBERS)


def test_hostile_keys(connection: Connection, bucket: str) -> None:
    names = [*hostile.TEXTS[::2], *hostile.MARKUP[::4], hostile.SEQUENCES["bidi"]]
    for name in names:
        put(connection, bucket, f"from/{name}", Body=name.encode())
    requests = [MoveRequest(S3Uri(bucket, f"from/{name}"), S3Uri(bucket, f"to/{name}")) for name in names]
    assert states(flood(connection, requests)) == {"verified"}
    for name in names:
        assert content(connection, bucket, f"to/{name}") == name.encode()
        assert not exists(connection, S3Uri(bucket, f"from/{name}"))


# ---- the source


def test_another_object_than_was_chosen_is_refused(connection: Connection, filled: str) -> None:
    requests = [
        MoveRequest(each.source, each.target, etag=objects.head(connection, each.source).etag)
        for each in copying(filled)
    ]
    put(connection, filled, "from/07", Body=b"other")
    ends = flood(connection, requests)
    assert isinstance(ends.pop(7), errors.Changed)
    assert states(ends) == {"verified"}
    assert content(connection, filled, "from/07") == b"other"


@pytest.mark.parametrize("kind", [CopyRequest, MoveRequest])
def test_a_source_that_changes_while_it_is_copied_is_found_out(
    through: Connection, connection: Connection, proxy: Proxy, filled: str, kind: type[CopyRequest]
) -> None:
    def change(asked: Asked) -> Treatment | None:
        if is_copy(asked) and asked.path.endswith("/08"):  # moto knows no condition on the source
            return Treatment(before=lambda: put(connection, filled, "from/08", Body=b"other"))
        return None

    proxy.once(change)
    ends = flood(through, copying(filled, kind))
    assert isinstance(ends.pop(8), Differs)
    assert states(ends) == {"verified"}
    assert content(connection, filled, "from/08") == b"other"


def test_a_source_that_changes_after_its_copy_is_not_deleted(
    through: Connection, connection: Connection, proxy: Proxy, filled: str
) -> None:
    def change(asked: Asked) -> Treatment | None:
        if "list-type=2" not in asked.path:
            return None
        return Treatment(before=lambda: put(connection, filled, "from/05", Body=b"5", Metadata={"number": "new"}))

    proxy.once(change)
    ends = flood(through, copying(filled, MoveRequest))
    kept = ends.pop(5)
    assert isinstance(kept, Outcome) and kept.state == "sent but not verified" and "changed meanwhile" in kept.detail
    assert states(ends) == {"verified"}
    assert [number for number in NUMBERS if exists(connection, S3Uri(filled, f"from/{number:02}"))] == [5]


def test_originals_go_by_the_batch_and_only_those_of_verified_copies(
    through: Connection, proxy: Proxy, filled: str, honouring: None
) -> None:
    put(through, filled, "to/03", Body=b"mine")
    ends = flood(through, copying(filled, MoveRequest))
    assert isinstance(ends.pop(3), AlreadyExists)
    assert states(ends) == {"verified"} and all("original is deleted" in str(end) for end in ends)
    assert len(sent(proxy, "POST")) == 1 and not sent(proxy, "DELETE")
    [deletion] = [asked for asked in proxy.asked if asked.method == "POST"]
    assert deletion.body.count(b"<ETag>&quot;") == len(NUMBERS) - 1
    assert [number for number in NUMBERS if exists(through, S3Uri(filled, f"from/{number:02}"))] == [3]


@pytest.mark.parametrize(
    ("treatment", "is_there"),
    [
        (Treatment(instead=(501, b"<Error><Code>NotImplemented</Code></Error>")), False),
        (Treatment(lose=True), False),
        (Treatment(instead=(500, b"")), True),
    ],
    ids=["not known", "answer lost", "fault"],
)
def test_what_became_of_originals_is_found_out(
    through: Connection, proxy: Proxy, filled: str, treatment: Treatment, is_there: bool
) -> None:
    proxy.rules.append(lambda asked: treatment if asked.method == "POST" else None)
    ends = flood(through, copying(filled, MoveRequest))
    assert states(ends) == {"sent but not verified" if is_there else "verified"}
    assert {exists(through, each.source) for each in copying(filled)} == {is_there}


def test_one_original_that_is_refused_is_told_alone(through: Connection, proxy: Proxy, filled: str) -> None:
    refusal = (
        b"<DeleteResult><Error><Key>from/04</Key><Code>AccessDenied</Code></Error>"
        + b"".join(b"<Deleted><Key>from/%02d</Key></Deleted>" % n for n in NUMBERS if n != 4)
        + b"</DeleteResult>"
    )
    proxy.rules.append(lambda asked: Treatment(instead=(200, refusal)) if asked.method == "POST" else None)
    ends = flood(through, copying(filled, MoveRequest))
    refused = ends.pop(4)
    assert isinstance(refused, Outcome) and "The copy is there, and the original is too" in refused.detail
    assert states(ends) == {"verified"}


def test_originals_with_versions_get_one_marker_each(connection: Connection, filled: str) -> None:
    connection.call("put_bucket_versioning", Bucket=filled, VersioningConfiguration={"Status": "Enabled"})
    ends = flood(connection, copying(filled, MoveRequest))
    assert states(ends) == {"verified"}
    for each in copying(filled):
        markers = [version.is_delete_marker for version in versions_of(connection, each.source).versions]
        assert markers == [True, False]


# ---- lines and servers


@pytest.mark.parametrize("treatment", [Treatment(lose=True), Treatment(instead=(503, b""))], ids=["lost", "busy"])
def test_what_is_lost_on_the_line_is_asked_for_again(
    through: Connection, proxy: Proxy, filled: str, honouring: None, treatment: Treatment
) -> None:
    """When it was the answer that got lost, the second attempt is refused because of the first."""
    rules = proxy.rules[:]
    proxy.rules.clear()
    for number in NUMBERS[3::5]:
        end = f"/to/{number:02}"
        proxy.once(lambda asked, end=end: treatment if is_copy(asked) and asked.path.endswith(end) else None)  # type: ignore[misc]
    proxy.rules += rules
    assert states(flood(through, copying(filled))) == {"verified"}
    assert [content(through, filled, f"to/{n:02}") for n in NUMBERS] == [str(n).encode() for n in NUMBERS]


@pytest.mark.parametrize("treatment", [Treatment(instead=(200, FAILED_LATE)), Treatment(instead=(200, b""))])
def test_a_success_without_a_result_is_asked_again(
    through: Connection, proxy: Proxy, filled: str, honouring: None, treatment: Treatment
) -> None:
    for end in ("/to/03", "/to/07"):
        proxy.once(lambda asked, end=end: treatment if is_copy(asked) and asked.path.endswith(end) else None)  # type: ignore[misc]
    assert states(flood(through, copying(filled))) == {"verified"}
    assert [content(through, filled, f"to/{n:02}") for n in NUMBERS] == [str(n).encode() for n in NUMBERS]


def test_what_is_described_alike_is_copied_with_its_own_metadata(through: Connection, filled: str) -> None:
    """And what isn't alike with what it has: one more entry, another type."""
    for number, more in ((4, {"ContentType": "text/html"}), (6, {"CacheControl": "no-store"})):
        metadata = {"number": f"{number}", "other": "x"}
        put(through, filled, f"from/{number:02}", Body=b"new", Metadata=metadata, **more)
    assert states(flood(through, copying(filled))) == {"verified"}
    for number in NUMBERS:
        source, copy = (objects.head(through, S3Uri(filled, f"{at}/{number:02}")) for at in ("from", "to"))
        assert copy.metadata == source.metadata and (copy.etag, copy.size) == (source.etag, source.size)


def test_a_list_that_lies_is_not_what_decides(through: Connection, proxy: Proxy, filled: str) -> None:
    empty = Treatment(instead=(200, b"<ListBucketResult><Name>b</Name></ListBucketResult>"))
    proxy.rules.append(lambda asked: empty if "list-type=2" in asked.path else None)
    assert states(flood(through, copying(filled))) == {"verified"}
    assert len(sent(proxy, "HEAD")) >= 2 * len(NUMBERS)


def test_one_that_fails_fails_alone(connection: Connection, filled: str) -> None:
    requests = copying(filled)
    requests[4] = CopyRequest(S3Uri(filled, "from/gone"), S3Uri(filled, "to/gone"))
    requests[6] = CopyRequest(S3Uri(filled, "from/06"), S3Uri(filled, "x" * 1025))
    requests[8] = CopyRequest(S3Uri(filled, "from/08"), S3Uri(filled, "from/08"), overwrite=True)
    ends = flood(connection, requests)
    assert isinstance(ends.pop(8), SameObject)
    assert "1,025 bytes" in str(ends.pop(6))
    assert isinstance(ends.pop(4), errors.NoSuchKey)
    assert states(ends) == {"verified"}


@pytest.mark.parametrize("kind", [CopyRequest, MoveRequest])
def test_a_read_only_connection_sends_nothing(
    through: Connection, proxy: Proxy, filled: str, kind: type[CopyRequest]
) -> None:
    through.read_only = True
    assert states(flood(through, copying(filled, kind))) == {"ReadOnly"}
    assert not proxy.asked


def test_cancelled_in_the_middle(through: Connection, proxy: Proxy, filled: str) -> None:
    token = CancelToken()
    stop = Treatment(before=token.cancel)
    proxy.rules.append(lambda asked: stop if is_copy(asked) and asked.path.endswith("/03") else None)
    ends = flood(through, copying(filled, MoveRequest), token)
    assert isinstance(ends[-1], Cancelled)
    assert not sent(proxy, "POST") and not sent(proxy, "DELETE")
    assert all(exists(through, S3Uri(filled, f"from/{number:02}")) for number in NUMBERS)


# ---- in the queue


def test_the_queue_moves_many_together_and_notes_what_it_is_about_to_do(
    through: Connection, proxy: Proxy, filled: str, tmp_path: Path
) -> None:
    queue = Queue(journal=Journal(tmp_path))
    queue.at_once = 1  # a second thread may take one of them before all go together
    noted: list[object] = []

    def look(asked: Asked) -> Treatment | None:
        if asked.method != "POST":
            return None
        numbers = [view.number for view in queue.snapshot()]
        return Treatment(before=lambda: noted.extend(queue.journal.request(each)[1].get("moved") for each in numbers))

    proxy.rules.append(look)
    queue.submit_all(through, copying(filled, MoveRequest))
    assert queue._wait_for_all(60)
    assert {view.state for view in queue.snapshot()} == {"verified"}
    assert len(noted) == len(NUMBERS) and all(noted)  # before an original was deleted
    assert len(sent(proxy, "POST")) == 1
    assert not any(exists(through, each.source) for each in copying(filled))
    assert not any(view.left for view in queue.snapshot())
    queue.journal.close()


def test_what_a_killed_process_had_copied_goes_on(connection: Connection, filled: str, tmp_path: Path) -> None:
    """It had noted what it was about to copy: what is there is ours."""
    requests = copying(filled, MoveRequest)
    journal, here = Journal(tmp_path), connection.profile
    _, rows = journal.add(Whom(here.name, here.endpoint, here.region, here.origin), requests)
    journal.set_state([row.number for row in rows], "running", "", {"waiting"})
    facts = {
        row.number: {"copying": identity(objects.head(connection, request.source))}
        for row, request in zip(rows, requests, strict=True)
    }
    journal.set_notes(facts)
    for request in requests[:7]:
        place = {"Bucket": filled, "Key": request.source.key}
        connection.call("copy_object", Bucket=filled, Key=request.target.key, CopySource=place)
    journal.close()
    queue = Queue(journal=Journal(tmp_path), connect=lambda whom: connection)
    assert queue.load() == len(NUMBERS) and queue.resume() == len(NUMBERS)
    assert queue._wait_for_all(60)
    assert {view.state for view in queue.snapshot()} == {"verified"}, queue.snapshot()
    assert not any(exists(connection, each.source) for each in requests)
    queue.journal.close()
