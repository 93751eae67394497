"""A sync's plan, and what is left to do when it was carried out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import errors, filters
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import sync, sync_compare
from s3tui.transfers.notes import Notes
from s3tui.transfers.plan import Plan
from s3tui.transfers.progress import Progress
from s3tui.transfers.request import Request
from s3tui.transfers.sync import Prefix, Side, Sync
from s3tui.transfers.sync_compare import BY_TIME, Stored
from tests.transfers.conftest import MIB
from tests.transfers.proxy import Proxy, Treatment


def plan(source: Side, target: Side, *, delete: bool = False, only: str = "") -> Plan:
    return sync.plan(Sync(source, target, delete, filters.parse(only)), CancelToken(), lambda *_: None)


def actions(made: Plan) -> dict[str, str]:
    """By the last part of the name that there is."""
    return {(step.source or step.target).rpartition("/")[2]: step.action for step in made.steps}


def carry_out(made: Plan, connection: Connection) -> list[str]:
    """Everything in its turn; the states."""
    return [one.run(connection, Progress(), CancelToken(), Notes()).state for one in in_order(made)]


def in_order(made: Plan) -> Iterable[Request]:
    brings, deletes = sync.in_turn(made.requests())
    return [*brings, *deletes]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def keys(connection: Connection, bucket: str) -> list[str]:
    return [each["Key"] for each in connection.call("list_objects_v2", Bucket=bucket).get("Contents", ())]


@pytest.fixture
def place(connection: Connection, bucket: str) -> Prefix:
    return Prefix(connection, S3Uri(bucket, "p/"))


def put(place: Prefix, **bodies: bytes) -> None:
    for name, body in bodies.items():
        key = place.uri.key + name.replace("__", "/")
        place.connection.call("put_object", Bucket=place.uri.bucket, Key=key, Body=body)


def test_a_folder_to_a_prefix_and_then_all_is_the_same(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="1", sub__b="22", sub__deeper__c="")
    put(place, a=b"2", old=b"x")
    place.connection.call("put_object", Bucket=place.uri.bucket, Key="p-beside/a", Body=b"x")
    made = plan(folder, place)
    assert actions(made) == {"a": "replace", "b": "new", "c": "new", "old": "extra"}
    assert made.size == 3 and [step.request is not None for step in made.steps] == [True, True, True, False]
    carry_out(made, place.connection)
    assert actions(plan(folder, place)) == {"a": "same", "b": "same", "c": "same", "old": "extra"}
    gone = plan(folder, place, delete=True)
    assert carry_out(gone, place.connection) == ["verified"]
    assert keys(place.connection, place.uri.bucket) == ["p-beside/a", "p/a", "p/sub/b", "p/sub/deeper/c"]


def test_a_prefix_to_a_folder_and_then_all_is_the_same_both_ways(place: Prefix, tmp_path: Path) -> None:
    put(place, a=b"1", sub__b=b"22", old=b"old")
    put(place, **{"sub__": b"", "odd:name?": b"odd", "..__up": b"up", "x____y": b"xy", "UP": b"U", "up": b"u"})
    folder = write(tmp_path / "f", a="other", gone="gone")
    made = plan(place, folder, delete=True)
    assert made.counts() == {"replace": 1, "new": 7, "delete": 1}
    carry_out(made, place.connection)
    assert (folder / "a").read_text() == "1" and not (folder / "gone").exists()
    assert (folder / "%2E%2E/up").read_text() == "up" and not (tmp_path / "up").exists()
    for again in (plan(place, folder, delete=True), plan(folder, place, delete=True)):
        assert again.counts() == {"same": 8}


def test_what_was_uploaded_with_odd_names_is_found_again(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", **{"odd: as it is?": "1", "CON": "2", "50%25": "3"})
    carry_out(plan(folder, place), place.connection)
    assert sorted(keys(place.connection, place.uri.bucket)) == ["p/50%25", "p/CON", "p/odd: as it is?"]
    for again in (plan(folder, place, delete=True), plan(place, folder, delete=True)):
        assert again.counts() == {"same": 3}


def test_a_prefix_to_another_one(place: Prefix, connection: Connection, bucket: str) -> None:
    put(place, a=b"1", sub__=b"", sub__b=b"2", changed=b"now")
    other = Prefix(connection, S3Uri(bucket, "q"))
    put(other, changed=b"old", extra=b"x")
    made = plan(place, other, delete=True)
    assert {step.target[-7:]: step.action for step in made.steps} == {
        f"{bucket}/q/a"[-7:]: "new", "changed": "replace", "/q/sub/": "new", "q/sub/b": "new", "q/extra": "delete",
    }  # fmt: skip
    carry_out(made, connection)
    assert plan(place, other, delete=True).counts() == {"same": 4}


def test_sent_in_parts_is_the_same_afterwards(place: Prefix, tmp_path: Path, bucket: str) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "large").write_bytes(os.urandom(11 * MIB))
    assert carry_out(plan(folder, place), place.connection) == ["verified"]
    back = tmp_path / "back"
    assert plan(folder, place).counts() == {"same": 1}
    assert carry_out(plan(place, back), place.connection) == ["verified"]
    assert plan(place, back).counts() == {"same": 1}
    other = Prefix(place.connection, S3Uri(bucket, "q/"))
    carry_out(plan(place, other), place.connection)
    assert plan(place, other).counts() == {"same": 1} == plan(folder, other).counts()
    with (folder / "large").open("r+b") as file:
        file.seek(7 * MIB)
        file.write(b"two bytes would be the same once in 256 times")
    os.utime(folder / "large", (1, 1))
    assert plan(folder, place).counts() == {"replace": 1}


def test_where_nothing_can_be_compared_times_are_taken_and_that_is_said(
    place: Prefix, through: Connection, proxy: Proxy, tmp_path: Path, bucket: str
) -> None:
    other = Prefix(place.connection, S3Uri(bucket, "q/"))
    for prefix, sizes in ((place, (5, 3)), (other, (6, 2))):
        in_parts(
            prefix.connection, prefix.uri.with_key(f"{prefix.uri.key}large"), [bytes(size * MIB) for size in sizes]
        )
    earlier = "Wed, 21 Oct 2015 07:28:00 GMT"
    proxy.rules.append(lambda asked: Treatment(headers={"last-modified": earlier}) if "/p/" in asked.path else None)
    made = plan(replace(place, connection=through), other)
    assert made.counts() == {"same": 1} and made.steps[0].why == BY_TIME and "by size and time only" in made.remarks[0]
    assert plan(other, replace(place, connection=through)).counts() == {"replace": 1}
    proxy.rules.clear()
    put(place, a=b"1")
    folder = tmp_path / "f"
    carry_out(plan(place, folder), place.connection)
    opaque = f'"{"0" * 32}-7"'
    proxy.rules.append(lambda asked: Treatment(headers={"ETag": opaque}) if asked.method == "HEAD" else None)
    stored = Stored(through, place.uri.with_key("p/a"), 1, opaque)
    assert sync_compare.file_and_object(folder / "a", stored, CancelToken()) == (True, BY_TIME)
    told = (folder / "a").stat()
    os.utime(folder / "a", ns=(1, told.st_mtime_ns + 1))
    assert not sync_compare.file_and_object(folder / "a", stored, CancelToken()).same


def in_parts(connection: Connection, uri: S3Uri, parts: list[bytes]) -> None:
    upload = uri.parameters | {"UploadId": connection.call("create_multipart_upload", **uri.parameters)["UploadId"]}
    sent = [
        {"PartNumber": number, "ETag": connection.call("upload_part", **upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(parts, 1)
    ]
    connection.call("complete_multipart_upload", **upload, MultipartUpload={"Parts": sent})


def test_a_change_is_seen_whatever_the_times_say(place: Prefix, tmp_path: Path) -> None:
    """Same size, and the file older than the object: “aws s3 sync” would never send it."""
    folder = write(tmp_path / "f", a="one")
    carry_out(plan(folder, place), place.connection)
    write(folder, a="two")
    os.utime(folder / "a", (1, 1))
    made = plan(folder, place)
    assert [step.action for step in made.steps] == ["replace"]
    assert "newer" in made.steps[0].why and "newer" in made.remarks[0]
    os.utime(folder / "a", (9e9, 9e9))
    carry_out(plan(folder, place), place.connection)
    assert plan(folder, place).counts() == {"same": 1} == plan(place, folder).counts()


def test_only_what_fits_the_filter_is_looked_at_on_both_sides(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", **{"a.iso": "1", "b.txt": "2", "small": "", "big": "12345"})
    put(place, **{"gone.iso": b"", "gone.txt": b"", "big": b"1", "small": b"12345"})
    made = plan(folder, place, delete=True, only=".iso")
    assert actions(made) == {"a.iso": "new", "gone.iso": "delete"}
    # What has a source is there because of it: it never counts as gone.
    made = plan(folder, place, delete=True, only="size<3")
    assert actions(made) == {
        "a.iso": "new",
        "b.txt": "new",
        "small": "replace",
        "gone.iso": "delete",
        "gone.txt": "delete",
    }


def test_links_and_special_files_are_said_and_what_stands_for_them_stays(place: Prefix, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", secret="s")
    folder = write(tmp_path / "f", a="1", sub__b="2", **{".x.iso.0123abcd.part": "unfinished"})
    (folder / "folder").symlink_to(outside)
    (folder / "nowhere").symlink_to("nothing")
    (folder / "file").symlink_to(outside / "secret")
    os.mkfifo(folder / "pipe")
    put(place, folder__kept=b"1", nowhere=b"1", pipe=b"1", extra=b"1")
    made = plan(folder, place, delete=True)
    assert {step.target.rpartition("/")[2]: step.action for step in made.steps if step.target} == {
        "a": "new", "b": "new", "file": "new", "kept": "skip", "nowhere": "skip", "pipe": "skip", "extra": "delete",
    }  # fmt: skip
    assert [(step.action, Path(step.source).name) for step in made.steps if not step.target] == [
        ("skip", ".x.iso.0123abcd.part"), ("skip", "folder"), ("skip", "nowhere"), ("skip", "pipe"),
    ]  # fmt: skip
    made = plan(place, folder, delete=True)
    assert actions(made) == {
        "kept": "refuse", "nowhere": "refuse", "pipe": "refuse", "extra": "new", "a": "delete", "b": "delete",
    }  # fmt: skip
    carry_out(made, place.connection)
    assert (folder / "file").is_symlink() and (outside / "secret").exists()


def test_a_file_in_the_way_of_a_folder_is_refused(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="1", b__c="2")
    put(place, a__x=b"1", b=b"2")
    made = plan(place, folder)
    assert [(step.action, step.why) for step in made.steps if step.action != "extra"] == [
        ("refuse", "“a” is a file here, and would have to be a folder."),
        ("refuse", "“b” is a folder here, and would have to be a file."),
    ]


def test_names_that_no_key_can_have_are_refused(place: Prefix, tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="1")
    (folder / os.fsdecode(b"\xff")).write_text("2")
    made = plan(folder, place)
    assert sorted(step.action for step in made.steps) == ["new", "refuse"]
    long = replace(place, uri=S3Uri(place.uri.bucket, "x" * 1023))
    assert [step.action for step in plan(write(tmp_path / "g", ab="1"), long).steps] == ["refuse"]


def test_a_file_does_not_take_the_key_of_another(place: Prefix, tmp_path: Path) -> None:
    """`x%253Ay` is what a download of `x%3Ay` is called; a file that is really called `x%3Ay` isn't that object."""
    put(place, **{"x%3Ay": b"1"})
    folder = tmp_path / "f"
    carry_out(plan(place, folder), place.connection)
    (folder / "x%3Ay").write_text("another")
    made = plan(folder, place)
    assert {Path(step.source).name: step.action for step in made.steps} == {"x%253Ay": "same", "x%3Ay": "refuse"}


