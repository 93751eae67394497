"""The journal: what it keeps, whose it is, and what happens when it can't be used."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers import request_text
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal, JournalError, Whom
from s3tui.transfers.journal_file import NAME
from s3tui.transfers.upload import UploadRequest
from tests.transfers import fake
from tests.transfers.fake import Fake

WHOM = Whom("lab", "http://127.0.0.1:9", "us-east-1", "config")
# Names from the file system need not be Unicode: Python holds such bytes as lone surrogates.
names = st.text(st.characters(exclude_characters="\0/", codec=None), min_size=1, max_size=20)
texts = st.text(max_size=20)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "transfers"


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder)
    yield journal
    journal.close()


@given(
    names,
    st.builds(S3Uri, texts, names, st.none() | texts),
    st.dictionaries(texts, texts),
    st.booleans(),
    st.none() | texts,
)
def test_a_request_is_read_as_it_was_written(
    path: str, uri: S3Uri, pairs: dict[str, str], overwrite: bool, word: str | None
) -> None:
    up = UploadRequest(Path(path), uri, word, word, pairs, pairs, overwrite)
    assert request_text.read("upload", request_text.written(up)) == up
    down = DownloadRequest(uri, Path(path), overwrite, Path(path) if word else None)
    text = request_text.written(down)
    assert request_text.read("download", text) == down and text.isascii()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.builds(Path, names)
    | st.datetimes(timezones=st.just(UTC)) | st.builds(S3Uri, texts),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(texts, inner),
)  # fmt: skip


@given(plain)
def test_every_plain_field_is_kept(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
        request = Fake(value)  # type: ignore[arg-type]
        again = request_text.read("fake", request_text.written(request))  # type: ignore[arg-type]
        assert again == request


def test_what_is_not_plain_is_not_taken() -> None:
    with pytest.raises(TypeError):
        request_text.written(Fake(datetime))  # type: ignore[arg-type]


def test_a_request_of_another_version_says_so() -> None:
    for kind, text in (("upload", '{"colour": "red"}'), ("teleport", "{}"), ("upload", "{")):
        with pytest.raises(BadInput, match="Another version"):
            request_text.read(kind, text)  # type: ignore[arg-type]


def test_what_was_asked_for_is_there_again(journal: Journal, folder: Path) -> None:
    odd = os.fsdecode(b"caf\xe9\n")
    job, rows = journal.add(WHOM, [Fake(odd), Fake("b")])  # type: ignore[list-item]
    assert [row.number for row in rows] == [1, 2]
    journal.close()
    again = Journal(folder)
    found = again.unfinished()
    assert [each.whom for each in found.jobs] == [WHOM] and found.jobs[0].number == job.number
    assert [(row.ends[0], row.state) for row in found.rows] == [(f"/{odd}", "paused"), ("/b", "paused")]
    assert again.request(1)[0] == Fake(odd)
    again.close()


def test_notes_are_kept_until_they_are_cleared(journal: Journal) -> None:
    journal.add(WHOM, [Fake("a")])  # type: ignore[list-item]
    _, notes = journal.request(1)
    assert notes.empty and notes.kept
    notes.set(upload_id="U", parts=[1, 2])
    notes.set(parts=[1, 2, 3])
    _, again = journal.request(1)
    assert (again.get("upload_id"), again.get("parts")) == ("U", [1, 2, 3]) and not again.empty
    assert journal.since(-1).rows[0].left
    again.clear()
    assert journal.request(1)[1].empty and not journal.since(-1).rows[0].left


def test_only_its_owner_can_read_it(journal: Journal, folder: Path) -> None:
    journal.add(WHOM, [Fake("a")])  # type: ignore[list-item]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert NAME in modes and set(modes.values()) == {0o600} and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_job_belongs_to_who_runs_it(journal: Journal, folder: Path) -> None:
    other = Journal(folder)
    job, _ = journal.add(WHOM, [Fake("a")])  # type: ignore[list-item]
    assert other.take([job.number]) == {job.number: journal.run}
    other.remove([1])
    assert [row.state for row in other.since(-1).rows] == ["waiting"]  # neither settled nor removed
    journal.release(job.number)
    assert other.take([job.number]) == {}
    assert journal.take([job.number]) == {job.number: other.run}
    other.close()
    assert journal.take([job.number]) == {}


def test_others_see_what_has_changed(journal: Journal, folder: Path) -> None:
    other = Journal(folder)
    _, (a, b) = journal.add(WHOM, [Fake("a"), Fake("b")])  # type: ignore[list-item]
    seen = other.since(-1)
    assert len(seen.rows) == 2
    journal.set_state([b.number], "running", "", {"waiting"})
    journal.set_progress(b.number, 5, 10)
    journal.set_progress(a.number, 5, 10)  # it doesn't run
    later = other.since(seen.upto)
    assert [(row.number, row.state, row.done) for row in later.rows if row.state == "running"] == [(2, "running", 5)]
    journal.end(b._replace(state="verified", why="x", done=10, total=10))
    assert other.since(later.upto).rows[0].state == "verified"
    before = other.since(-1).removals
    journal.remove([b.number])
    assert other.since(-1).removals != before and other.numbers() == {1}
    other.close()


def test_a_state_changes_only_from_those_expected(journal: Journal) -> None:
    journal.add(WHOM, [Fake("a"), Fake("b")])  # type: ignore[list-item]
    assert journal.set_state([1], "running", "", {"waiting"}) == [1]
    assert journal.set_state([1, 2, 9], "paused", "x", {"waiting"}) == [2]


def test_what_is_done_is_forgotten_after_a_week(journal: Journal, folder: Path) -> None:
    for name in ("old", "old but left", "new"):
        job, (row,) = journal.add(WHOM, [Fake(name)])  # type: ignore[list-item]
        journal.end(row._replace(state="failed" if "left" in name else "verified"))
        journal.release(job.number)
    with sqlite3.connect(folder / NAME) as database:
        database.execute("UPDATE job SET made = made - 8 * 86400 WHERE id < 3")
    database.close()
    assert [row.ends[0] for row in journal.unfinished().rows] == ["/old but left"]
    assert [row.ends[0] for row in journal.since(-1).rows] == ["/old but left", "/new"]


# ---- a journal that can't be used


def still_works(journal: Journal) -> None:
    assert journal.problem
    journal.add(WHOM, [Fake("a")])  # type: ignore[list-item]
    _, notes = journal.request(1)
    notes.set(upload_id="U")
    assert not notes.kept and journal.unfinished().rows[0].left


def test_a_newer_one_is_refused_and_left_alone(journal: Journal, folder: Path) -> None:
    journal.add(WHOM, [Fake("precious")])  # type: ignore[list-item]
    journal.close()
    with sqlite3.connect(folder / NAME) as database:
        database.execute("PRAGMA user_version = 3")
    database.close()
    before = (folder / NAME).read_bytes()
    newer = Journal(folder)
    assert "newer s3tui (format 3; this one knows 2)" in newer.problem
    still_works(newer)
    assert (folder / NAME).read_bytes() == before


def test_one_of_the_first_format_is_taken_over(journal: Journal, folder: Path) -> None:
    journal.add(WHOM, [Fake("a")])  # type: ignore[list-item]
    journal.close()
    with sqlite3.connect(folder / NAME) as database:
        database.execute("ALTER TABLE job DROP COLUMN after")
        database.execute("PRAGMA user_version = 1")
    database.close()
    again = Journal(folder)
    assert not again.problem and [(job.whom, job.after) for job in again.unfinished().jobs] == [(WHOM, 0)]
    assert again.add_in_turn((WHOM, [Fake("b")]), (WHOM, [Fake("c")]))[1][0].after == 2  # type: ignore[list-item]
    again.close()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + bytes(84) + b"\x0d" * 4000])
def test_a_damaged_one_is_left_as_it_is(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(content)
    journal = Journal(folder)
    assert "can't be used" in journal.problem and "move it away" in journal.problem
    still_works(journal)
    assert (folder / NAME).read_bytes() == content


def test_one_that_is_damaged_inside_is_noticed(journal: Journal, folder: Path) -> None:
    journal.add(WHOM, [Fake(f"{n}" * 50) for n in range(500)])  # type: ignore[list-item]
    journal.close()
    content = bytearray((folder / NAME).read_bytes())
    content[8192:20000] = os.urandom(20000 - 8192)
    (folder / NAME).write_bytes(content)
    damaged = Journal(folder)
    still_works(damaged)
    assert (folder / NAME).read_bytes() == content


def test_another_database_is_not_taken_for_ours(folder: Path) -> None:
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / NAME) as database:
        database.execute("CREATE TABLE item (mine)")
    database.close()
    journal = Journal(folder)
    assert "isn't a journal of s3tui" in journal.problem
    still_works(journal)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "transfers")
    assert "not a directory" in journal.problem
    still_works(journal)


def test_one_that_another_program_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3tui.transfers import journal_file

    Journal(folder).add(WHOM, [Fake("a")])  # type: ignore[list-item]
    monkeypatch.setattr(journal_file, "_PATIENCE", 0.05)
    holder = sqlite3.connect(folder / NAME, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    journal = Journal(folder)
    assert "locked" in journal.problem
    still_works(journal)
    holder.execute("ROLLBACK")
    holder.close()


def test_a_write_that_fails_changes_nothing(journal: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3tui.transfers import journal_file

    monkeypatch.setattr(journal_file, "_PATIENCE", 0.05)
    journal.add(WHOM, [Fake("a")])  # type: ignore[list-item]
    _, notes = journal.request(1)
    holder = sqlite3.connect(folder / NAME, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="locked"):
        notes.set(upload_id="U")
    with pytest.raises(JournalError):
        journal.add(WHOM, [Fake("b")])  # type: ignore[list-item]
    holder.execute("ROLLBACK")
    holder.close()
    assert notes.empty and journal.request(1)[1].empty and len(journal.since(-1).rows) == 1
