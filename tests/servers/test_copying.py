"""Objects copied and moved by the server itself, and to another one: whole, in parts, with what belongs to them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.profiles.credentials import remember
from s3tui.s3 import connections, copying, errors, objects, tags, uploads
from s3tui.s3.connections import connect
from s3tui.s3.metadata import readable
from s3tui.s3.uri import S3Uri
from s3tui.s3.versions import versions_of
from s3tui.transfers import copy_across
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_plan import plan
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import find
from s3tui.transfers.undelete import undelete
from tests.s3.processes import eventually
from tests.servers.conftest import Place
from tests.servers.launch import OWNER
from tests.servers.matrix import KEYS_IT_CHANGES
from tests.servers.test_objects import ODD_KEYS
from tests.transfers import proxy as proxies
from tests.transfers.killed import KeptNotes, run_until_killed
from tests.transfers.proxy import Asked

MIB = 1 << 20


def run(place: Place, request: CopyRequest | MoveRequest) -> Outcome:
    return request.run(place.connection, Progress(), CancelToken(), Notes())


def put_in_parts(place: Place, key: str) -> bytes:
    """An object of 11 MiB in parts of 5 MiB; moto can't tell the ACL of one unless it was given. Its content."""
    bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), os.urandom(MIB + 7)]
    named = place.at(key).parameters
    created = place.connection.call("create_multipart_upload", **named, ACL="private")
    upload = {**named, "UploadId": created["UploadId"]}
    sent = []
    for number, body in enumerate(bodies, 1):
        answer = place.connection.call("upload_part", **upload, PartNumber=number, Body=body)
        sent.append({"PartNumber": number, "ETag": answer["ETag"]})
    place.connection.call("complete_multipart_upload", **upload, MultipartUpload={"Parts": sent})
    return b"".join(bodies)


@pytest.mark.capability("copy, move")
def test_a_copy_has_what_belongs_to_the_object(place: Place) -> None:
    source = place.put(
        "described.iso",
        b"12345",
        ContentType="application/x-iso9660-image",
        CacheControl="no-store",
        Metadata={"version": "4.14", "name": "=?UTF-8?B?Wm/Dqw==?="},
    )
    outcome = run(place, CopyRequest(source, place.at("copies/described.iso")))
    assert outcome.state == "verified", outcome.detail
    after = objects.head(place.connection, place.at("copies/described.iso"))
    kept = {name.lower(): readable(value) for name, value in after.metadata.user}
    assert kept.items() >= {"version": "4.14", "name": "Zoë"}.items()  # rclone adds one
    assert (after.metadata.content_type, after.metadata.cache_control) == ("application/x-iso9660-image", "no-store")
    assert place.read("copies/described.iso") == place.read("described.iso") == b"12345"


@pytest.mark.capability("copy, move")
def test_a_copy_replaces_nothing_unless_asked_for(place: Place) -> None:
    source, there = place.put("new", b"new"), place.put("there", b"the one that was there")
    with pytest.raises(AlreadyExists):
        run(place, CopyRequest(source, there))
    assert place.read("there") == b"the one that was there"
    assert run(place, CopyRequest(source, there, overwrite=True)).state == "verified"
    assert place.read("there") == b"new"


@pytest.mark.capability("copy, move")
def test_a_prefix_is_moved_with_odd_keys_and_nothing_beside_it(place: Place) -> None:
    changed = KEYS_IT_CHANGES.get(place.server.name, {})
    keys = [key for key in ODD_KEYS if key not in changed]
    for key in keys:
        place.put(f"from/{key}", key.encode())
    place.put("from-old/plain.txt", b"stays")
    for each in list(plan(place.connection, [place.at("from/")], place.at("to/"))):
        outcome = run(place, MoveRequest(each.source, each.target, etag=each.etag))
        assert outcome.state == "verified", outcome.detail
    assert {key: place.read(f"to/{key}") for key in keys} == {key: key.encode() for key in keys}
    assert place.read("from-old/plain.txt") == b"stays"
    for key in keys:
        with pytest.raises(errors.NoSuchKey):
            objects.head(place.connection, place.at(f"from/{key}"))


@pytest.mark.capability("copy, move")
def test_an_object_that_changed_since_is_not_copied(place: Place) -> None:
    source = place.put("changing", b"1")
    seen = objects.head(place.connection, source).etag
    place.put("changing", b"22")
    with pytest.raises(errors.Changed):
        run(place, MoveRequest(source, place.at("moved"), etag=seen))
    assert place.read("changing") == b"22"


@pytest.mark.capability("tags")
def test_tags_come_along(place: Place) -> None:
    source = place.put("tagged", b"1")
    tags.replace(place.connection, source, {}, {"version": "4.14", "team": "r d"})
    outcome = run(place, CopyRequest(source, place.at("tagged-too")))
    assert outcome.state == "verified", outcome.detail
    assert tags.read(place.connection, place.at("tagged-too")) == {"version": "4.14", "team": "r d"}


@pytest.mark.capability("storage class")
def test_the_storage_class_comes_along(place: Place) -> None:
    source = place.put("cold", b"1", StorageClass="STANDARD_IA")
    assert run(place, CopyRequest(source, place.at("cold-too"))).state == "verified"
    assert objects.head(place.connection, place.at("cold-too")).storage_class == "STANDARD_IA"


