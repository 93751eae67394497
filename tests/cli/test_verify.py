"""`s3tui verify`: what it compares, what it says, how it ends."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, Asked, stub
from tests.terminal import Terminal
from tests.transfers import proxy as proxies
from tests.transfers.proxy import Treatment

ODD = ("plain.txt", "a/b:c?.txt", "../up", "a//b", "UP", "up", "tab\tü", "CON", "a/b", "a/b/c", "100%25")


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def tree(connection: Connection, bucket: str, tmp_path: Path) -> Path:
    """A folder, and the same below `p/` in the bucket, with something beside it."""
    for name in ("a.iso", "sub/b.iso", "sub/c"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        connection.call("put_object", Bucket=bucket, Key=f"p/{name}", Body=name.encode())
    connection.call("put_object", Bucket=bucket, Key="p/sub/", Body=b"")
    connection.call("put_object", Bucket=bucket, Key="p-other", Body=b"")
    return tmp_path / "tree"


def states(text: str) -> dict[str, str]:
    records = [json.loads(line) for line in text.splitlines()]
    return {record["uri"].partition("/p/")[2]: record["state"] for record in records}


def test_one_object_in_each_direction_and_by_itself(
    options: list[str], bucket: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, path = f"s3://{bucket}/p/a.iso", str(tree / "a.iso")
    for words in ([place, path], [path, place], [place], [place, str(tree)], [path, f"s3://{bucket}/p/"]):
        assert main(["verify", *options, *words]) == 0
        assert capsys.readouterr().out.startswith(f"verified: {place}")
    assert main(["verify", *options, place, str(tree / "sub/b.iso")]) == 1
    assert "differs: " in capsys.readouterr().err
    assert main(["verify", *options, f"s3://{bucket}/p/nothing", path]) == 1
    assert "missing: " in capsys.readouterr().err


def test_a_prefix_and_a_folder(
    options: list[str], connection: Connection, bucket: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"s3://{bucket}/p/"
    assert main(["verify", "-r", *options, place, str(tree)]) == 0
    assert "3 objects: 3 verified." in capsys.readouterr().err
    assert main(["verify", "-r", *options, str(tree), place]) == 0
    (tree / "only here").write_text("x")
    connection.call("put_object", Bucket=bucket, Key="p/only there", Body=b"x")
    capsys.readouterr()
    assert main(["verify", "-r", "--json", *options, place, str(tree)]) == 1
    everywhere = {"a.iso": "verified", "sub/b.iso": "verified", "sub/c": "verified"}
    assert states(capsys.readouterr().out) == everywhere | {"only there": "missing"}
    assert main(["verify", "-r", "--json", *options, str(tree), place]) == 1
    assert states(capsys.readouterr().out) == everywhere | {"only here": "missing"}


def test_a_prefix_by_itself(options: list[str], bucket: str, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "-r", "--json", *options, f"s3://{bucket}/p/"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == 3 and {record["path"] for record in records} == {None}
    assert main(["verify", "-r", *options, f"s3://{bucket}/nothing/"]) == 1  # a mistyped prefix isn't all right
    assert "nothing is verified" in capsys.readouterr().err


def test_a_bucket_that_is_not_there_is_said_to_be_so(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    for words in (["s3://no-such-bucket-here/x"], ["s3://no-such-bucket-here/x", str(tmp_path / "file")]):
        assert main(["verify", *options, *words]) == 1
        assert "no bucket “no-such-bucket-here”" in capsys.readouterr().err


def test_odd_keys_find_their_files(
    options: list[str], connection: Connection, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from s3tui.transfers.names import local_paths

    folder = tmp_path / "down"
    for key, path in local_paths(folder, ODD).items():
        connection.call("put_object", Bucket=bucket, Key=f"p/{key}", Body=key.encode())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.encode())
    (folder / "as: it is?").write_bytes(b"colon")
    connection.call("put_object", Bucket=bucket, Key="p/as: it is?", Body=b"colon")
    assert main(["verify", "-r", "--json", *options, str(folder), f"s3://{bucket}/p/"]) == 0
    assert states(capsys.readouterr().out) == dict.fromkeys((*ODD, "as: it is?"), "verified")
    (folder / "as: it is?").rename(folder / "as%3A it is%3F")
    assert main(["verify", "-r", *options, f"s3://{bucket}/p/", str(folder)]) == 0


def test_what_cannot_be_compared_is_neither_good_nor_bad(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"ETag": '"not-an-md5"', "Last-Modified": "Fri, 20 Nov 2026 16:03:04 GMT"}

    def answer(_: Asked) -> Answer:
        return Answer(200, b"12345", headers)

    with stub(answer) as running:
        options[1] = running.endpoint
        assert main(["verify", *options, "s3://bucket/key"]) == 3
    assert "can't be compared" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["a", "b"], ["s3://b/k", "s3://b/k"], ["path"], ["s3://b/p/"], ["s3://b"], ["-r", "s3://b/key"],
     ["-r", "s3://b/p/", "no-folder"], ["s3://b/p/", "."]],
)  # fmt: skip
def test_wrong_usage(options: list[str], words: list[str]) -> None:
    assert main(["verify", *options, *words]) == 2


def test_a_list_that_fails_verifies_nothing(options: list[str], tmp_path: Path) -> None:
    assert main(["verify", "-r", *options, "s3://no-such-bucket-here/p/", str(tmp_path)]) == 1


def test_a_terminal_sees_how_much_was_read(
    options: list[str], endpoint: str, connection: Connection, bucket: str
) -> None:
    connection.call("put_object", Bucket=bucket, Key="large", Body=bytes(20 << 20))
    seen = threading.Event()
    with proxies.running(endpoint) as proxy:
        # The last piece comes when the line was there: it is gone at the end.
        last = f"bytes={16 << 20}-"
        proxy.once(
            lambda asked: (
                Treatment(before=lambda: seen.wait(20)) if asked.headers.get("range", "").startswith(last) else None
            )
        )
        options[options.index(endpoint)] = proxy.endpoint
        command = [sys.executable, "-m", "s3tui", "verify", *options, f"s3://{bucket}/large"]
        with Terminal(command, dict(os.environ), columns=250) as terminal:
            terminal.wait_for(" read, ")
            seen.set()
            terminal.wait_for("verified")
            assert terminal.wait_for_exit() == 0
            assert " read, " not in terminal.text
