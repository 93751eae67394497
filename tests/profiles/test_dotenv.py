"""What a `.env` file says about S3."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s3tui.profiles import dotenv
from s3tui.profiles.credentials import Keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.env"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "S3_ENDPOINT=minio.example\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n",
            dotenv.DotenvFile("https://minio.example", None, Keys("k", "s")),
        ),
        (
            "S3_ENDPOINT=minio.example:9000\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\nS3_SECURE=False\n",
            dotenv.DotenvFile("http://minio.example:9000", None, Keys("k", "s")),
        ),
        (
            "S3_ENDPOINT=https://minio.example\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\nS3_SECURE=false\n",
            dotenv.DotenvFile("https://minio.example", None, Keys("k", "s")),
        ),
        (
            "S3_ENDPOINT_URL='https://s3.example/'\nS3_REGION_NAME='r'\nS3_ACCESS_KEY_ID=k\nS3_SECRET_ACCESS_KEY=s\n",
            dotenv.DotenvFile("https://s3.example/", "r", Keys("k", "s")),
        ),
        (
            "INVENIO_S3_ENDPOINT_URL=\"'http://i.example'\"\nINVENIO_S3_REGION_NAME=r\n"
            "INVENIO_S3_ACCESS_KEY_ID=k\nINVENIO_S3_SECRET_ACCESS_KEY=s\n",
            dotenv.DotenvFile("http://i.example", "r", Keys("k", "s")),
        ),
        (
            "export AWS_ACCESS_KEY_ID=k\nAWS_SECRET_ACCESS_KEY=s\nAWS_SESSION_TOKEN=t\nAWS_DEFAULT_REGION=r\n",
            dotenv.DotenvFile(None, "r", Keys("k", "s", "t")),
        ),
        (
            "AWS_ACCESS_KEY_ID=k\nAWS_SECRET_ACCESS_KEY=s\nAWS_S3_ENDPOINT_URL=http://c.example\nS3_BUCKET=b\n",
            dotenv.DotenvFile("http://c.example", None, Keys("k", "s"), buckets=("b",)),
        ),
        ("AWS_PROFILE=p\nAWS_ENDPOINT_URL=http://e.example\n", dotenv.DotenvFile("http://e.example", aws_profile="p")),
        # Both families: the S3_* pair belongs to the S3_* endpoint.
        (
            "AWS_ACCESS_KEY_ID=x\nAWS_SECRET_ACCESS_KEY=y\nAWS_SESSION_TOKEN=t\n"
            "S3_ENDPOINT_URL=http://e.example\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n",
            dotenv.DotenvFile("http://e.example", None, Keys("k", "s")),
        ),
        ("DATABASE_URL=postgres://x\n", dotenv.DotenvFile()),
        ("S3_ACCESS_KEY=\nS3_SECRET_KEY=\n", dotenv.DotenvFile()),
    ],
)
def test_the_names_that_are_understood(path: Path, text: str, expected: dotenv.DotenvFile) -> None:
    path.write_text(text)
    assert dotenv.read(path) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("S3_ACCESS_KEY=k\n", "It names S3_ACCESS_KEY, but not S3_SECRET_KEY."),
        ("AWS_SECRET_ACCESS_KEY=s\n", "It names AWS_SECRET_ACCESS_KEY, but not AWS_ACCESS_KEY_ID."),
        ("S3_ENDPOINT=host\n", "It names an endpoint, but no access key and secret."),
        ("S3_ENDPOINT=ftp://host\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n", "“ftp://host” is not an endpoint"),
    ],
)
def test_a_file_that_is_not_enough_says_why(path: Path, text: str, problem: str) -> None:
    path.write_text(text)
    assert problem in dotenv.read(path).problem


def test_a_file_that_cannot_be_read_says_why(path: Path) -> None:
    assert "can't be read" in dotenv.read(path).problem
    path.write_bytes(b"\xff\xfe\x00")
    assert "not a text file" in dotenv.read(path).problem


def test_a_file_about_something_else_is_no_profile(path: Path) -> None:
    path.write_text("DEBUG=1\n")
    assert dotenv.as_profile(path) is None


def test_the_profile_of_a_file_holds_no_secret(path: Path) -> None:
    path.write_text("S3_ENDPOINT=host\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s3cret\nS3_BUCKET=b\n")
    profile = dotenv.as_profile(path)
    assert profile is not None
    assert profile.credentials == f"dotenv:{path}"
    assert (profile.access_key_id, profile.buckets) == ("k", ("b",))
    assert "s3cret" not in repr(profile) + repr(dotenv.read(path))


def test_a_file_that_names_an_aws_profile_uses_it(path: Path) -> None:
    path.write_text("AWS_PROFILE=p\n")
    profile = dotenv.as_profile(path)
    assert profile is not None
    assert profile.credentials == "aws:p"


def test_the_environment_is_read_for_references_and_never_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOTENV_HOST", "host.example")
    path.write_text("S3_ENDPOINT=http://${DOTENV_HOST}\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n")
    before = dict(os.environ)
    assert dotenv.read(path).endpoint == "http://host.example"
    assert dict(os.environ) == before


def test_odd_lines_print_nothing(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path.write_text("this is no assignment !\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n")
    assert dotenv.read(path).keys == Keys("k", "s")
    assert capfd.readouterr() == ("", "")
