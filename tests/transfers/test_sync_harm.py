"""A sync deletes and replaces nothing that was not seen."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import LocalFailure, NoSpace
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.sync import Prefix
from tests.transfers.conftest import content
from tests.transfers.proxy import Proxy, Treatment
from tests.transfers.test_sync import carry_out, in_order, keys, plan, put, write


@pytest.fixture
def place(connection: Connection, bucket: str) -> Prefix:
    return Prefix(connection, S3Uri(bucket, "p/"))


def test_an_empty_source_deletes_nothing(place: Prefix, tmp_path: Path) -> None:
    folder, full = tmp_path / "empty", write(tmp_path / "full", a="1")
    folder.mkdir()
    put(place, a=b"1")
    nothing = replace(place, uri=S3Uri(place.uri.bucket, "nothing/"))
    for source, target, only in (
        (folder, place, ""),
        (nothing, place, ""),
        (nothing, full, ""),
        (write(tmp_path / "g", b="1"), place, "re:^a"),
    ):
        with pytest.raises(BadInput, match="everything in"):
            plan(source, target, delete=True, only=only)
        assert not any(plan(source, target, only=only).requests())
    with pytest.raises(BadInput, match="no folder"):
        plan(tmp_path / "not mounted", place, delete=True)


def test_a_folder_that_cannot_be_read_keeps_what_stands_for_it(
    place: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "f", a="1", locked__b="2")
    put(place, locked__b=b"2", locked__c=b"3", extra=b"4")
    real = os.scandir

    def denied(path: Path) -> object:  # root may read whatever it likes
        if Path(path) == folder / "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    made = plan(folder, place, delete=True)
    assert {(step.target or step.source).rpartition("/")[2]: step.action for step in made.steps} == {
        "a": "new", "b": "skip", "c": "skip", "extra": "delete", "locked": "refuse",
    }  # fmt: skip
    monkeypatch.setattr(os, "scandir", lambda path: (_ for _ in ()).throw(PermissionError(13, "no")))
    with pytest.raises(LocalFailure):
        plan(folder, place, delete=True)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_list_that_breaks_off_makes_no_plan(
    place: Prefix, through: Connection, proxy: Proxy, tmp_path: Path, side: str
) -> None:
    put(place, **{f"k{number:04}": b"1" for number in range(5)})
    folder = write(tmp_path / "f", a="1")
    broken = Prefix(through, place.uri)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if "list-type" in asked.path else None)
    with pytest.raises(S3tuiError):
        plan(*((broken, folder) if side == "source" else (folder, broken)), delete=True)


def test_sides_that_overlap(place: Prefix, connection: Connection, bucket: str, through: Connection) -> None:
    def at(key: str, connection: Connection = connection) -> Prefix:
        return Prefix(connection, S3Uri(bucket, key))

    for one, other in (("a/", "a/x/"), ("a/x/", "a/"), ("", "a/"), ("a", "a/"), ("", "")):
        with pytest.raises(BadInput, match="overlap"):
            plan(at(one), at(other))
    put(place, a=b"1")
    assert plan(at("p"), at("p-2/")).counts() == {"new": 1}
    # By another address it may be the same bucket: then within each other is what would be deleted.
    assert plan(at("p/"), at("p/", through), delete=True).counts() == {"same": 1}
    with pytest.raises(BadInput, match="overlap"):
        plan(at(""), at("p/", through), delete=True)


def test_what_has_changed_since_is_not_deleted(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="1")
    put(place, a=b"1", old=b"old", gone=b"gone", changed=b"1")
    made = plan(folder, place, delete=True)
    put(place, changed=b"2")
    place.connection.call("delete_object", Bucket=place.uri.bucket, Key="p/gone")
    assert carry_out(made, place.connection) == ["done in part"]
    assert keys(place.connection, place.uri.bucket) == ["p/a", "p/changed"]
    write(folder, local="1", touched="1", linked="1")
    made = plan(place, folder, delete=True)
    write(folder, touched="2")
    os.utime(folder / "touched", ns=(1, 1))
    (folder / "linked").unlink()
    (folder / "linked").symlink_to(folder / "a")
    assert carry_out(made, place.connection)[-1] == "done in part"
    assert sorted(path.name for path in folder.iterdir()) == ["a", "changed", "linked", "touched"]


def test_a_folder_that_became_a_link_is_not_followed(place: Prefix, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", b="2")
    folder = write(tmp_path / "f", a="1", sub__b="2")
    told = (folder / "sub/b").stat()
    os.utime(outside / "b", ns=(told.st_atime_ns, told.st_mtime_ns))
    put(place, a=b"1")
    made = plan(place, folder, delete=True)
    (folder / "sub").rename(tmp_path / "away")
    (folder / "sub").symlink_to(outside)
    [request] = in_order(made)
    with pytest.raises(LocalFailure):
        request.run(place.connection, Progress(), CancelToken(), Notes())
    assert (outside / "b").exists()


def test_an_object_that_came_meanwhile_is_not_replaced(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="1")
    made = plan(folder, place)
    put(place, a=b"another")
    with pytest.raises(S3tuiError):
        carry_out(made, place.connection)
    assert content(place.connection, place.uri.bucket, "p/a") == b"another"


def test_room_is_looked_for_before_anything_comes(
    place: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, a=b"12345")
    free = type("", (), {"free": 4})
    monkeypatch.setattr("shutil.disk_usage", lambda path: free)
    with pytest.raises(NoSpace):
        plan(place, tmp_path / "f")
