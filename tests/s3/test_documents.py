"""Bucket documents on a real server, and on servers that don't know them or keep something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from s3tui.errors import BadInput
from s3tui.s3 import backups, documents, errors
from s3tui.s3.client import Connection
from s3tui.s3.document_kinds import KindName, Rule
from tests.s3.stub_server import Answer, Asked, stub

LOGS: Rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
TAGGED: Rule = {
    "ID": "tagged",
    "Status": "Disabled",
    "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "ü<&>"}]}},
    "Transitions": [{"Days": 3, "StorageClass": "GLACIER"}, {"Days": 90, "StorageClass": "DEEP_ARCHIVE"}],
    "NoncurrentVersionExpiration": {"NoncurrentDays": 5},
}
DATED: Rule = {
    "ID": "dated",
    "Status": "Enabled",
    "Filter": {"Tag": {"Key": "a", "Value": "b"}},
    "Expiration": {"Date": "2031-01-01T00:00:00Z"},
}
ABORTING: Rule = {
    "ID": "aborting",
    "Status": "Enabled",
    "Filter": {"Prefix": "x/"},
    "Expiration": {"Days": 1},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
SITE: Rule = {
    "ID": "site",
    "AllowedOrigins": ["https://*.example.com", "https://b.example"],
    "AllowedMethods": ["GET", "HEAD"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 600,
}
ANYONE: Rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LOOK_AGAIN", (0.0, 0.0))


def held(connection: Connection, bucket: str, kind: KindName) -> tuple[Rule, ...]:
    document = documents.get(connection, bucket, kind)
    assert document is not None
    return document.rules


def writes(connection: Connection) -> list[str]:
    return [request.operation for request in connection.log.newest() if request.operation.startswith(("Put", "Delete"))]


@pytest.mark.parametrize(("kind", "rules"), [("lifecycle", [LOGS, TAGGED, DATED, ABORTING]), ("cors", [SITE, ANYONE])])
def test_a_document_comes_back_as_it_was_written(
    connection: Connection, bucket: str, kind: KindName, rules: list[Rule]
) -> None:
    assert documents.get(connection, bucket, kind) is None
    written = documents.put(connection, bucket, kind, rules, None)
    assert written.remarks == ()
    assert written.backup is None
    assert written.foreign == ()
    assert held(connection, bucket, kind) == tuple(rules)
    assert documents.read(kind, written.text).rules == tuple(rules)
    assert len(written.sentences) == len(rules)


def test_the_old_document_is_saved_before_it_is_replaced(connection: Connection, bucket: str) -> None:
    first = documents.put(connection, bucket, "lifecycle", [LOGS], None)
    second = documents.put(connection, bucket, "lifecycle", [LOGS, DATED], first)
    assert second.backup is not None
    assert json.loads(second.backup.read_text()) == {"Rules": [LOGS]}
    saved = documents.delete(connection, bucket, "lifecycle", second)
    assert documents.get(connection, bucket, "lifecycle") is None
    assert [backup.path for backup in backups.of(connection.profile, bucket, "lifecycle")] == [saved, second.backup]
    assert documents.read("lifecycle", backups.of(connection.profile, bucket, "lifecycle")[0].text).rules == (
        LOGS,
        DATED,
    )


def test_the_same_document_is_not_written_again(connection: Connection, bucket: str) -> None:
    first = documents.put(connection, bucket, "lifecycle", [LOGS, DATED], None)
    sent = len(writes(connection))
    again = documents.put(connection, bucket, "lifecycle", [DATED, LOGS], first)
    assert again.rules == first.rules
    assert len(writes(connection)) == sent
    assert backups.of(connection.profile, bucket, "lifecycle") == []


@pytest.mark.parametrize("seen", [None, documents.Document("lifecycle", (DATED,))])
def test_a_document_that_changed_meanwhile_is_refused(
    connection: Connection, bucket: str, seen: documents.Document | None
) -> None:
    documents.put(connection, bucket, "lifecycle", [LOGS], None)
    with pytest.raises(errors.Changed, match="no longer the ones you saw"):
        documents.put(connection, bucket, "lifecycle", [ABORTING], seen)
    with pytest.raises(errors.Changed):
        documents.delete(connection, bucket, "lifecycle", seen)
    assert held(connection, bucket, "lifecycle") == (LOGS,)


def test_a_document_that_was_removed_meanwhile_is_refused(connection: Connection, bucket: str) -> None:
    seen = documents.put(connection, bucket, "cors", [SITE], None)
    documents.delete(connection, bucket, "cors", seen)
    with pytest.raises(errors.Changed):
        documents.put(connection, bucket, "cors", [ANYONE], seen)
    assert documents.delete(connection, bucket, "cors", None) is None


def test_the_prefix_of_old_is_written_as_a_filter(connection: Connection, bucket: str) -> None:
    """AWS refuses a document in which some rules have a Filter and some a Prefix beside it."""
    old: Rule = {"ID": "old", "Status": "Enabled", "Prefix": "old/", "Expiration": {"Days": 1}}
    seen = documents.put(connection, bucket, "lifecycle", [old], None)
    assert seen.rules[0]["Filter"] == {"Prefix": "old/"}
    assert "Prefix" not in seen.rules[0]
    with pytest.raises(BadInput, match="Prefix may not stand beside Filter"):
        documents.put(connection, bucket, "lifecycle", [{**old, "Filter": {"Prefix": "new/"}}], seen)


def test_what_s3_would_refuse_is_not_sent(connection: Connection, bucket: str) -> None:
    with pytest.raises(BadInput, match="Days must be at least 1"):
        documents.put(connection, bucket, "lifecycle", [{**LOGS, "Expiration": {"Days": 0}}], None)
    with pytest.raises(BadInput, match="There is no rule"):
        documents.put(connection, bucket, "cors", [], None)
    assert writes(connection) == []


def test_read_only_refuses_before_anything_is_saved_or_sent(connection: Connection, bucket: str) -> None:
    seen = documents.put(connection, bucket, "cors", [SITE], None)
    connection.read_only = True
    sent = len(writes(connection))
    with pytest.raises(errors.ReadOnly):
        documents.put(connection, bucket, "cors", [ANYONE], seen)
    with pytest.raises(errors.ReadOnly):
        documents.delete(connection, bucket, "cors", seen)
    assert len(writes(connection)) == sent
    assert backups.of(connection.profile, bucket, "cors") == []


def test_a_condition_that_the_server_drops_is_not_left_there(connection: Connection, bucket: str) -> None:
    """moto and Ceph 16 drop ObjectSizeGreaterThan: the rule would delete everything."""
    everything: Rule = {
        "ID": "big",
        "Status": "Enabled",
        "Filter": {"ObjectSizeGreaterThan": 1000},
        "Expiration": {"Days": 1},
    }
    with pytest.raises(documents.NotKept, match=r"ObjectSizeGreaterThan: 1000 → not set.*removed again"):
        documents.put(connection, bucket, "lifecycle", [everything], None)
    assert documents.get(connection, bucket, "lifecycle") is None
    seen = documents.put(connection, bucket, "lifecycle", [LOGS], None)
    with pytest.raises(documents.NotKept, match="The old ones were put back"):
        documents.put(connection, bucket, "lifecycle", [everything], seen)
    assert held(connection, bucket, "lifecycle") == (LOGS,)


@pytest.mark.parametrize("given", [{}, {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}])
def test_the_smallest_size_to_move_stays_as_it_was(given: dict[str, str]) -> None:
    """AWS keeps this option in a header beside the document, and forgets it when a write doesn't name it."""
    header = "x-amz-transition-default-minimum-object-size"
    kept = {header: "varies_by_storage_class"}
    shelf = Shelf(xml=MINE)

    def answer(asked: Asked) -> Answer:
        if asked.method == "PUT":
            kept[header] = asked.headers.get(header, "all_storage_classes_128K")
        reply = shelf(asked)
        return Answer(reply.status, reply.body, dict(kept))

    with stub(answer) as server:
        connection = Connection(server.profile)
        seen = documents.get(connection, "bucket", "lifecycle")
        written = documents.put(connection, "bucket", "lifecycle", [LOGS], seen, given)
        assert written.extras == {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
        assert documents.read("lifecycle", written.text).extras == written.extras
        default = {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}
        assert documents.put(connection, "bucket", "lifecycle", [LOGS], written, default).extras == {}


def test_an_option_that_the_server_does_not_keep_is_told(connection: Connection, bucket: str) -> None:
    option = {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    written = documents.put(connection, bucket, "lifecycle", [LOGS], None, option)  # moto ignores it
    assert written.remarks == ("The endpoint did not keep TransitionDefaultMinimumObjectSize.",)


def test_no_such_bucket(connection: Connection) -> None:
    with pytest.raises(errors.NoSuchBucket):
        documents.get(connection, "there-is-no-such-bucket", "lifecycle")


# --- servers that are not AWS ---------------------------------------------------------------------------------


class Shelf:
    """A server that keeps one document as XML: what it sends back is what `keep` makes of what it was sent."""

    not_set = b"<Error><Code>NoSuchLifecycleConfiguration</Code></Error>"

    def __init__(self, keep: Any = lambda xml: xml, xml: bytes = b"", stale: int = 0) -> None:
        self.keep = keep
        self.xml = xml
        self.shown = [xml] * (stale + 1)
        self.written: list[bytes] = []

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "PUT":
            self.written.append(asked.body)
            self.xml = self.keep(asked.body)
            return Answer(200)
        if asked.method == "DELETE":
            self.written.append(b"")
            self.xml = b""
            return Answer(204)
        xml = self.shown.pop() if len(self.shown) > 1 and self.written else self.xml
        return Answer(200, xml) if xml else Answer(404, self.not_set)


def xml_of(*rules: str) -> bytes:
    return (
        f"<LifecycleConfiguration>{''.join(f'<Rule>{rule}</Rule>' for rule in rules)}</LifecycleConfiguration>".encode()
    )


MINE = xml_of(
    "<ID>mine</ID><Status>Enabled</Status><Filter><Prefix>m/</Prefix></Filter><Expiration><Days>9</Days></Expiration>"
)
CEPH = xml_of(
    "<ID>z</ID><Prefix></Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>"
    "<Filter><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"
)


def test_cephs_filter_without_and_is_read_as_what_it_means() -> None:
    shelf = Shelf(xml=CEPH.replace(b"<Prefix></Prefix>", b""))
    with stub(shelf) as server:
        document = documents.get(Connection(server.profile), "bucket", "lifecycle")
    assert document is not None
    assert document.rules[0]["Filter"] == {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}
    assert documents.read("lifecycle", document.text).complaints == ()


def test_ids_that_the_server_makes_up_are_not_worth_a_word() -> None:
    shelf = Shelf(lambda xml: xml.replace(b"<Rule>", b"<Rule><ID>made-up</ID>"))
    with stub(shelf) as server:
        written = documents.put(Connection(server.profile), "bucket", "lifecycle", [{**LOGS, "ID": ""}], None)
    assert written.rules[0]["ID"] == "made-up"
    assert written.remarks == ()


def test_ids_that_the_server_drops_are_told() -> None:
    shelf = Shelf(lambda xml: xml.replace(b"<ID>logs</ID>", b""))
    with stub(shelf) as server:
        written = documents.put(Connection(server.profile), "bucket", "lifecycle", [LOGS], None)
    assert written.remarks == ("The endpoint did not keep these ids: logs.",)


def test_a_server_that_shows_the_old_document_for_a_while_is_given_time() -> None:
    shelf = Shelf(xml=CEPH.replace(b"<Prefix></Prefix>", b""), stale=4)
    with stub(shelf) as server:
        connection = Connection(server.profile)
        seen = documents.get(connection, "bucket", "lifecycle")
        written = documents.put(connection, "bucket", "lifecycle", [LOGS], seen)
    assert written.rules == (LOGS,)
    assert len(shelf.written) == 1


def test_elements_that_boto3_would_drop_are_never_dropped() -> None:
    """MinIO has DelMarkerExpiration: boto3 skips it, so reading and writing would lose it."""
    own = "<ID>own</ID><Status>Enabled</Status><Filter><Prefix>a/</Prefix></Filter>"
    shelf = Shelf(xml=xml_of(f"{own}<DelMarkerExpiration><Days>3</Days></DelMarkerExpiration>"))
    with stub(shelf) as server:
        connection = Connection(server.profile)
        seen = documents.get(connection, "bucket", "lifecycle")
        assert seen is not None
        assert seen.foreign == ("DelMarkerExpiration",)
        with pytest.raises(errors.Unsafe, match="DelMarkerExpiration"):
            documents.put(connection, "bucket", "lifecycle", [LOGS], seen)
        assert shelf.written == []
        before = shelf.xml
        saved = documents.delete(connection, "bucket", "lifecycle", seen)
    assert saved is not None
    assert saved.with_suffix(".xml").read_bytes() == before


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<ListBucketResult><Name>bucket</Name></ListBucketResult>"),  # rclone, Ceph
        Answer(501, b"<Error><Code>NotImplemented</Code></Error>"),
        Answer(405, b"<Error><Code>MethodNotAllowed</Code></Error>"),
        Answer(403, b"<Error><Code>AccessDenied</Code></Error>"),
        Answer(200, b"<html>welcome</html>"),
        Answer(200, b""),
    ],
)
@pytest.mark.parametrize("kind", ["lifecycle", "cors"])
def test_nothing_is_written_to_a_server_that_does_not_know_it(answer: Answer, kind: KindName) -> None:
    rules = [LOGS] if kind == "lifecycle" else [SITE]
    with stub(lambda asked: answer) as server:
        connection = Connection(server.profile)
        with pytest.raises(errors.Unsupported):
            documents.get(connection, "bucket", kind)
        with pytest.raises((errors.Unsupported, errors.Unsafe)):
            documents.put(connection, "bucket", kind, rules, None)
        with pytest.raises((errors.Unsupported, errors.Unsafe)):
            documents.delete(connection, "bucket", kind, documents.Document(kind, tuple(rules)))
        assert {asked.method for asked in server.asked} == {"GET"}