def test_what_it_is_not_for(place: Prefix, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="in S3"):
        plan(tmp_path, tmp_path / "other")
    with pytest.raises(BadInput, match="version"):
        Prefix(place.connection, replace(place.uri, version_id="v"))
    with pytest.raises(errors.NoSuchBucket):
        plan(write(tmp_path / "f", a="1"), Prefix(place.connection, S3Uri("no-such-bucket-here", "")))


NAMES = st.lists(
    st.sampled_from(["a", "b", "A", "ü", "x:y", "x%3Ay", "..x", "CON", "50%", "end.", "c d"]), min_size=1, max_size=3
).map("/".join)


@example(here={"x%3Ay": b"", "x:y": b""}, there={}, down=False)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    here=st.dictionaries(NAMES, st.binary(max_size=2), min_size=1, max_size=6),
    there=st.dictionaries(NAMES, st.binary(max_size=2), max_size=6),
    down=st.booleans(),
)
def test_whatever_is_there_a_second_sync_finds_it_the_same(
    connection: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    here: dict[str, bytes],
    there: dict[str, bytes],
    down: bool,
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    local, stored = (there, here) if down else (here, there)
    for name, body in local.items():
        path = folder / name
        if not path.is_dir() and not any(each.is_file() for each in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    bucket = folder.name.replace("_", "-") + "-tree"
    connection.call("create_bucket", Bucket=bucket)
    for name, body in stored.items():
        connection.call("put_object", Bucket=bucket, Key=f"p/{name}", Body=body)
    place = Prefix(connection, S3Uri(bucket, "p/"))
    source, target = (place, folder) if down else (folder, place)
    made = plan(source, target, delete=True)
    assert set(carry_out(made, connection)) <= {"verified"}
    if not made.counts()["refuse"]:
        again = plan(source, target, delete=True)
        assert set(again.counts()) == {"same"} and plan(target, source, delete=True).counts() == again.counts()
