"""What a download of many objects comes to before any of it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import download_plan
from s3tui.transfers.failures import NoSpace
from s3tui.transfers.notes import Notes
from s3tui.transfers.plan import Conflict, Plan
from s3tui.transfers.progress import Progress


def tell(*_: object) -> None:
    """Nobody."""


def plan(connection: Connection, bucket: str, folder: Path, if_exists: Conflict = "ask") -> Plan:
    found = download_plan.below(connection, S3Uri(bucket, "p/"), CancelToken(), tell)
    return download_plan.plan(download_plan.placed(found, "p/", folder), folder, if_exists, CancelToken(), tell)


def receive(made: Plan, connection: Connection) -> None:
    for request in made.requests():
        assert request.run(connection, Progress(), CancelToken(), Notes()).state == "verified"


@pytest.fixture
def filled(connection: Connection, bucket: str) -> str:
    for key in ("p/a", "p/sub/", "p/sub/b", "p/../../up", "p/x:y", "p/sub//b", "p-beside"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"" if key.endswith("/") else key.encode())
    return bucket


def test_all_that_is_below_gets_a_safe_name(connection: Connection, filled: str, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    made = plan(connection, filled, folder)
    assert made.counts() == {"new": 5} and made.size == sum(
        map(len, ("p/a", "p/sub/b", "p/../../up", "p/x:y", "p/sub//b"))
    )
    receive(made, connection)
    files = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "a": "p/a", "sub/b": "p/sub/b", "%2E%2E/%2E%2E/up": "p/../../up", "x%3Ay": "p/x:y", "sub/%2F/b": "p/sub//b",
    }  # fmt: skip
    assert plan(connection, filled, folder, "different").counts() == {"same": 5}


def test_what_is_there_is_decided(connection: Connection, filled: str, tmp_path: Path) -> None:
    for name, text in (("a", "p/b"), ("sub/b", "p/sub/b"), ("x%3Ay", "longer than that"), ("x%3Ay-2", "")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    made = plan(connection, filled, tmp_path)
    assert made.counts() == {"ask": 3, "new": 2} and made.size == len("p/../../up") + len("p/sub//b")
    assert plan(connection, filled, tmp_path, "skip").counts() == {"skip": 3, "new": 2}
    assert plan(connection, filled, tmp_path, "overwrite").counts() == {"replace": 3, "new": 2}
    assert plan(connection, filled, tmp_path, "different").counts() == {"replace": 2, "same": 1, "new": 2}
    renamed = plan(connection, filled, tmp_path, "rename")
    assert [Path(step.target).name for step in renamed.steps if step.action == "rename"] == ["a-2", "b-2", "x%3Ay-3"]
    asked = [number for number, step in enumerate(made.steps) if step.action == "ask"]
    for number, choice in zip(asked, ("different", "different", "rename"), strict=True):
        made.decide(choice, (number,))
    assert made.counts() == {"replace": 1, "same": 1, "rename": 1, "new": 2}
    made.decide("skip", asked[:1])
    receive(made, connection)
    assert (tmp_path / "a").read_text() == "p/b" and (tmp_path / "x%3Ay-3").read_text() == "p/x:y"


def test_what_is_in_the_way_is_refused(connection: Connection, filled: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "sub").write_text("a file")
    (tmp_path / "x%3Ay").symlink_to("nothing")
    made = plan(connection, filled, tmp_path, "different")
    assert made.counts() == {"refuse": 3, "replace": 1, "new": 1}
    receive(made, connection)
    assert not (tmp_path / "x%3Ay").is_symlink()


def test_room_and_lists(connection: Connection, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("", (), {"free": 10}))
    with pytest.raises(NoSpace):
        plan(connection, filled, tmp_path / "not" / "there")
    with pytest.raises(errors.NoSuchBucket):
        download_plan.below(connection, S3Uri("no-such-bucket-here", "p/"), CancelToken(), tell)
