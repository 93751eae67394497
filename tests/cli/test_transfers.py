"""`s3tui transfers`: what earlier runs have left, and what can be done to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3tui.cli import transfers
from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.folders import transfers_folder
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.begun import Begun
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.upload import UploadRequest
from tests.transfers.conftest import content, unfinished


@pytest.fixture
def whom(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Whom:
    """The environment's profile, on this server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", demo_server.REGION)
    return Whom("environment", endpoint, demo_server.REGION, "environment")


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal(transfers_folder())
    yield journal
    journal.close()


@pytest.fixture
def left(journal: Journal, whom: Whom, bucket: str, tmp_path: Path) -> list[Path]:
    """Two uploads that an earlier run paused, and one that failed."""
    paths = [tmp_path / name for name in ("a.iso", "b.iso", "c.iso")]
    for path in paths:
        path.write_bytes(path.name.encode())
    job, rows = journal.add(whom, [UploadRequest(path, S3Uri(bucket, path.name)) for path in paths])
    for row in rows:
        state = "failed" if row.number == 3 else "paused"
        journal.end(row._replace(state=state, why="The line is dead."))  # type: ignore[arg-type]
    journal.release(job.number)
    return paths


def states(journal: Journal) -> list[str]:
    return [row.state for row in journal.since(-1).rows]


