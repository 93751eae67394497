"""Files there and back: whole and in parts, create-only, checked; metadata and tags changed in place."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, objects, tags, uploads
from s3tui.s3.metadata import readable
from s3tui.s3.replace_metadata import replace_metadata
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts
from s3tui.transfers.compare import compare
from s3tui.transfers.download import DownloadRequest, download
from s3tui.transfers.failures import AlreadyExists, ChangedSinceSeen, WrongSum
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import bare
from s3tui.transfers.upload import UploadRequest, upload
from tests.servers.conftest import Place

MIB = 1 << 20


def send(place: Place, path: Path, key: str, **options: object) -> Outcome:
    request = UploadRequest(path, place.at(key), **options)  # type: ignore[arg-type]
    return upload(place.connection, request, Progress(), CancelToken(), Notes())


def receive(place: Place, uri: S3Uri, path: Path) -> Outcome:
    return download(place.connection, DownloadRequest(uri, path), Progress(), CancelToken(), Notes())


@pytest.fixture
def iso(tmp_path: Path) -> Path:
    path = tmp_path / "agent.x86_64.iso"
    path.write_bytes(os.urandom(300_001))
    return path


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of the least size that S3 takes, so that a small file goes in three."""
    monkeypatch.setattr(parts, "PART_SIZE", 5 * MIB)


@pytest.mark.capability("upload, download")
def test_a_file_goes_there_and_comes_back(place: Place, iso: Path) -> None:
    sent = send(place, iso, "isos/agent.iso", metadata={"version": "4.14"})
    assert sent.state == "verified"
    info = objects.head(place.connection, place.at("isos/agent.iso"))
    assert info.metadata.content_type == "application/x-iso9660-image"
    assert [(name.lower(), value) for name, value in info.metadata.user] == [("version", "4.14")]
    back = iso.with_name("back.iso")
    assert receive(place, place.at("isos/agent.iso"), back).state == "verified"
    assert back.read_bytes() == iso.read_bytes()
    assert abs(back.stat().st_mtime - info.modified.timestamp()) < 1


@pytest.mark.capability("upload, download")
def test_an_empty_file_is_a_file_too(place: Place, iso: Path) -> None:
    iso.write_bytes(b"")
    assert send(place, iso, "empty").size == 0
    back = iso.with_name("back")
    receive(place, place.at("empty"), back)
    assert back.read_bytes() == b""


@pytest.mark.capability("multipart")
@pytest.mark.usefixtures("small_parts")
def test_parts_are_put_together_again(place: Place, iso: Path) -> None:
    iso.write_bytes(os.urandom(11 * MIB + 7))
    sent = send(place, iso, "isos/large.iso")
    assert sent.state == "verified"
    back = iso.with_name("back.iso")
    assert receive(place, place.at("isos/large.iso"), back).state == "verified"
    assert back.read_bytes() == iso.read_bytes()
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()


@pytest.mark.capability("upload, download")
def test_a_checksum_file_decides_what_goes_up(place: Place, iso: Path) -> None:
    sums = iso.with_name("SHA256SUMS")
    sums.write_text(f"{'0' * 64}  {iso.name}\n")
    with pytest.raises(WrongSum):
        send(place, iso, "isos/checked.iso")
    with pytest.raises(errors.NoSuchKey):
        objects.head(place.connection, place.at("isos/checked.iso"))
    digest = hashlib.sha256(iso.read_bytes()).hexdigest()
    sums.write_text(f"SHA256 ({iso.name}) = {digest}\n")
    assert send(place, iso, "isos/checked.iso", check_sums="required").state == "verified"
    info = objects.head(place.connection, place.at("isos/checked.iso"))
    assert [(name.lower(), value) for name, value in info.metadata.user] == [("sha256", digest)]


class CancelledHalfway(Progress):
    """Cancels when the first bytes have gone."""

    def __init__(self, token: CancelToken) -> None:
        super().__init__()
        self.token = token

    def add(self, count: int) -> None:
        super().add(count)
        self.token.cancel()


@pytest.mark.capability("multipart")
@pytest.mark.usefixtures("small_parts")
def test_cancelling_leaves_no_parts_behind(place: Place, iso: Path) -> None:
    iso.write_bytes(os.urandom(21 * MIB))
    token = CancelToken()
    with pytest.raises(Cancelled):
        upload(place.connection, UploadRequest(iso, place.at("isos/half.iso")), CancelledHalfway(token), token, Notes())
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()
    with pytest.raises(errors.NoSuchKey):
        objects.head(place.connection, place.at("isos/half.iso"))


@pytest.mark.capability("create-only")
@pytest.mark.parametrize("size", [100, 6 * MIB])
@pytest.mark.usefixtures("small_parts")
def test_an_object_is_not_replaced_unless_asked_for(place: Place, iso: Path, size: int) -> None:
    place.put("there", b"the one that was there")
    iso.write_bytes(os.urandom(size))
    with pytest.raises(AlreadyExists):
        send(place, iso, "there")
    assert place.read("there") == b"the one that was there"
    send(place, iso, "there", overwrite=True)
    assert place.read("there") == iso.read_bytes()


