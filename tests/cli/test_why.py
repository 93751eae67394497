"""`s3tui why`: the report, the JSON, the exit code."""

from __future__ import annotations

import json

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection


@pytest.fixture(autouse=True)
def signed_in(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", demo_server.REGION)


def test_the_cause_stands_on_the_first_line(
    connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("put_object", Bucket=bucket, Key="disk.iso.gz", Body=b"x")
    assert main(["why", f"s3://{bucket}/disk.iso"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Not here, but a near miss is: There is no “disk.iso”, but there is “disk.iso.gz”")
    assert "request id" in said.out
    assert demo_server.SECRET_ACCESS_KEY not in said.out
    assert said.err == ""


def test_json_is_one_line_with_the_promised_fields(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "--json", f"s3://{bucket}/nothing"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    answer = json.loads(line)
    assert answer["verdict"] == "never_existed"
    assert {"summary", "evidence", "unchecked", "next"} <= set(answer)
    assert "candidates" not in answer
    assert all(entry["request_id"] for entry in answer["evidence"])


def test_the_signature_of_a_presigned_url_is_not_repeated(
    endpoint: str, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{endpoint}/{bucket}/nothing?X-Amz-Signature=deadbeef&X-Amz-Credential=AKIAEXAMPLE%2F20260101"
    assert main(["why", url]) == 0
    said = capsys.readouterr().out
    assert f"s3://{bucket}/nothing" in said
    assert "deadbeef" not in said
    assert "AKIAEXAMPLE" not in said


def test_a_url_of_another_endpoint_is_elsewhere(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "--json", f"https://s3.other.example/{bucket}/nothing"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "elsewhere"


@pytest.mark.parametrize("place", ["ftp://x/y", "", "s3://bucket-alone"])
def test_what_is_no_object_is_wrong_usage(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", place]) == 2
    assert capsys.readouterr().out == ""


def test_what_cannot_be_told_is_done_in_part(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", f"s3://{bucket}/not\udcffutf-8"]) == 3
    assert "not valid UTF-8" in capsys.readouterr().out
