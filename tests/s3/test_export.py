"""Exports: what is written can be read back exactly, and always says whether it is all there was."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pyarrow import parquet

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import columns as kinds
from s3tui.s3 import export, filters
from s3tui.s3.columns import Columns, Row, milliseconds
from s3tui.s3.listing import COMPLETE, MORE, Completeness, Listing
from s3tui.s3.search import Found, Hits
from s3tui.s3.uri import S3Uri

WHEN = datetime(2026, 11, 20, 16, 3, 4, 120_000, tzinfo=UTC)
ETAG = "0123456789abcdef0123456789abcdef"
CUT = Completeness("stopped", "You may not do “this”,\nreally.")
# Every byte that a key can hold, UTF-8 or not, and what CSV, JSON and spreadsheets make something of.
keys = some.one_of(
    some.binary(min_size=1, max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    some.text("=+-@'\",;\t\r\n\\<&%{}", min_size=1, max_size=6),
)
etags = some.one_of(some.just(ETAG), some.just(f"{ETAG}-3"), some.just(""), keys)
times = some.one_of(
    some.none(),
    some.integers(0, 7_258_118_400_000).map(
        lambda time: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)
    ),
)
objects = some.builds(
    Row,
    key=keys,
    kind=some.sampled_from([kinds.OBJECT, kinds.OBJECT, kinds.NONCURRENT]),
    size=some.integers(0, 2**62),
    modified=times,
    etag=etags,
    storage_class=some.sampled_from(["", "STANDARD", "GLACIER", '=cmd|" /C calc"']),
)
markers = some.builds(Row, key=keys, kind=some.sampled_from([kinds.DELETED, kinds.OLD_MARKER]), modified=times)
prefixes = some.builds(Row, key=keys, kind=some.just(kinds.PREFIX))


def columns_of(rows: list[Row]) -> Columns:
    made = Columns()
    for row in rows:
        if row.is_prefix:
            made.append_prefix(row.key)
            continue
        time = export.NO_TIME if row.modified is None else milliseconds(row.modified)
        raw = row.key.encode("utf-8", "surrogateescape")
        made.append_objects([raw], [row.size], [time], [row.etag], [row.storage_class], bytes([row.kind]))
    return made


def written(format: export.Format, rows: Columns, completeness: Completeness = COMPLETE, bucket: str = "b") -> bytes:
    out = io.BytesIO()
    writer = export.writer(format, out)
    writer.write(bucket, rows)
    writer.close(completeness)
    return out.getvalue()


def json_lines(data: bytes) -> list[dict[str, Any]]:
    assert data.isascii()
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def csv_records(data: bytes) -> list[dict[str, str]]:
    text = data.decode("utf-8", "surrogateescape")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def expected(row: Row) -> dict[str, Any]:
    """The record of a row, with None for what it doesn't have."""
    record: dict[str, Any] = dict.fromkeys(export.FIELDS)
    record |= {"kind": export.KINDS[row.kind], "bucket": "b", "key": row.key}
    if not row.is_prefix:
        record["modified"] = row.modified.isoformat(timespec="milliseconds") if row.modified else None
    if row.kind in (kinds.OBJECT, kinds.NONCURRENT):
        record |= {"size": row.size, "etag": row.etag, "storage_class": row.storage_class}
    return record


@given(some.lists(objects | markers | prefixes, max_size=12))
def test_json_can_be_read_back_exactly(rows: list[Row]) -> None:
    *lines, end = json_lines(written("jsonl", columns_of(rows)))
    assert [dict.fromkeys(export.FIELDS) | line for line in lines] == [expected(row) for row in rows]
    assert end == {"kind": "end", "complete": True, "reason": "", "rows": len(rows)}


@given(some.lists(objects | markers | prefixes, max_size=12))
def test_csv_can_be_read_back_exactly(rows: list[Row]) -> None:
    *records, end = csv_records(written("csv", columns_of(rows)))
    for record, row in zip(records, rows, strict=True):
        assert record.pop("completeness") == ""
        told = {name: "" if value is None else str(value) for name, value in expected(row).items()}
        assert {name: value.removeprefix("'") for name, value in record.items()} == {
            name: value.removeprefix("'") if name not in ("key", "etag", "storage_class") else value
            for name, value in told.items()
        }
        for name in ("key", "etag", "storage_class"):  # nothing that a spreadsheet calculates
            assert record[name][:1] not in set("=+-@\t\r\n")
    assert (end["kind"], end["completeness"], end["key"]) == ("end", "complete", "")


