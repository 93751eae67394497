"""Ctrl-C while something is listed: whole records, their end, and a line that says that this is not all."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s3tui.demo import server as demo_server
from tests.s3.stub_server import Answer, Asked, stub

ROWS = 1000  # of a page; much more than a pipe holds
NOT_ALL = "s3tui: Interrupted; the list is not complete.\n"


@pytest.fixture(autouse=True, params=["", "1"], ids=["buffered", "unbuffered"])
def environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", request.param)  # then Python's own stdout writes less than it was given
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)


def page() -> bytes:
    rows = "".join(
        f"<Contents><Key>{'long-name/' * 20}{number:04}</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified>"
        "<Size>5</Size><ETag>&quot;e&quot;</ETag><StorageClass>STANDARD</StorageClass></Contents>"
        for number in range(ROWS)
    )
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    return f"<ListBucketResult>{rows}{more}</ListBucketResult>".encode()


@contextmanager
def listing(*words: str) -> Iterator[tuple[subprocess.Popen[str], threading.Event]]:
    """`s3tui` with these words, on a bucket whose second page never comes; the event says that it was asked for."""
    asked_more, over = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Answer:
        if "continuation-token" not in asked.path:
            return Answer(200, page())
        asked_more.set()
        over.wait(60)
        return Answer(0)

    with stub(answer) as running:
        command = [
            sys.executable,
            "-m",
            "s3tui",
            words[0],
            "--endpoint-url",
            running.endpoint,
            *words[1:],
            "s3://bucket/",
        ]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=dict(os.environ)) as process:
            try:
                yield process, asked_more
            finally:
                process.kill()
                over.set()


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is printed to stdout and stderr, when Ctrl-C ends it."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    return out, err


@pytest.mark.parametrize("words", [["ls", "-r", "--format", "jsonl"], ["find", "--json"]])
def test_records_stay_whole_and_have_their_end(words: list[str]) -> None:
    with listing(*words) as (process, _):
        assert process.stdout
        select.select([process.stdout], [], [], 60)  # the pipe is full soon: it stops amid a record
        out, err = interrupted(process)
    *records, end = map(json.loads, out.splitlines())
    assert len(records) == ROWS
    assert end == {"kind": "end", "complete": False, "reason": "cancelled", "rows": ROWS}
    assert err == NOT_ALL


@pytest.mark.parametrize("words", [["ls", "-r"], ["find"]])
def test_lines_for_people_stay_whole(words: list[str]) -> None:
    with listing(*words) as (process, _):
        assert process.stdout
        select.select([process.stdout], [], [], 60)
        out, err = interrupted(process)
    assert [line[-5:] for line in out.splitlines()] == [f"/{number:04}" for number in range(ROWS)]
    assert err == NOT_ALL


def test_csv_is_ended_too_while_it_waits_for_the_endpoint() -> None:
    with listing("ls", "-r", "--format", "csv") as (process, asked_more):
        assert process.stdout
        first = [process.stdout.readline() for _ in range(ROWS + 1)]
        assert asked_more.wait(60)
        out, err = interrupted(process)
    assert first[-1].startswith("object,")
    assert out == 'end,,,,,,,"stopped: cancelled"\n'
    assert err == NOT_ALL


def test_a_file_is_not_there_and_a_sum_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    with listing("ls", "-r", "-o", str(file)) as (process, asked_more):
        assert asked_more.wait(60)
        assert interrupted(process) == ("", f"s3tui: Interrupted; “{file}” was not written.\n")
    assert os.listdir(tmp_path) == ["home"]
    with listing("du") as (process, asked_more):
        assert asked_more.wait(60)
        assert interrupted(process) == ("", "s3tui: Interrupted; not everything was counted.\n")


@pytest.mark.parametrize("words", [["ls", "-r"], ["ls", "-r", "--format", "csv"]])
def test_a_reader_that_ctrl_c_has_ended_too_is_no_fault(words: list[str]) -> None:
    with listing(*words) as (process, asked_more):
        assert process.stdout and process.stderr
        for _ in range(ROWS - 100):  # the rest is in the pipe and in the program
            process.stdout.readline()
        assert asked_more.wait(60)
        process.stdout.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == NOT_ALL


def test_a_second_ctrl_c_does_not_wait_for_a_reader_that_has_stopped() -> None:
    with listing("ls", "-r", "--json") as (process, _):
        assert process.stdout
        select.select([process.stdout], [], [], 60)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