@pytest.mark.capability("multipart copy")
def test_an_object_above_the_limit_is_copied_in_parts(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPY_LIMIT", 10 * MIB)
    body = put_in_parts(place, "large.iso")
    outcome = run(place, CopyRequest(place.at("large.iso"), place.at("large-too.iso")))
    assert outcome.state in ("verified", "sent but not verified"), outcome.detail  # SeaweedFS makes another ETag
    assert place.read("large-too.iso") == body
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()


@pytest.mark.capability("multipart copy")
def test_a_copy_in_parts_that_was_killed_goes_on_with_the_parts_that_are_there(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(copying, "COPY_LIMIT", 5 * MIB)
    body = put_in_parts(place, "large.iso")
    source, target, noted = place.at("large.iso"), place.at("large-too.iso"), tmp_path / "notes"
    copied: list[str] = []
    run(place, CopyRequest(source, place.at("unharmed.iso")))  # an endpoint that can't says so here

    def look(asked: Asked) -> None:
        if asked.method == "PUT" and "partNumber=" in asked.path:
            copied.append(asked.path)

    def completes(asked: Asked) -> bool:
        return asked.method == "POST" and "uploadId=" in asked.path

    with proxies.running(place.server.endpoint) as proxy:
        proxy.rules.append(look)
        run_until_killed(proxy, "copy", Path(source.key), target, noted, completes, reach=False, keys=OWNER)
        assert copied
        copied.clear()
        through = place.server.connection(endpoint=proxy.endpoint)
        CopyRequest(source, target).run(through, Progress(), CancelToken(), KeptNotes(noted))
    assert not copied and place.read(target.key) == body
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()


@pytest.mark.capability("copy, move")
def test_what_came_in_parts_is_still_known_by_its_etag(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the limit too: where one request would give it another ETag, it goes in parts."""
    body = put_in_parts(place, "large.iso")
    outcome = run(place, MoveRequest(place.at("large.iso"), place.at("moved.iso")))
    assert outcome.state == "verified", outcome.detail
    assert place.read("moved.iso") == body


@pytest.mark.needs("versions")
@pytest.mark.capability("versions")
def test_a_version_is_brought_back_by_copying_it(place: Place) -> None:
    place.connection.call("put_bucket_versioning", Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    place.put("kept", b"old")
    old = objects.head(place.connection, place.at("kept")).version_id
    place.put("kept", b"newer")
    request = CopyRequest(S3Uri(place.bucket, "kept", old), place.at("kept"), overwrite=True)
    assert run(place, request).state == "verified"
    assert place.read("kept") == b"old"


@pytest.mark.capability("copy, move")
@pytest.mark.parametrize("size", [100, 11 * MIB])
def test_to_another_endpoint(place: Place, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """The same server by its other name is another endpoint to us: the bytes pass through here."""
    monkeypatch.setattr(copy_across, "PART_SIZE", 5 * MIB)
    here = place.server.profile(OWNER)
    remember("elsewhere", OWNER)
    connect(replace(here, name="elsewhere", endpoint=place.server.endpoint.replace("127.0.0.1", "localhost")))
    try:
        source = place.put("near", os.urandom(size), Metadata={"version": "4.14"})
        request = CopyRequest(source, place.at("far"), to_profile="elsewhere")
        outcome = run(place, request)
        assert outcome.state == "verified", outcome.detail
        assert place.read("far") == place.read("near")
    finally:
        connections.forget("elsewhere")


@pytest.mark.capability("copy, move")
def test_to_another_endpoint_with_a_pause(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is kept: a part that is there is not sent again."""
    monkeypatch.setattr(copy_across, "PART_SIZE", 5 * MIB)
    remember("elsewhere", OWNER)
    source = place.put("near", os.urandom(12 * MIB))
    notes, token = Notes(), CancelToken()
    try:
        with proxies.running(place.server.endpoint) as far:

            def answered(number: int) -> int:
                return sum(f"partNumber={number}&" in f"{asked.path}&" for asked in far.answered)

            def pause() -> None:
                eventually(lambda: answered(1) and answered(2))
                token.pause()

            far.once(lambda asked: proxies.Treatment(before=pause) if "partNumber=3" in asked.path else None)
            connect(replace(place.server.profile(OWNER), name="elsewhere", endpoint=far.endpoint))
            request = CopyRequest(source, place.at("far"), to_profile="elsewhere")
            with pytest.raises(Cancelled):
                request.run(place.connection, Progress(), token, notes)
            outcome = request.run(place.connection, Progress(), CancelToken(), notes)
            assert outcome.state == "verified", outcome.detail
            assert answered(1) == answered(2) == 1
    finally:
        connections.forget("elsewhere")
    assert place.read("far") == place.read("near")


@pytest.mark.needs("versions")
@pytest.mark.capability("versions")
@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_a_deleted_object_comes_back(place: Place, status: str) -> None:
    """A marker that was put while versioning is suspended has the id `null`, as what is written then: it stays."""
    if place.server.name == "moto" and status == "Suspended":
        status = "Enabled"  # it drops every version when versioning is suspended
    place.connection.call("put_bucket_versioning", Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    place.put("kept", b"old")
    gone = place.put("kept", b"newest", Metadata={"version": "2"})
    place.connection.call("put_bucket_versioning", Bucket=place.bucket, VersioningConfiguration={"Status": status})
    place.connection.call("delete_object", **gone.parameters)
    assert find(place.connection, gone) is None
    if place.server.name == "seaweedfs" and status == "Suspended":
        with pytest.raises(errors.Refused):  # it copies nothing onto itself then
            undelete(place.connection, gone)
        assert len(versions_of(place.connection, gone).versions) == 3
        return
    outcome = undelete(place.connection, gone)
    assert outcome.state == "verified", outcome.detail
    assert place.read("kept") == b"newest"
    found = versions_of(place.connection, gone).versions
    assert len([version for version in found if not version.is_delete_marker]) == 2 + (status == "Suspended")
