"""Where old documents are saved: by endpoint and bucket, never outside, readable by their owner alone."""

from __future__ import annotations

import pytest

from s3tui import folders
from s3tui.profiles.model import Profile
from s3tui.s3 import backups
from s3tui.s3.documents import Document

CORS = Document("cors", ({"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},))
PROFILE = Profile("p", endpoint="http://user:word@127.0.0.1:9000/path")


def test_the_newest_comes_first_and_kinds_are_apart() -> None:
    first, second = backups.save(PROFILE, "b", CORS), backups.save(PROFILE, "b", CORS)
    backups.save(PROFILE, "other", CORS)
    lifecycle = backups.save(PROFILE, "b", Document("lifecycle", ()))
    assert [backup.path for backup in backups.of(PROFILE, "b", "cors")] == [second, first]
    assert [backup.path for backup in backups.of(PROFILE, "b", "lifecycle")] == [lifecycle]
    assert backups.of(Profile("q"), "b", "cors") == []
    assert backups.of(PROFILE, "b", "cors")[0].text == CORS.text


def test_only_the_owner_reads_them_and_the_path_holds_no_password() -> None:
    path = backups.save(PROFILE, "b", CORS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "word" not in str(path)
    assert path.parent.name == "b"
    assert path.parent.parent.name == "127.0.0.1%3A9000"


@pytest.mark.parametrize("bucket", ["..", ".", "../../x", "a/b", "a\x00b", "C:\\x"])
def test_a_buckets_name_never_leaves_the_folder(bucket: str) -> None:
    path = backups.save(PROFILE, bucket, CORS)
    root = (folders.state_folder() / "backups" / "127.0.0.1%3A9000").resolve()
    assert path.resolve().parent.parent == root
    assert len(backups.of(PROFILE, bucket, "cors")) == 1
