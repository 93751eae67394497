"""A transfer in a process of its own, which a test kills; what it noted is in a file, as a journal would have it.

Run as `python -m tests.transfers.killed upload|download|copy ENDPOINT NOTES FILE BUCKET KEY PART_SIZE`, keys in AWS's
variables. What is copied has the key FILE.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.demo import server as demo_server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import copying
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.request import Request
from s3tui.transfers.upload import UploadRequest
from tests.transfers.proxy import Asked, Proxy, Treatment

DEMO = Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY)


class KeptNotes(Notes):
    """Facts that are in a file when `set` returns."""

    kept = True

    def __init__(self, path: Path) -> None:
        super().__init__(json.loads(path.read_text()) if path.exists() else {})
        self.path = path

    def set(self, **facts: Fact) -> None:
        super().set(**facts)
        self._write()

    jot = set

    def clear(self) -> None:
        super().clear()
        self._write()

    @property
    def empty(self) -> bool:
        return not self._facts

    def _write(self) -> None:
        new = self.path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(self._facts))
        new.replace(self.path)


@contextmanager
def process(
    what: str, endpoint: str, notes: Path, path: Path, uri: S3Uri, part_size: int = 5 << 20, keys: Keys = DEMO
) -> Iterator[subprocess.Popen[bytes]]:
    """Send `path` to `uri`, receive it, or copy it there, in parts of `part_size` bytes until killed."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
    }
    command = [sys.executable, "-m", "tests.transfers.killed", what, endpoint, notes, path, uri.bucket, uri.key]
    child = subprocess.Popen(
        [*map(str, command), str(part_size)], env=environment, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def run_until_killed(
    proxy: Proxy,
    what: str,
    path: Path,
    uri: S3Uri,
    notes: Path,
    when: Callable[[Asked], bool],
    reach: bool,
    part_size: int = 5 << 20,
    keys: Keys = DEMO,
) -> None:
    """Run in a process that is killed as it asks what `when` fits; that then reaches the server all the same, or not."""
    started: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        started[0].kill()
        started[0].wait()

    rules = list(proxy.rules)
    proxy.once(lambda asked: Treatment(before=kill, instead=None if reach else (503, b"")) if when(asked) else None)
    with process(what, proxy.endpoint, notes, path, uri, part_size, keys) as child:
        started.append(child)
        _, said = child.communicate(timeout=60)
        assert child.returncode == -signal.SIGKILL, said.decode()
    ends = time.monotonic() + 60
    while reach and not any(map(when, proxy.answered)):
        assert time.monotonic() < ends, "it never reached the server"
        time.sleep(0.01)
    proxy.rules[:] = rules


def main(what: str, endpoint: str, notes: str, path: str, bucket: str, key: str, part_size: str) -> None:
    parts.PART_SIZE = int(part_size)
    remember("killed", Keys(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]))
    profile = Profile("killed", endpoint=endpoint, region="us-east-1", addressing="path", credentials="session")
    uri = S3Uri(bucket, key)
    copying.COPY_LIMIT = copying.PART_SIZE = int(part_size)
    requests = {
        "upload": UploadRequest(Path(path), uri),
        "download": DownloadRequest(uri, Path(path)),
        "copy": CopyRequest(S3Uri(bucket, path), uri),
    }
    request: Request = requests[what]
    request.run(Connection(profile), Progress(), CancelToken(), KeptNotes(Path(notes)))


if __name__ == "__main__":
    main(*sys.argv[1:])