@given(some.lists(objects | markers | prefixes, max_size=12))
def test_parquet_can_be_read_back_exactly(rows: list[Row]) -> None:
    table = parquet.read_table(io.BytesIO(written("parquet", columns_of(rows))))
    for record, row in zip(table.to_pylist(), rows, strict=True):
        raw = record.pop("raw_key")
        key = raw.decode("utf-8", "surrogateescape") if raw is not None else record["key"]
        assert (raw is None) == (row.key == record["key"])
        assert key == row.key
        told = expected(row)
        assert record["size"] == told["size"]
        assert record["modified"] == row.modified
        for name in ("etag", "storage_class"):
            text = (told[name] or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            assert (record[name] or "") == text


def page(count: int, first: int = 0) -> Columns:
    made = Columns()
    for number in range(first, first + count):
        made.append(f"k/{number:06}", number, WHEN + timedelta(seconds=number), ETAG, "STANDARD")
    return made


@pytest.mark.parametrize("format", export.FORMATS)
def test_pages_of_any_length_and_rows_in_any_order_come_out_the_same(format: export.Format) -> None:
    whole = page(2500)
    singly, reversed_twice = io.BytesIO(), io.BytesIO()
    writer = export.writer(format, singly)
    for first in (0, 1, 1000):
        writer.write("b", whole.part(first, {0: 1, 1: 1000, 1000: 2500}[first]))
    assert writer.rows == 2500
    writer.close(COMPLETE)
    writer = export.writer(format, reversed_twice)
    backwards = columns_of([whole.row(row) for row in reversed(range(2500))])
    writer.write("b", backwards, reversed(range(2500)))
    writer.close(COMPLETE)
    assert keys_in(format, singly.getvalue()) == keys_in(format, written(format, whole))
    assert keys_in(format, reversed_twice.getvalue()) == [f"k/{number:06}" for number in range(2500)]


def keys_in(format: export.Format, data: bytes) -> list[str]:
    if format == "parquet":
        return list(parquet.read_table(io.BytesIO(data)).column("key").to_pylist())
    records: list[dict[str, Any]] = json_lines(data) if format == "jsonl" else list(csv_records(data))
    return [record["key"] for record in records if record["kind"] != "end"]


def test_a_part_of_the_rows() -> None:
    out = io.BytesIO()
    writer = export.writer("jsonl", out)
    writer.write("b", page(3000), range(2998, 3000))
    writer.write("b", page(3000), iter([5, 2]))
    writer.close(MORE)
    assert keys_in("jsonl", out.getvalue()) == ["k/002998", "k/002999", "k/000005", "k/000002"]
    assert json_lines(out.getvalue())[-1]["rows"] == 4


def test_times_keep_their_milliseconds() -> None:
    assert json_lines(written("jsonl", page(1)))[0]["modified"] == "2026-11-20T16:03:04.120+00:00"


def test_a_list_that_is_not_all_says_so_and_why() -> None:
    for completeness, told in ((MORE, "more exist"), (CUT, "stopped: You may not do “this”,\nreally.")):
        end = json_lines(written("jsonl", page(2), completeness))[-1]
        assert end == {"kind": "end", "complete": False, "reason": completeness.reason or "more exist", "rows": 2}
        assert csv_records(written("csv", page(2), completeness))[-1]["completeness"] == told
        metadata = parquet.read_metadata(io.BytesIO(written("parquet", page(2), completeness))).metadata
        assert metadata[b"s3tui.complete"] == b"false"
        assert metadata[b"s3tui.completeness"].decode() == told
        assert metadata[b"s3tui.rows"] == b"2"


@pytest.mark.parametrize("format", export.FORMATS)
def test_a_list_without_rows(format: export.Format) -> None:
    assert keys_in(format, written(format, Columns())) == []


def test_a_file_that_was_cut_off_lacks_its_end() -> None:
    out = io.BytesIO()
    export.writer("jsonl", out).write("b", page(2))
    assert all(line["kind"] == "object" for line in json_lines(out.getvalue()))
    out = io.BytesIO()
    export.writer("parquet", out).write("b", page(2))
    # The library ends the file by itself when its writer goes.
    assert b"s3tui" not in out.getvalue()
    assert b"s3tui.complete" in written("parquet", page(2))


@pytest.mark.parametrize("format", export.FORMATS)
def test_the_file_stays_open(format: export.Format) -> None:
    out = io.BytesIO()
    writer = export.writer(format, out)
    writer.close(COMPLETE)
    del writer
    assert not out.closed


@pytest.mark.parametrize("format", export.FORMATS)
def test_a_full_disk_is_told(format: export.Format) -> None:
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space"):
        fill(export.writer(format, full))


@pytest.mark.parametrize("format", export.FORMATS)
def test_a_writer_that_was_given_up_is_quiet(format: export.Format, capfd: pytest.CaptureFixture[str]) -> None:
    program = (
        "import gc, sys; from s3tui.s3 import export; from tests.s3.test_export import fill\n"
        "file = open(sys.argv[1], 'wb', buffering=0); writer = None\n"
        f"try: writer = export.writer({format!r}, file); fill(writer)\n"
        "except OSError: print('failed')\n"
        "file.close(); del writer; gc.collect()"
    )
    for place, said in (("/dev/full", "failed\n"), ("/dev/null", "")):
        subprocess.run([sys.executable, "-c", program, place], check=True, cwd=Path(__file__).parents[2])
        assert capfd.readouterr() == (said, "")


def fill(writer: export.Writer[Any]) -> None:
    writer.write("b", page(10))
    writer.close(COMPLETE)


def test_the_end_of_a_name_means_a_format() -> None:
    assert [export.format_of(name) for name in ("a.csv", "a.b/c.JSONL", "x.parquet")] == ["csv", "jsonl", "parquet"]
    for name in ("list", "list.xlsx", "csv"):
        with pytest.raises(BadInput, match=r"\.csv, \.jsonl or \.parquet"):
            export.format_of(name)


def test_without_the_library_for_parquet_it_is_said_how_to_get_it() -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from s3tui.errors import BadInput; from s3tui.s3 import export\n"
        "try: export.writer('parquet', sys.stdout.buffer)\n"
        "except BadInput as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "pip install 's3tui-browser[data]'" in told


def test_the_library_for_parquet_is_only_loaded_for_parquet() -> None:
    program = (
        "import sys, io; from s3tui.s3 import export; export.writer('jsonl', io.BytesIO()); export.writer('csv', "
        "io.BytesIO())\nprint('pyarrow' in sys.modules, 'numpy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False", "False"]


@pytest.mark.parametrize("format", export.FORMATS)
def test_a_listing_to_a_file(format: export.Format, tmp_path: Path) -> None:
    listing = Listing("b", "k/")
    listing.add(page(2500))
    told: list[int] = []
    file = tmp_path / f"list.{format}"
    size = export.to_file(file, format, listing, range(2500), MORE, on_rows=told.append)
    assert size == file.stat().st_size
    assert keys_in(format, file.read_bytes()) == [f"k/{number:06}" for number in range(2500)]
    assert told == [1000, 2000, 2500]


def test_hits_of_several_buckets_stand_with_their_own_bucket_and_key(tmp_path: Path) -> None:
    hits = Hits([S3Uri("one"), S3Uri("two")], filters.parse("k"))
    for bucket in ("one", "two"):
        hits.take(Found(S3Uri(bucket), 2, page(2)))
    export.to_file(tmp_path / "hits", "jsonl", hits, [3, 0, 1], CUT)
    *lines, end = json_lines((tmp_path / "hits").read_bytes())
    assert [(line["bucket"], line["key"]) for line in lines] == [
        ("two", "k/000001"), ("one", "k/000000"), ("one", "k/000001"),
    ]  # fmt: skip
    assert (end["complete"], end["reason"], end["rows"]) == (False, CUT.reason, 3)


def test_a_cancelled_export_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    listing = Listing("b")
    listing.add(page(2500))
    token = CancelToken()
    with pytest.raises(Cancelled):
        export.to_file(tmp_path / "lists/a.csv", "csv", listing, range(2500), COMPLETE, token, lambda _: token.cancel())
    assert list((tmp_path / "lists").iterdir()) == []


def test_words_made_for_a_page_that_is_never_written_are_not_those_of_another() -> None:
    out = io.BytesIO()
    written = export.writer("jsonl", out)
    for number in range(50):
        written.prepare("b", columns_of([Row(f"thrown away {number}")]))
        written.write("b", columns_of([Row(f"right {number}")]))  # it may lie where the other one lay
    assert out.getvalue().count(b"right") == 50
    assert b"thrown" not in out.getvalue()
