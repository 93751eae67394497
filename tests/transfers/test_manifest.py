"""Manifests: what a line may say, and what is said of lines that can't be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers import manifest
from s3tui.transfers.bulk import LocalFile
from s3tui.transfers.failures import LocalFailure

TARGET = S3Uri("lab", "isos/")


def read(folder: Path, text: str | bytes, target: S3Uri | None = TARGET) -> list[LocalFile]:
    path = folder / "list"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return manifest.read(path, target, CancelToken(), lambda *_: None)


def whys(files: list[LocalFile]) -> dict[int, str]:
    return {file.line: file.why for file in files if file.why}


def test_csv(tmp_path: Path) -> None:
    text = (
        "path,key,metadata:server_id,metadata:who,tag:team,class\n"
        "a.iso,r630/a.iso,01,Zoë,lab,STANDARD_IA\n"
        '"with, comma.iso","two\nlines",,,,\n'
        "\n"
        "/abs/b.iso\n"
    )
    first, second, third = read(tmp_path, text)
    assert first == LocalFile(
        tmp_path / "a.iso",
        "a.iso",
        TARGET.with_key("isos/r630/a.iso"),
        {"server_id": "01", "who": "Zoë"},
        {"team": "lab"},
        "STANDARD_IA",
        line=2,
    )
    assert (second.path.name, second.at, second.metadata) == (
        "with, comma.iso",
        TARGET.with_key("isos/two\nlines"),
        {},
    )
    assert (third.path, third.relpath, third.at, third.line) == (Path("/abs/b.iso"), "b.iso", None, 6)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_a_byte_order_mark_and_json_in_a_cell(tmp_path: Path, delimiter: str) -> None:
    row = delimiter.join(["path", "metadata", "tags"]) + "\r\n" + delimiter.join(["x", '"{""a"": ""1""}"', ""]) + "\r\n"
    [file] = read(tmp_path, b"\xef\xbb\xbf" + row.encode())
    assert (file.path.name, file.metadata, file.tags, file.why) == ("x", {"a": "1"}, {}, "")


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        {"path": "sub/a.iso", "key": "k", "metadata": {"v": "4.10"}, "tags": {"t": "1"}, "class": "GLACIER"},
        {"path": "../b.iso"},
    ]
    first, second = read(tmp_path, "\n\n".join(map(json.dumps, lines)))
    assert (first.relpath, first.at, dict(first.metadata), first.storage_class, first.line) == (
        "sub/a.iso",
        TARGET.with_key("isos/k"),
        {"v": "4.10"},
        "GLACIER",
        1,
    )
    assert (second.path, second.relpath, second.at, second.line) == (tmp_path / "../b.iso", "b.iso", None, 3)


def test_without_a_uri_for_all_keys_are_whole_and_exact(tmp_path: Path) -> None:
    files = read(tmp_path, "path,key\na,s3://one/x?versionId=1%20\nb,k\nc,\nd,s3://a b/k\n", None)
    assert files[0].at == S3Uri("one", "x?versionId=1%20")
    assert list(whys(files)) == [3, 4, 5] and "must be" in files[1].why and "bucket's name" in files[3].why


def test_names_of_files_need_not_be_unicode(tmp_path: Path) -> None:
    [file] = read(tmp_path, b"path,key\ncaf\xe9.iso,cafe.iso\n")
    assert bytes(file.path).endswith(b"caf\xe9.iso")


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    lines = [
        '{"path": "a"}',
        "nonsense",
        "[1]",
        '{"key": "x"}',
        '{"path": "a", "keys": "x"}',
        '{"path": "a", "metadata": {"v": 4.10}}',
        '{"path": "a", "metadata": "v"}',
        '{"path": "a", "path": "b"}',
        '{"path": "a\\u0000"}',
        '{"path": 1}',
        "[" * 100_000,
    ]
    told = whys(read(tmp_path, "\n".join(lines)))
    assert list(told) == list(range(2, 12)) and all(why.endswith(".") for why in told.values())
    told = whys(read(tmp_path, 'path,tags\na,\nb,c,d\ne,{x}\nf,"{""x"": 1}"\n"g"h,\n,"{""x"": ""1""}"\n'))
    assert list(told) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("text", ["", "path\n", "\n\n", "name,key\na,b\n", "path,size\n", "path,key,key\n", "\0"])
def test_what_is_no_manifest_at_all(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        read(tmp_path, text)


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LocalFailure):
        manifest.read(tmp_path / "none", TARGET, CancelToken(), lambda *_: None)
