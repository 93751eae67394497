"""A local file that is being sent: read in stretches by several threads, and watched for change."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

from s3tui.background import CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.transfers.failures import FileChanged, local_failure
from s3tui.transfers.parts import CHUNK, Part
from s3tui.transfers.progress import Progress

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # opening a named pipe must not wait for its writer


def identity_at(path: Path) -> tuple[int, int, int] | None:
    """What `Source.identity` would be; None when it can't be told."""
    try:
        return identity_of(os.stat(path))
    except (OSError, ValueError):
        return None


def identity_of(told: os.stat_result) -> tuple[int, int, int]:
    """Size in bytes, time of modification in ns, and inode: what tells later whether this is still the same file.
    Not the device, whose number may be another after the machine was started again."""
    return told.st_size, told.st_mtime_ns, told.st_ino


def content(path: Path, seen: tuple[int, int, int]) -> bytes | None:
    """All of a small file, in one reading; None when it isn't as it was `seen` (see `identity_of`) before and after.
    Raises `LocalFailure`."""
    try:
        file = os.open(path, _READ)
        try:
            data, now = os.pread(file, seen[0] + 1, 0), os.fstat(file)
        finally:
            os.close(file)
    except OSError as error:
        raise local_failure(error, path) from error
    return data if len(data) == seen[0] and identity_of(now) == seen else None


class Source:
    """An open regular file. Raises `BadInput` when it isn't one, `LocalFailure` when it can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, _READ)
        except OSError as error:
            raise local_failure(error, path) from error
        self._seen = os.fstat(self._file)
        if not stat.S_ISREG(self._seen.st_mode):
            os.close(self._file)
            kind = "a folder" if stat.S_ISDIR(self._seen.st_mode) else "not a regular file"
            raise BadInput(f"“{path}” is {kind}.", "Choose files.")

    @property
    def size(self) -> int:
        return self._seen.st_size

    @property
    def identity(self) -> tuple[int, int, int]:
        """See `identity_of`."""
        return identity_of(self._seen)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def send_to(self, out: int, offset: int, count: int) -> int:
        """Send up to `count` bytes from `offset` to the socket `out`, and return how many went.

        Raises `FileChanged` as `read` does, and `OSError` when it is the socket that failed.
        """
        sent = os.sendfile(out, self._file, offset, count)
        if not sent:
            raise FileChanged(self.path)
        return sent

    def read(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`. Raises `FileChanged` when the file has become shorter."""
        try:
            data = os.pread(self._file, count, offset)
        except OSError as error:
            raise local_failure(error, self.path) from error
        if count and not data:
            raise FileChanged(self.path)
        return data

    def chunks(self, part: Part, token: CancelToken) -> Iterator[bytes]:
        """The bytes of `part`, a little at a time."""
        at, end = part.offset, part.offset + part.length
        while at < end:
            token.check()
            data = self.read(at, min(CHUNK, end - at))
            at += len(data)
            yield data

    def check_unchanged(self) -> None:
        """Raise `FileChanged` when size, time of modification or the file under that name is another."""
        try:
            now, named = os.fstat(self._file), os.stat(self.path)
        except OSError as error:
            raise FileChanged(self.path) from error
        for other in (now, named):
            if (other.st_size, other.st_mtime_ns, other.st_ino, other.st_dev) != (
                self._seen.st_size,
                self._seen.st_mtime_ns,
                self._seen.st_ino,
                self._seen.st_dev,
            ):
                raise FileChanged(self.path)


class Stopped(CancelledError):
    """Leaves botocore untouched: the one exception of a body that it neither wraps nor retries."""


class SourceBody:
    """One part of a `Source` as the body of a request.

    Over plain http a body is read twice, first to hash it for the signature. What is read after `sending` was
    called counts as progress; what stops the reading is told only from then on, because the native code that
    hashes would print it.
    """

    def __init__(self, source: Source, part: Part, progress: Progress, token: CancelToken) -> None:
        self.failure: S3tuiError | None = None  # why reading stopped
        self._source, self._part, self._progress, self._token = source, part, progress, token
        self._at = 0
        self._sending = False
        self._counted = 0

    def __len__(self) -> int:
        return self._part.length

    def sending(self) -> None:
        """From here on what is read goes out. Raises `Stopped` when it must not."""
        self._sending = True
        self._stop_if_told()

    def read(self, size: int = -1) -> bytes:
        left = self._part.length - self._at
        wanted = left if size is None or size < 0 else min(size, left)
        self._stop_if_told()
        if self.failure or self._token.cancelled:
            return b""
        try:
            data = self._source.read(self._part.offset + self._at, wanted)
            self._at += len(data)
            if self._at == self._part.length:
                # Before the last bytes are handed out: a request that is cut short leaves nothing behind.
                self._source.check_unchanged()
        except S3tuiError as error:
            self.failure = error
            self._stop_if_told()
            return b""
        if self._sending:
            self._count(len(data))
        return data

    def send_to(self, out: int, most: int) -> int:
        """As `read`, but straight to the socket `out`; returns how many bytes went."""
        left = self._part.length - self._at
        self._stop_if_told()
        try:
            if left <= most:
                self._source.check_unchanged()
            sent = self._source.send_to(out, self._part.offset + self._at, min(left, most))
        except S3tuiError as error:
            self.failure = error
            raise Stopped from None
        self._at += sent
        self._count(sent)
        return sent

    def _stop_if_told(self) -> None:
        if self._sending and (self.failure or self._token.cancelled):
            raise Stopped

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._part.length}[whence]
        self._at = start + offset
        self._sending = False
        self._count(-self._counted)
        return self._at

    def finish(self) -> None:
        """The request was answered: all of it has moved."""
        self._count(self._part.length - self._counted)

    def give_back(self) -> None:
        """The request failed: none of it has moved."""
        self._count(-self._counted)

    def _count(self, count: int) -> None:
        self._counted += count
        if count:
            self._progress.add(count)


def count_what_is_sent(client: Any) -> None:
    """Tell each `SourceBody` that `client` sends when its sending begins."""
    client.meta.events.register("before-send.s3", _begin, unique_id="s3tui-count-what-is-sent")


def _begin(request: Any, **_: Any) -> None:
    if isinstance(request.body, SourceBody):
        request.body.sending()
