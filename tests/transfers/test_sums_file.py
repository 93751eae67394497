"""Checksum files in every form, and what strangers put into them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.transfers import sums_file
from s3tui.transfers.failures import LocalFailure, SumsDisagree
from s3tui.transfers.sums_file import Promise, beside, parse

A = hashlib.sha256(b"a").hexdigest()
B = hashlib.sha256(b"b").hexdigest()
MD5, SHA1, SHA512 = (getattr(hashlib, name)(b"a").hexdigest() for name in ("md5", "sha1", "sha512"))

FEDORA = f"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# Fedora-Server-dvd-x86_64-40-1.14.iso: 2612854784 bytes
SHA256 (Fedora-Server-dvd-x86_64-40-1.14.iso) = {A}
- -- a line that begins with dashes
SHA512 (Fedora-Server-dvd-x86_64-40-1.14.iso) = {SHA512}
-----BEGIN PGP SIGNATURE-----

{B}  Fedora-Server-dvd-x86_64-40-1.14.iso
-----END PGP SIGNATURE-----
"""


def told(text: str | bytes, own_name: str = "SHA256SUMS") -> list[tuple[str, str, str]]:
    data = text.encode() if isinstance(text, str) else text
    return [(each.name, each.algorithm, each.hex) for each in parse(data, own_name)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{A}  agent.iso", ("agent.iso", "sha256", A)),
        (f"{A} *agent.iso", ("agent.iso", "sha256", A)),
        (f"{A.upper()}  ./agent.iso", ("agent.iso", "sha256", A)),
        (f"{A}   leading space", (" leading space", "sha256", A)),
        (f"{MD5}  a", ("a", "md5", MD5)),
        (f"{SHA1}  a", ("a", "sha1", SHA1)),
        (f"{SHA512}  a", ("a", "sha512", SHA512)),
        (f"SHA256 (a) b.iso) = {A}", ("a) b.iso", "sha256", A)),
        (f"SHA256(a.iso)= {A}", ("a.iso", "sha256", A)),
        (f"SHA2-256(a.iso)= {A}", ("a.iso", "sha256", A)),
        (f"MD5 (a.iso) = {MD5}", ("a.iso", "md5", MD5)),
        (f"\\{A}  a\\nb\\\\nc\\r", ("a\nb\\nc\r", "sha256", A)),
        (f"{A}  a\\nb", ("a\\nb", "sha256", A)),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_line_in_each_form(line: str, expected: tuple[str, str, str], end: str) -> None:
    assert told(line + end) == [expected]


@pytest.mark.parametrize(
    "line",
    ["", "# comment", "agent.iso", f"{A[:-1]}  short", f"{A}", f"{A} one-space", f"MD5 (a) = {A}", f"BLAKE2b (a) = {SHA512}",
     f"SHA256 () = {A}", f"{A}  ", "<html>404</html>"],
)  # fmt: skip
def test_what_is_no_such_line_is_ignored(line: str) -> None:
    assert told(f"{line}\n{B}  there\n") == [("there", "sha256", B)]


def test_fedoras_file_is_read_without_its_signature() -> None:
    name = "Fedora-Server-dvd-x86_64-40-1.14.iso"
    assert told(FEDORA, "CHECKSUM") == [(name, "sha256", A), (name, "sha512", SHA512)]


def test_a_hash_alone_is_of_the_file_that_its_name_tells() -> None:
    assert told(f"{A}\n", "agent.iso.sha256") == [("agent.iso", "sha256", A)]
    assert told(f"{MD5}", "agent.iso.md5.txt") == [("agent.iso", "md5", MD5)]
    assert told(A, "SHA256SUMS") == [] and told(f"{A}\n{B}", "agent.iso.sha256") == []


def test_names_that_are_no_text_and_a_byte_order_mark() -> None:
    assert told(b"\xef\xbb\xbf" + A.encode() + b"  \xff.iso\n") == [("\udcff.iso", "sha256", A)]
    assert os.fsencode(told(A.encode() + b"  \xff.iso\n")[0][0]) == b"\xff.iso"


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    for name, algorithm, digits in told(data, "x.sha256"):
        assert name and len(digits) == hashlib.new(algorithm).digest_size * 2


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1))
def test_what_sha256sum_writes_is_read(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != name else ""
    assert told(f"{mark}{A}  {escaped}\n") == [(name, "sha256", A)]


# ---- beside a file


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "name",
    ["SHA256SUMS", "sha256sum.txt", "SHA256SUMS.txt", "agent.iso.sha256", "all.sha256", "CHECKSUM", "checksums.txt",
     "Fedora-40-1.14-x86_64-CHECKSUM", "agent.iso.sha256sum"],
)  # fmt: skip
def test_it_is_found_under_each_usual_name(tmp_path: Path, name: str) -> None:
    file = put(tmp_path, name, f"{A}  agent.iso\n")
    assert beside(tmp_path / "agent.iso") == {Promise("agent.iso", "sha256", A): file}
    assert beside(tmp_path / "other.iso") == {}


