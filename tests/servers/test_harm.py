"""A sub-resource is never written to a server that doesn't know it, and finding that out harms nothing.

rclone and SeaweedFS take `DELETE /bucket?website` for `DELETE /bucket`; rclone takes `PUT /key?acl` for `PUT /key`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from s3tui.errors import BadInput
from s3tui.s3 import buckets, capabilities, documents, errors, restore, tags, templates
from s3tui.s3.document_kinds import KindName, Rule
from tests.servers.conftest import Place

OF_BUCKET = ("lifecycle", "cors", "versioning", "tagging")
RULES: dict[KindName, list[Rule]] = {kind: templates.of(kind)[0].make("") for kind in documents.KINDS}
OF_OBJECT = ("tagging", "acl", "retention", "legal-hold")


def refused(require: Callable[[], None]) -> bool:
    try:
        require()
    except (errors.Unsupported, errors.Unsafe) as error:
        assert "Nothing was sent" in error.advice
        return True
    return False


@pytest.mark.capability("nothing harmed")
def test_what_a_bucket_cannot_is_found_out_by_reading(place: Place) -> None:
    empty = place.make_bucket()
    for name in OF_BUCKET:
        found = capabilities.probe_bucket(place.connection, empty, name)
        assert found.supported or (found.reason and not found.is_set)
        assert refused(lambda name=name: capabilities.require(place.connection, empty, name)) is not found.supported
    sent = [request.operation for request in place.connection.log.newest() if request.operation.startswith("GET ?")]
    assert len(sent) >= len(OF_BUCKET)
    # An empty bucket is what such servers would have deleted.
    assert empty in {bucket["Name"] for bucket in place.connection.call("list_buckets")["Buckets"]}


@pytest.mark.capability("nothing harmed")
def test_what_an_object_cannot_is_found_out_by_reading(place: Place) -> None:
    body = bytes(range(256)) * 300
    uri = place.put("only/object.bin", body, ContentType="application/x-test")
    for name in OF_OBJECT:
        found = capabilities.probe_object(place.connection, uri, name)
        assert found.supported or found.reason
        assert (
            refused(lambda name=name: capabilities.require_object(place.connection, uri, name)) is not found.supported
        )
    assert place.read("only/object.bin") == body


@pytest.mark.capability("nothing harmed")
def test_documents_are_not_sent_where_they_are_not_known(place: Place) -> None:
    """The bucket is empty, so that a `DELETE ?cors` taken for a `DELETE` would not be refused."""
    empty = place.make_bucket()
    for kind in documents.KINDS:
        if capabilities.probe_bucket(place.connection, empty, kind).supported:
            continue
        before = len(place.connection.log.newest())
        seen = documents.Document(kind, tuple(RULES[kind]))
        with pytest.raises(errors.Unsupported):
            documents.put(place.connection, empty, kind, RULES[kind], None)
        with pytest.raises(errors.Unsupported):
            documents.delete(place.connection, empty, kind, seen)
        assert all(entry.operation.startswith("GET ?") for entry in place.connection.log.newest()[before:])
    buckets.delete_empty(place.connection, empty)


@pytest.mark.capability("nothing harmed")
def test_tags_are_not_sent_where_they_are_not_known(place: Place) -> None:
    uri = place.put("only/object.bin", b"its content")
    if not capabilities.probe_object(place.connection, uri, "tagging").supported:
        with pytest.raises(errors.Unsupported):
            tags.replace(place.connection, uri, {}, {"a": "b"})
    assert place.read("only/object.bin") == b"its content"


@pytest.mark.needs("no sub-resources")
@pytest.mark.capability("nothing harmed")
def test_rclone_is_known_for_what_it_is(place: Place) -> None:
    """The server for which the probes were made: no document of a bucket or object may be written to it."""
    known = {name for name in OF_BUCKET if capabilities.probe_bucket(place.connection, place.bucket, name).supported}
    assert known == {"versioning"}  # which it refuses to switch on, with a 501
    uri = place.at("canary/one.txt")
    assert not any(capabilities.probe_object(place.connection, uri, name).supported for name in OF_OBJECT)


@pytest.mark.capability("nothing harmed")
def test_a_restore_of_what_is_no_archive_harms_nothing(place: Place) -> None:
    """RestoreObject can't be asked for beforehand; a server that doesn't know it must not take it for something else."""
    uri = place.put("only/object.bin", b"its content")
    with pytest.raises(BadInput, match="not archived"):
        restore.restore(place.connection, uri, 1, "Standard")
    with pytest.raises(errors.S3Error):
        place.connection.call("restore_object", **uri.parameters, RestoreRequest={"Days": 1})
    assert place.read("only/object.bin") == b"its content"