def test_the_list(left: list[Path], bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfers", "list"]) == 0
    said = capsys.readouterr().out.splitlines()
    job, *said = said
    assert f"upload of 3, 0%: {left[0].parent}/ -> s3://{bucket}/  1 failed, 2 paused" in job
    assert len(said) == 3 and f"{left[0]} -> s3://{bucket}/a.iso" in said[0] and "The line is dead." in said[2]
    assert main(["transfers", "list", "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["number"], each["job"], each["state"], each["profile"]) for each in records] == [
        (1, 1, "paused", "environment"),
        (2, 1, "paused", "environment"),
        (3, 1, "failed", "environment"),
    ]


def test_resume_takes_what_is_paused_and_retry_what_failed(
    left: list[Path], journal: Journal, connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["transfers", "resume", "2"]) == 0
    assert states(journal) == ["paused", "verified", "failed"]
    assert main(["transfers", "resume", "--json"]) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (record["number"], record["state"]) == (1, "verified")
    assert main(["transfers", "retry"]) == 0
    assert states(journal) == ["verified"] * 3
    assert all(content(connection, bucket, path.name) == path.read_bytes() for path in left)
    assert main(["transfers", "retry"]) == 0 and "nothing to do" in capsys.readouterr().err


def test_the_deletes_of_a_sync_follow_what_is_resumed(
    journal: Journal,
    whom: Whom,
    connection: Connection,
    bucket: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "a"
    path.write_text("a")
    connection.call("put_object", Bucket=bucket, Key="gone", Body=b"gone")
    etag = connection.call("head_object", Bucket=bucket, Key="gone")["ETag"]
    deletes = DeleteRequest(bucket, ("gone",), expected=1, seen=((4, etag),))
    journal.add_in_turn((whom, [UploadRequest(path, S3Uri(bucket, "a"))]), (whom, [deletes]))
    journal.close()
    assert main(["transfers", "resume", "2"]) == 1
    assert "so nothing is deleted" in capsys.readouterr().err
    assert main(["transfers", "resume"]) == 0
    assert states(journal) == ["verified", "verified"]
    assert [each["Key"] for each in connection.call("list_objects_v2", Bucket=bucket)["Contents"]] == ["a"]


def test_cancel_drops_what_is_paused(left: list[Path], journal: Journal) -> None:
    assert main(["transfers", "cancel"]) == 0
    assert states(journal) == ["cancelled", "cancelled", "failed"]


def test_what_fails_again_is_told_by_the_exit_code(left: list[Path], journal: Journal) -> None:
    left[0].unlink()
    assert main(["transfers", "resume"]) == 3
    assert states(journal) == ["failed", "verified", "failed"]
    assert main(["transfers", "retry", "1"]) == 1


@pytest.mark.parametrize("numbers", ["9", "3"])
def test_wrong_usage(left: list[Path], journal: Journal, numbers: str) -> None:
    assert main(["transfers", "resume", numbers]) == 2
    assert states(journal) == ["paused", "paused", "failed"]


def test_another_endpoint_under_the_same_name_gets_nothing(
    left: list[Path], journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(["transfers", "resume"]) == 1
    assert "is now http://127.0.0.1:9" in capsys.readouterr().err
    assert states(journal) == ["paused", "paused", "failed"]


def test_a_profile_that_is_gone_says_so_and_stops_no_other(
    left: list[Path], journal: Journal, endpoint: str, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = Whom("gone", endpoint, None, "config")
    job, (row,) = journal.add(gone, [UploadRequest(left[0], S3Uri(bucket, "gone"))])
    journal.end(row._replace(state="paused"))
    journal.release(job.number)
    assert main(["transfers", "resume"]) == 3
    assert "There is no profile “gone”" in capsys.readouterr().err
    assert states(journal) == ["verified", "verified", "failed", "paused"]
    assert main(["transfers", "cancel"]) == 0  # nothing of it is anywhere, so nobody needs to be asked


def test_the_endpoint_of_the_options_must_be_the_same(left: list[Path], journal: Journal, endpoint: str) -> None:
    assert main(["transfers", "--endpoint-url", "http://127.0.0.1:9", "resume"]) == 1
    assert main(["transfers", "--endpoint-url", endpoint, "resume"]) == 0
    assert states(journal) == ["verified", "verified", "failed"]


def test_a_read_only_resume_sends_nothing(left: list[Path], journal: Journal) -> None:
    assert main(["transfers", "--read-only", "resume"]) == 1
    assert states(journal) == ["failed"] * 3


def test_what_another_process_runs_is_left_to_it(
    left: list[Path], journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.take([1])
    for action in ("resume", "cancel"):
        assert main(["transfers", action, "1"]) == 1
        assert "Another s3tui" in capsys.readouterr().err
        assert main(["transfers", action]) == 0
    assert states(journal) == ["paused", "paused", "failed"]


def test_a_journal_that_cannot_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    transfers_folder().mkdir(parents=True)
    (transfers_folder() / "journal.db").write_text("nonsense" * 100)
    assert main(["transfers", "list"]) == 1
    assert "can't be used" in capsys.readouterr().err


def test_no_transfers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfers", "list"]) == 0
    assert "no transfers" in capsys.readouterr().err


def test_relative_names_are_those_of_where_they_were_typed(
    whom: Whom, journal: Journal, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here.iso").write_bytes(b"x")
    assert main(["put", "here.iso", f"s3://{bucket}/"]) == 0
    assert main(["get", f"s3://{bucket}/here.iso", "there.iso"]) == 0
    ends = [row.ends for row in journal.since(-1).rows]
    assert ends[0][0] == str(tmp_path / "here.iso") and ends[1][1] == str(tmp_path / "there.iso")


def test_what_can_not_be_cancelled_is_forgotten_only_after_a_question(
    journal: Journal, connection: Connection, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.iso"
    path.write_bytes(b"x")
    upload_id = connection.call("create_multipart_upload", Bucket=bucket, Key="a.iso")["UploadId"]
    gone = Whom("gone", "https://old.example.org", None, "config")
    job, (row,) = journal.add(gone, [UploadRequest(path, S3Uri(bucket, "a.iso"))])
    Begun((1, 2, 3), 5 << 20, upload_id=upload_id).note(journal.request(row.number)[1])
    journal.end(row._replace(state="failed"))
    journal.release(job.number)
    assert main(["transfers", "cancel", "1"]) == 1  # there is no such profile any more
    assert main(["transfers", "forget", "1"]) == 2  # nobody can be asked
    capsys.readouterr()
    assert states(journal) == ["failed"]
    assert main(["transfers", "forget", "1", "--yes"]) == 0
    said = capsys.readouterr().err
    assert upload_id in said and "https://old.example.org" in said and f"s3://{bucket}/a.iso" in said
    assert states(journal) == [] and unfinished(connection, bucket) == ["a.iso"]


@pytest.fixture
def refused(whom: Whom, journal: Journal, connection: Connection, bucket: str, tmp_path: Path) -> list[Path]:
    """An upload and a download that found their targets taken."""
    up, down = tmp_path / "up.iso", tmp_path / "down.iso"
    up.write_bytes(b"up")
    down.write_bytes(b"mine")
    connection.call("put_object", Bucket=bucket, Key="up.iso", Body=b"theirs")
    assert main(["put", "--if-exists", "skip", str(up), f"s3://{bucket}/down.iso"]) == 0
    requests = [UploadRequest(up, S3Uri(bucket, "up.iso")), DownloadRequest(S3Uri(bucket, "down.iso"), down)]
    job, rows = journal.add(whom, requests)
    for row in rows:
        journal.end(row._replace(state="failed", why="It is there already.", exists=True))
    journal.release(job.number)
    return [up, down]


def test_what_is_there_is_replaced_only_after_a_question(
    refused: list[Path], journal: Journal, connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    up, down = refused
    assert main(["transfers", "retry", "--overwrite", "2", "3"]) == 2  # nobody can be asked
    said = capsys.readouterr().err
    assert f"2: s3://{bucket}/up.iso: 6 B, written 2" in said and f"3: {down}: 4 B, written 2" in said
    assert content(connection, bucket, "up.iso") == b"theirs" and down.read_bytes() == b"mine"
    assert states(journal) == ["verified", "failed", "failed"]
    assert main(["transfers", "retry", "--overwrite", "--yes", "2", "3"]) == 0
    assert content(connection, bucket, "up.iso") == b"up" and down.read_bytes() == b"up"
    assert states(journal) == ["verified"] * 3 and up.exists()


def test_what_changes_after_the_question_stays(
    refused: list[Path],
    journal: Journal,
    connection: Connection,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another writer is quicker than the person at the terminal."""

    def agree(*_: str) -> bool:
        connection.call("put_object", Bucket=bucket, Key="up.iso", Body=b"newest")
        refused[1].write_bytes(b"mine, and newer")
        return True

    monkeypatch.setattr(transfers, "agreed", agree)
    assert main(["transfers", "retry", "--overwrite", "2", "3"]) == 1
    assert "changed since you looked" in capsys.readouterr().err
    assert content(connection, bucket, "up.iso") == b"newest" and refused[1].read_bytes() == b"mine, and newer"
    assert states(journal) == ["verified", "failed", "failed"]


@pytest.mark.parametrize("numbers", [[], ["9"], ["1"]])
def test_only_what_found_its_target_taken_is_overwritten(
    refused: list[Path], connection: Connection, bucket: str, numbers: list[str]
) -> None:
    assert main(["transfers", "retry", "--overwrite", "--yes", *numbers]) == 2
    assert content(connection, bucket, "up.iso") == b"theirs"
