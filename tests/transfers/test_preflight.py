"""The plan of a bulk upload: keys and metadata filled in, what is refused, and what is noticed on the way."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import preflight
from s3tui.transfers.bulk import BadLines, Form, LocalFile
from s3tui.transfers.failures import FileChanged
from s3tui.transfers.notes import Notes
from s3tui.transfers.plan import Plan
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.upload import UploadRequest, upload

Make = Callable[..., Path]


def plan(
    connection: Connection, files: Sequence[Path | LocalFile], form: Form, token: CancelToken | None = None
) -> Plan:
    chosen = [file if isinstance(file, LocalFile) else LocalFile(file, file.name) for file in files]
    return preflight.preflight(connection, chosen, form, token or CancelToken(), lambda *_: None)


def requests(plan: Plan) -> list[UploadRequest]:
    return [request for request in plan.requests() if isinstance(request, UploadRequest)]


def send(connection: Connection, request: UploadRequest) -> Outcome:
    return upload(connection, request, Progress(), CancelToken(), Notes())


def actions(plan: Plan) -> list[str]:
    return [step.action for step in plan.steps]


# ---- keys and metadata


def test_the_isos_of_the_lab(connection: Connection, bucket: str, make: Make) -> None:
    """As `upload_iso` of r630-iscsi-switchbot writes them."""
    iso = make(1000, "generated.iso")
    form = Form(
        S3Uri(bucket),
        "isos/server-{server_id}-{hostname}-{version}-{date}.iso",
        {"server_id": "{server_id}", "hostname": "{hostname}", "timestamp": "{date}", "md5": "{md5}"},
        fields={"server_id": "01", "hostname": "humpty", "version": "4.18.0"},
    )
    [request] = requests(plan(connection, [iso], form))
    assert re.fullmatch(r"isos/server-01-humpty-4\.18\.0-20\d{6}\.iso", request.target.key)
    assert request.metadata == {
        "server_id": "01",
        "hostname": "humpty",
        "timestamp": request.target.key[-12:-4],
        "md5": hashlib.md5(iso.read_bytes()).hexdigest(),
    }


def test_what_every_file_has(connection: Connection, bucket: str, make: Make, tmp_path: Path) -> None:
    path = make(10, "archive.tar.gz")
    names = ["name", "stem", "ext", "parent", "relpath", "size", "sha256", "uuid4", "timestamp"]
    form = Form(S3Uri(bucket, "x/"), "{uuid4}{ext}", {name: f"{{{name}}}" for name in names}, {"kind": "{ext}"})
    one, other = requests(plan(connection, [LocalFile(path, "below/archive.tar.gz"), path], form))
    assert one.metadata == {
        "name": "archive.tar.gz",
        "stem": "archive.tar",
        "ext": ".gz",
        "parent": tmp_path.name,
        "relpath": "below/archive.tar.gz",
        "size": "10",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "uuid4": one.target.key.removeprefix("x/").removesuffix(".gz"),
        "timestamp": other.metadata["timestamp"],
    }
    assert one.tags == {"kind": ".gz"} and uuid.UUID(one.metadata["uuid4"]).version == 4
    assert other.metadata["uuid4"] != one.metadata["uuid4"]


@pytest.mark.parametrize(
    "form",
    [
        Form(S3Uri("b"), "{version}"),
        Form(S3Uri("b"), "{version}", fields={"version": ""}),
        Form(S3Uri("b"), "{name}", fields={"name": "x"}),
        Form(S3Uri("b"), ""),
        Form(S3Uri("b"), "/openshift/{name}"),
        Form(S3Uri("b"), "{"),
        Form(S3Uri("b"), metadata={"a b": "{name}"}),
        Form(S3Uri("b"), metadata={"a": "line\nend"}),
        Form(S3Uri("b"), tags={"aws:x": "{name}"}),
        Form(S3Uri("b"), sidecar="{"),
    ],
)
def test_a_form_that_cannot_be_used_asks_nobody(connection: Connection, form: Form, make: Make) -> None:
    before = len(connection.log.newest())
    with pytest.raises(BadInput):
        plan(connection, [make(1)], form)
    assert len(connection.log.newest()) == before


def test_files_that_cannot_be_sent_are_refused_one_by_one(
    connection: Connection, bucket: str, make: Make, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    bad.write_bytes(b"x")
    files: list[Path | LocalFile] = [
        make(1, "good"),
        tmp_path / "none",
        tmp_path / "pipe",
        tmp_path,
        bad,
        LocalFile(make(1, "long"), "long" * 300),
        LocalFile(make(1, "up"), "../up"),
        LocalFile(make(1, "gap"), "a//gap"),
        LocalFile(make(1, "dot"), "./dot", at=S3Uri(bucket, "a/./dot")),
        LocalFile(make(1, "slash"), "slash", at=S3Uri(bucket, "a/")),
    ]
    made = plan(connection, files, Form(S3Uri(bucket)))
    assert actions(made) == ["new"] + ["refuse"] * 9
    assert all(step.why.endswith(".") and step.request is None for step in made.steps[1:])
    below_odd = plan(
        connection,
        [files[0], LocalFile(tmp_path / "gap", "a", at=S3Uri(bucket, "b//c"))],
        Form(S3Uri(bucket, "a//../")),
    )
    assert actions(below_odd) == ["new", "new"]  # a prefix that was chosen, and a key that was written, are as they are
    sparse = tmp_path / "huge"
    with sparse.open("wb") as file:
        file.truncate(6 << 40)
    assert any("5 TiB" in remark for remark in plan(connection, [sparse], Form(S3Uri(bucket))).remarks)


def test_two_files_for_one_key_are_an_error(connection: Connection, bucket: str, make: Make) -> None:
    one, other = make(1, "one"), make(1, "other")
    with pytest.raises(BadInput, match=r"one” and .*other” would both become “x”"):
        plan(connection, [one, other], Form(S3Uri(bucket), "x"))
    with pytest.raises(BadInput, match=r"“metadata.json”"):
        plan(connection, [one, other], Form(S3Uri(bucket), sidecar="metadata.json"))
    with pytest.raises(BadInput, match=r"“one.json”"):
        plan(connection, [one, make(1, "one.json")], Form(S3Uri(bucket), sidecar="{name}.json"))


def test_lines_of_a_manifest_are_complained_of_all_at_once(connection: Connection, bucket: str, make: Make) -> None:
    good = LocalFile(make(1), "a", line=2, metadata={"V": "of the line"}, tags={"t": "1"}, storage_class="GLACIER")
    bad = [LocalFile(Path("nowhere"), "b", line=3), LocalFile(make(1), "c", metadata={"a b": "1"}, line=4)]
    form = Form(S3Uri(bucket), metadata={"v": "of all", "w": "{name}"}, tags={"t": "0", "u": "2"}, storage_class="X")
    with pytest.raises(BadLines) as caught:
        plan(connection, [good, *bad, LocalFile(Path(), "", why="nonsense.", line=9)], form)
    assert [complaint.partition(":")[0] for complaint in caught.value.complaints] == ["Line 3", "Line 4", "Line 9"]
    [request] = requests(plan(connection, [good], form))
    assert request.metadata == {"w": "image.iso", "V": "of the line"}
    assert (request.tags, request.storage_class) == ({"t": "1", "u": "2"}, "GLACIER")


def test_a_file_must_stay_as_it_was_planned(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    of_content, other = (requests(plan(connection, [path], Form(S3Uri(bucket), key)))[0] for key in ("{md5}", "{name}"))
    path.write_bytes(b"another")
    with pytest.raises(FileChanged, match="since the plan was made"):
        send(connection, of_content)
    with pytest.raises(FileChanged, match="since it was queued"):
        send(connection, other)


# ---- how it is found out


def test_no_bucket_is_an_error_before_anything_is_sent(connection: Connection, make: Make) -> None:
    with pytest.raises(errors.NoSuchBucket):
        plan(connection, [make(1)], Form(S3Uri("no-such-bucket-here")))


def test_what_is_noticed_on_the_way(
    connection: Connection, bucket: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, growing = (make(1, name) for name in ("old", "new", "growing"))
    for path in (old, growing):
        os.utime(path, (1e9, 1e9))
    for key in ("old", "elsewhere"):
        connection.call("create_multipart_upload", Bucket=bucket, Key=key)
    look = preflight.taken

    def grow(*arguments: Any) -> Any:
        growing.write_bytes(b"more")
        return look(*arguments)

    monkeypatch.setattr(preflight, "taken", grow)
    remarks = plan(connection, [old, new, growing], Form(S3Uri(bucket))).remarks
    assert ["1 unfinished upload (“old”" in remarks[0], "“growing”" in remarks[1], "“new”" in remarks[2]] == [True] * 3
    assert len(remarks) == 3
    read_only = Connection(replace(connection.profile, read_only=True))
    assert "read-only" in plan(read_only, [old], Form(S3Uri(bucket))).remarks[0]


def test_it_can_be_cancelled_while_a_file_is_read(connection: Connection, bucket: str, make: Make) -> None:
    token, told = CancelToken(), []

    def tell(what: str, done: int, total: int | None) -> None:
        told.append(what)
        if what.startswith("reading"):
            token.cancel()

    with pytest.raises(Cancelled):
        preflight.preflight(connection, [LocalFile(make(3 << 20), "x")], Form(S3Uri(bucket), "{sha256}"), token, tell)
    assert told == ["looking at files", "reading image.iso"]
