"""Near misses of each kind, found with a listing and without one."""

from __future__ import annotations

import pytest

from s3tui.diagnosis import Diagnosis, Verdict, why
from s3tui.diagnosis.probes import neighbours
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.diagnosis.cases import put
from tests.diagnosis.conftest import Guarded

ASKED_AND_THERE = [
    ("data/Report.csv", "data/report.csv"),
    ("Data/2026/report.csv", "data/2026/report.csv"),
    ("caf\u00e9/menu.txt", "cafe\u0301/menu.txt"),
    ("/data/report.csv", "data/report.csv"),
    ("data/report.csv", "/data/report.csv"),
    ("data/report.csv", "data//report.csv"),
    ("data//report.csv", "data/report.csv"),
    ("data/report.csv", "data/report.csv "),
    ("data/my report.csv", "data/my%20report.csv"),
    ("data/my%20report.csv", "data/my report.csv"),
    ("data/my report.csv", "data/my+report.csv"),
    ("my dir/x/report.csv", "my+dir/x/report.csv"),
    ("data/report", "data/report.csv"),
    ("data/report.csv.gz", "data/report.csv"),
    ("data/a%2Fb.csv", "data/a/b.csv"),
    ("data/a/b.csv", "data%2Fa%2Fb.csv"),
    ("data\\report.csv", "data/report.csv"),
]
# Without a listing, a spelling can only be guessed as a whole.
GUESSED = [
    pair for pair in ASKED_AND_THERE if pair not in (ASKED_AND_THERE[5], ASKED_AND_THERE[11], ASKED_AND_THERE[12])
]


def found(diagnosis: Diagnosis) -> list[str]:
    return [candidate.key for candidate in diagnosis.candidates]


@pytest.mark.parametrize(("asked", "there"), ASKED_AND_THERE)
def test_a_near_miss_is_found_in_the_listing(connection: Connection, bucket: str, asked: str, there: str) -> None:
    put(connection, bucket, there)
    put(connection, bucket, "data/another.csv")
    answer = why(connection, S3Uri(bucket, asked))
    assert (answer.verdict, found(answer)) == (Verdict.NEAR_MISS, [there])
    assert f"“{there}”" in answer.summary


@pytest.mark.parametrize(("asked", "there"), GUESSED)
def test_a_near_miss_is_guessed_without_a_listing(guarded: Guarded, asked: str, there: str) -> None:
    owner, bucket = guarded.connection("owner"), f"guess-{GUESSED.index((asked, there))}"
    owner.call("create_bucket", Bucket=bucket)
    put(owner, bucket, there)
    answer = why(guarded.connection("reader"), S3Uri(bucket, asked))
    assert (answer.verdict, found(answer)) == (Verdict.NEAR_MISS, [there])


def test_the_bucket_s_name_repeated_in_the_key(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "data/report.csv")
    assert found(why(connection, S3Uri(bucket, f"{bucket}/data/report.csv"))) == ["data/report.csv"]


def test_a_prefix_instead_of_an_object(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "data/2026/report.csv")
    answer = why(connection, S3Uri(bucket, "data/2026"))
    assert (answer.verdict, found(answer)) == (Verdict.NEAR_MISS, ["data/2026/"])
    assert "is a prefix" in answer.candidates[0].why


def test_another_spelling_comes_before_another_extension(connection: Connection, bucket: str) -> None:
    for key in ("data/report.csv.gz", "data/REPORT.csv"):
        put(connection, bucket, key)
    assert found(why(connection, S3Uri(bucket, "data/report.csv"))) == ["data/REPORT.csv", "data/report.csv.gz"]


@pytest.mark.parametrize(
    "there", ["data/report-2.csv", "data/reports.csv", "data/report.csv.sha256", "other/report.csv"]
)
def test_what_is_really_another_key_is_none(connection: Connection, bucket: str, there: str) -> None:
    put(connection, bucket, there)
    answer = why(connection, S3Uri(bucket, "data/report.csv"))
    assert (answer.verdict, answer.candidates) == (Verdict.NEVER_EXISTED, ())


def test_a_folder_too_large_to_compare_stays_open(
    connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "PAGES_PER_FOLDER", 1)
    monkeypatch.setattr(neighbours, "PAGE_SIZE", 2)
    for name in ("a", "b", "c"):
        put(connection, bucket, f"data/{name}")
    put(connection, bucket, "data/z z")
    answer = why(connection, S3Uri(bucket, "data/Z  Z"))
    assert answer.verdict is Verdict.NEVER_EXISTED
    assert [gap.what for gap in answer.unchecked if "the rest of “data/”" in gap.what]


def test_a_folder_too_large_to_compare_is_asked_for_likely_spellings(
    connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "PAGES_PER_FOLDER", 1)
    monkeypatch.setattr(neighbours, "PAGE_SIZE", 2)
    for name in ("a", "b", "c", "z.iso"):
        put(connection, bucket, f"data/{name}")
    assert found(why(connection, S3Uri(bucket, "data/Z.ISO"))) == ["data/z.iso"]