@pytest.mark.capability("create-only")
@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [300_001, 12 * MIB])
def test_only_what_was_seen_is_replaced(place: Place, iso: Path, size: int) -> None:
    iso.write_bytes(os.urandom(size))
    seen = bare(objects.head(place.connection, place.put("there", b"seen")).etag)
    assert send(place, iso, "there", overwrite=True, replaces=seen).state == "verified"
    assert place.read("there") == iso.read_bytes()
    with pytest.raises(ChangedSinceSeen):
        send(place, iso, "there", overwrite=True, replaces=seen)
    ours = bare(objects.head(place.connection, place.at("there")).etag)  # of parts, where it went in parts
    iso.write_bytes(os.urandom(size))
    assert send(place, iso, "there", overwrite=True, replaces=ours).state == "verified"


@pytest.mark.capability("metadata")
def test_metadata_changes_and_nothing_else_does(place: Place) -> None:
    uri = place.put(
        "described.iso", b"12345", ContentType="application/x-iso9660-image", Metadata={"version": "4.14", "old": "1"}
    )
    before = objects.head(place.connection, uri)
    user = (("version", "4.15"), ("new", "ü"))
    after = replace_metadata(place.connection, before, replace(before.metadata, user=user, cache_control="no-cache"))
    assert {name.lower(): readable(value) for name, value in after.metadata.user} == dict(user)
    assert after.metadata.cache_control == "no-cache"
    assert after.metadata.content_type == "application/x-iso9660-image"
    assert (after.size, after.storage_class) == (before.size, before.storage_class)
    assert place.read("described.iso") == b"12345"


@pytest.mark.capability("metadata")
def test_a_changed_object_is_refused(place: Place) -> None:
    uri = place.put("changing", b"1")
    before = objects.head(place.connection, uri)
    place.put("changing", b"22")
    with pytest.raises(errors.Changed):
        replace_metadata(place.connection, before, replace(before.metadata, cache_control="no-cache"))
    assert place.read("changing") == b"22"


@pytest.mark.capability("tags")
def test_tags_stay_when_metadata_changes(place: Place) -> None:
    uri = place.put("tagged", b"1")
    assert tags.replace(place.connection, uri, {}, {"version": "4.14", "team": "r d"}) == {
        "version": "4.14",
        "team": "r d",
    }
    before = objects.head(place.connection, uri)
    replace_metadata(place.connection, before, replace(before.metadata, cache_control="no-cache"))
    assert tags.read(place.connection, uri) == {"version": "4.14", "team": "r d"}
    assert tags.replace(place.connection, uri, {"version": "4.14", "team": "r d"}, {}) == {}


@pytest.mark.capability("tags")
def test_tags_are_given_with_the_upload(place: Place, iso: Path) -> None:
    send(place, iso, "tagged.iso", tags={"retention": "60 days"})
    assert tags.read(place.connection, place.at("tagged.iso")) == {"retention": "60 days"}


@pytest.mark.capability("storage class")
def test_a_storage_class_is_kept(place: Place, iso: Path) -> None:
    send(place, iso, "cold.iso", storage_class="STANDARD_IA")
    before = objects.head(place.connection, place.at("cold.iso"))
    assert before.storage_class == "STANDARD_IA"
    after = replace_metadata(place.connection, before, replace(before.metadata, cache_control="no-cache"))
    assert after.storage_class == "STANDARD_IA"


def found(place: Place, key: str, path: Path | None = None) -> str:
    return compare(place.connection, place.at(key), path, Progress(), CancelToken()).verdict


@pytest.mark.capability("upload, download")
@pytest.mark.parametrize("size", [0, 300_001, 11 * MIB])
@pytest.mark.usefixtures("small_parts")
def test_what_was_sent_can_be_verified_later(place: Place, iso: Path, size: int) -> None:
    iso.write_bytes(os.urandom(size))
    send(place, iso, "later.iso")
    assert found(place, "later.iso", iso) == "verified"
    assert found(place, "later.iso") == "verified"
    assert found(place, "never.iso", iso) == "missing"
    with iso.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"another")
    assert found(place, "later.iso", iso) == "differs"


@pytest.mark.capability("upload, download")
def test_a_recorded_sha256_shows_that_the_content_is_another(place: Place) -> None:
    place.put("recorded", b"what is there", Metadata={"sha256": hashlib.sha256(b"what was meant").hexdigest()})
    assert found(place, "recorded") == "differs"
    place.put("recorded", b"what was meant", Metadata={"sha256": hashlib.sha256(b"what was meant").hexdigest()})
    assert found(place, "recorded") == "verified"
