"""Bucket documents as they were before this program replaced or removed them, in the state folder.

One file each: JSON that can be loaded, pasted, or given to `s3tui bucket … set`; beside it the endpoint's XML
where that holds more than S3 defines.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from s3tui import folders
from s3tui.errors import S3tuiError
from s3tui.profiles.model import Profile

if TYPE_CHECKING:
    from s3tui.s3.documents import Document

_NAME = re.compile(r"(lifecycle|cors)-(\d{8}T\d{6}\.\d{6})Z\.json")


class NotSaved(S3tuiError):
    """The old document can't be saved, so nothing is replaced."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One saved document and when it was replaced (UTC)."""

    path: Path
    taken: datetime

    @property
    def text(self) -> str:
        """The document's JSON. Raises `OSError`."""
        return self.path.read_text(encoding="utf-8")


def save(profile: Profile, bucket: str, document: Document) -> Path:
    """Save `document` with the time in its name, on disk before this returns. Raises `NotSaved`."""
    folder = _folder(profile, bucket)
    path = folder / f"{document.kind}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z.json"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, document.text.encode("utf-8", "surrogatepass"))
        if document.foreign:
            _write(path.with_suffix(".xml"), document.xml)
    except OSError as error:
        raise NotSaved(
            f"The old document can't be saved to {folder}: {error.strerror}.", "Nothing was sent."
        ) from error
    return path


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def of(profile: Profile, bucket: str, kind: str) -> list[Backup]:
    """The saved documents of this bucket, the newest first."""
    folder = _folder(profile, bucket)
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match and match[1] == kind:
            found.append(Backup(path, datetime.strptime(match[2], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)))
    return sorted(found, key=lambda backup: backup.taken, reverse=True)


def _folder(profile: Profile, bucket: str) -> Path:
    """One folder an endpoint, in it one a bucket; names that can't leave it."""
    endpoint = urlsplit(profile.endpoint).netloc.rpartition("@")[2] if profile.endpoint else "aws"
    names = [
        quote(name, safe="").replace(".", "%2E") if set(name) == {"."} else quote(name, safe="")
        for name in (endpoint, bucket)
    ]
    return folders.state_folder() / "backups" / names[0] / names[1]
