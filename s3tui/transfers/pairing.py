"""Which file belongs to which object, when a prefix and a folder are compared."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

from s3tui.s3 import listing
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import local_failure
from s3tui.transfers.names import local_paths

Pair = tuple[S3Uri, Path | None]


def objects_with_files(connection: Connection, prefix: S3Uri, folder: Path | None) -> list[Pair]:
    """Every object below `prefix`, with the file that a download of it into `folder` makes; None without a folder.

    An empty object whose key ends in `/` stands for a folder and has no file; it is left out. Raises `errors.S3Error`.
    """
    keys = list(_keys(connection, prefix))
    if folder is None:
        return [(prefix.with_key(key), None) for key in keys]
    paths = local_paths(folder, (key[len(prefix.key) :] for key in keys))
    return [(prefix.with_key(key), paths[key[len(prefix.key) :]]) for key in keys]


def files_with_objects(connection: Connection, folder: Path, prefix: S3Uri) -> list[Pair]:
    """Every file below `folder`, with the object that an upload of it to `prefix` makes, or that it was downloaded
    from. Raises `errors.S3Error`, `LocalFailure`."""
    downloaded = {path: uri for uri, path in objects_with_files(connection, prefix, folder)}
    there = {uri.key for uri in downloaded.values()}
    return [(_object_of(path, folder, prefix, there, downloaded), path) for path in _files(folder)]


def _object_of(
    path: Path, folder: Path, prefix: S3Uri, there: Container[str], downloaded: Mapping[Path | None, S3Uri]
) -> S3Uri:
    """The object of its name; where there is none, the one whose download has that name."""
    named = prefix.with_key(prefix.key + path.relative_to(folder).as_posix())
    return named if named.key in there else downloaded.get(path, named)


def _keys(connection: Connection, prefix: S3Uri) -> Iterator[str]:
    for page in listing.stream(connection, prefix.bucket, prefix.key, ""):
        for row in page:
            if row.size or not row.key.endswith("/"):
                yield row.key


def _files(folder: Path) -> Iterator[Path]:
    """Links to folders are not followed: they may lead anywhere, also round in circles."""

    def fail(error: OSError) -> None:
        raise local_failure(error, Path(error.filename or folder)) from error

    for here, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        for name in sorted(names):
            yield Path(here) / name