@pytest.mark.parametrize("name", ["SHA256SUMS.gpg", "README", "agent.iso.asc", "agent.sha256.iso", "my-sha256-notes"])
def test_others_are_not_looked_at(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, f"{A}  agent.iso\n")
    assert beside(tmp_path / "agent.iso") == {}


@pytest.mark.parametrize("name", ["../agent.iso", "iso/agent.iso", "/agent.iso", "x/../agent.iso", ".//../agent.iso"])
def test_a_path_is_never_the_file_beside_it(tmp_path: Path, name: str) -> None:
    put(tmp_path, "SHA256SUMS", f"{A}  {name}\n")
    assert beside(tmp_path / "agent.iso") == {}


def test_lines_that_disagree_are_refused_and_those_that_agree_are_one(tmp_path: Path) -> None:
    put(tmp_path, "SHA256SUMS", f"{A}  agent.iso\n{A} *agent.iso\n{B}  twice\n{A}  twice\n")
    put(tmp_path, "CHECKSUM", f"SHA256 (agent.iso) = {A}\nMD5 (agent.iso) = {MD5}\nSHA256 (other) = {A}\n")
    assert {promise.algorithm for promise in beside(tmp_path / "agent.iso")} == {"sha256", "md5"}
    with pytest.raises(SumsDisagree, match="says two different things"):
        beside(tmp_path / "twice")
    put(tmp_path, "other.sha256", B)
    with pytest.raises(SumsDisagree, match=r"“CHECKSUM” and “other\.sha256” disagree"):
        beside(tmp_path / "other")


def test_what_changes_is_read_again(tmp_path: Path) -> None:
    long_ago = (0, 10**9)
    sums = put(tmp_path, "SHA256SUMS", f"{A}  agent.iso\n")
    for _ in range(2):
        os.utime(sums, ns=long_ago)
        os.utime(tmp_path, ns=long_ago)
        assert [promise.hex for promise in beside(tmp_path / "agent.iso")] == [A]
    sums.write_text(f"{B}  agent.iso\n")
    assert [promise.hex for promise in beside(tmp_path / "agent.iso")] == [B]
    put(tmp_path, "MD5SUMS", f"{MD5}  agent.iso\n")
    assert len(beside(tmp_path / "agent.iso")) == 2


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").mkdir()
    os.mkfifo(tmp_path / "MD5SUMS")
    (tmp_path / "CHECKSUM").symlink_to("nowhere")
    assert beside(tmp_path / "agent.iso") == {}


def test_one_that_is_too_large_is_said_to_be(tmp_path: Path) -> None:
    with put(tmp_path, "SHA256SUMS", "").open("wb") as file:
        file.truncate(sums_file.LARGEST + 1)
    with pytest.raises(LocalFailure, match="too large") as failure:
        beside(tmp_path / "agent.iso")
    assert "--no-check-sums" in failure.value.advice


def test_millions_of_lines_are_no_trouble() -> None:
    assert told("\n" * (1 << 20) + f"{A}  there") == [("there", "sha256", A)]
    assert told("(" * (1 << 20)) == [] and told("SHA256 (" + ") = a" * (1 << 18)) == []