def test_a_server_that_refuses_part_of_it_says_so() -> None:
    def answer(asked: Asked) -> Answer:
        if asked.method == "PUT":
            return Answer(501, b"<Error><Code>NotImplemented</Code><Message>No transitions.</Message></Error>")
        return Answer(404, Shelf.not_set)

    with stub(answer) as server, pytest.raises(errors.Unsupported, match=r"or part of them. It says: No transitions\."):
        documents.put(Connection(server.profile), "bucket", "lifecycle", [LOGS], None)


def test_a_failed_return_of_the_old_document_says_where_it_is() -> None:
    shelf = Shelf(lambda xml: CEPH.replace(b"<Prefix></Prefix>", b""), xml=MINE)

    def answer(asked: Asked) -> Answer:
        return Answer(500) if asked.method == "PUT" and shelf.written else shelf(asked)

    with stub(answer) as server:
        connection = Connection(server.profile)
        seen = documents.get(connection, "bucket", "lifecycle")
        with pytest.raises(documents.NotKept, match="Putting the old ones back failed") as caught:
            documents.put(connection, "bucket", "lifecycle", [LOGS], seen)
    saved = backups.of(server.profile, "bucket", "lifecycle")[0]
    assert str(saved.path) in str(caught.value)
    assert json.loads(saved.text)["Rules"][0]["ID"] == "mine"


def test_without_a_backup_nothing_is_written(
    connection: Connection, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = documents.put(connection, bucket, "cors", [SITE], None)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(backups.NotSaved, match="Nothing was sent"):
        documents.put(connection, bucket, "cors", [ANYONE], seen)
    assert held(connection, bucket, "cors") == (SITE,)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_answer_is_told_with_the_place_of_the_old_document(method: str) -> None:
    shelf = Shelf(xml=MINE)

    def answer(asked: Asked) -> Answer:
        return Answer(0) if asked.method == method else shelf(asked)

    with stub(answer) as server:
        connection = Connection(server.profile)
        seen = documents.get(connection, "bucket", "lifecycle")
        with pytest.raises(errors.Unreachable, match="is not known: read them again") as caught:
            if method == "PUT":
                documents.put(connection, "bucket", "lifecycle", [LOGS], seen)
            else:
                documents.delete(connection, "bucket", "lifecycle", seen)
    assert str(backups.of(server.profile, "bucket", "lifecycle")[0].path) in str(caught.value)
