"""The laws of names: a key never leaves its folder, and two keys are never one file."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s3tui.transfers.names import content_type, local_path, local_paths

FOLDER = Path("/chosen")

_odd = [
    "..",
    ".",
    "/",
    "//",
    "\\",
    "%",
    "%2F",
    "%~",
    "~",
    ":",
    "\x00",
    "\n",
    "\x1b[31m",
    " ",
    "  ",
    "...",
    "a.",
    "\udc80",
]
_alike = [
    "a",
    "A",
    "ä",
    "a\u0308",
    "ß",
    "ss",
    "SS",
    "ı",
    "ſ",
    "s",
    "CON",
    "con.txt",
    "nul",
    "COM1",
    "x" * 300,
    "é" * 150,
]
_pieces = st.sampled_from([*_odd, *_alike])
keys = st.one_of(st.text(max_size=60), st.lists(_pieces, max_size=8).map("".join))


def folded(path: Path) -> str:
    """As a disk sees it that neither tells capitals apart nor how letters are composed."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", str(path)).casefold())


@given(keys)
@example("../../etc/passwd")
@example("/etc/passwd")
@example("C:\\Windows\\x")
@example("")
def test_a_key_stays_in_its_folder_and_fits_on_every_disk(key: str) -> None:
    path = local_path(FOLDER, key)
    inside = path.relative_to(FOLDER)
    assert ".." not in inside.parts and "." not in inside.parts and len(inside.parts) == key.count("/") + 1
    for part in inside.parts:
        encoded = part.encode()  # never half a character
        assert 0 < len(encoded) <= 240
        assert not any(ord(character) < 32 or character in '\\:*?"<>|\x7f' for character in part)
        assert part[-1] not in ". "
        assert part.split(".")[0].rstrip().upper() not in ("CON", "PRN", "AUX", "NUL", "COM1", "LPT9")


@given(keys, keys)
@example("a%2Fb", "a/b")
@example("a:", "a%3A")
@example("a%:", "a%%3A")
@example("x" * 201, "x" * 202)
@example("a", "a/")
@example("a//b", "a/%2F/b")
@example("a", "./a")
def test_two_keys_are_two_paths(one: str, other: str) -> None:
    assert (local_path(FOLDER, one) == local_path(FOLDER, other)) == (one == other)


def test_a_cut_name_cannot_be_forged() -> None:
    """Whoever can write a bucket can work out the mark of a long key."""
    long = "x" * 300 + ".iso"
    cut = local_path(FOLDER, long)
    assert cut.suffix == ".iso"
    assert local_path(FOLDER, cut.name) != cut


@given(st.lists(keys, max_size=8))
@example(["A", "a"])
@example(["ä", "a\u0308"])
@example(["ß", "ss", "SS"])
@example(["a", "a/b", "A/c"])
@example(["a/b", "a", "A"])
@example(["x" * 300, "x" * 300 + "/"])
def test_many_keys_are_many_files_on_disks_that_ignore_case(wanted: list[str]) -> None:
    found = local_paths(FOLDER, wanted)
    assert set(found) == set(wanted)
    assert len({folded(path) for path in found.values()}) == len(set(wanted))
    files = {folded(path) for path in found.values()}
    folders = {folded(parent) for path in found.values() for parent in path.parents}
    assert not files & folders
    assert found == local_paths(FOLDER, reversed(wanted))


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}(\.[a-z]{1,5})?", fullmatch=True))
def test_ordinary_names_stay(name: str) -> None:
    if PurePosixPath(name).stem.upper() not in ("CON", "PRN", "AUX", "NUL") and not name[:4].startswith(("com", "lpt")):
        assert local_path(FOLDER, f"openshift/{name}") == FOLDER / "openshift" / name


@pytest.mark.parametrize("name", ["100% sure.txt", "ünï cødé", "a+b=c&d", "~backup", "#x", "with space.iso"])
def test_what_every_disk_takes_stays(name: str) -> None:
    assert local_path(FOLDER, name).name == name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("agent.x86_64.iso", "application/x-iso9660-image"),
        ("AGENT.ISO", "application/x-iso9660-image"),
        ("metadata.json", "application/json"),
        ("notes.txt", "text/plain"),
        ("lifecycle.yml", "application/yaml"),
        ("rootfs.tar.gz", "application/gzip"),
        ("disk.qcow2", "application/x-qemu-disk"),
        ("photo.jpeg", "image/jpeg"),
        ("README", "application/octet-stream"),
        ("odd.unheardof", "application/octet-stream"),
    ],
)
def test_content_types(name: str, kind: str) -> None:
    assert content_type(Path(name)) == kind
