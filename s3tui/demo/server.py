"""A moto server in a child process on a free loopback port, which leaves nothing behind.

It is a process of its own because moto shares no interpreter lock with the screen that way, and because it
dies with its pipe: the child exits as soon as its standard input is closed, however the parent ends.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from s3tui.errors import S3tuiError

ACCESS_KEY_ID = "demo-access-key"
SECRET_ACCESS_KEY = "demo-secret-key"  # of a server that accepts any key
REGION = "us-east-1"


class DemoUnavailable(S3tuiError):
    """The demo's server can't be started."""


@dataclass
class DemoServer:
    """A running server: `endpoint` is its URL; what is put into `folder` is gone with it."""

    endpoint: str
    folder: Path
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End the child and wait for it (at most 5 s before it is killed)."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)  # for when the child couldn't

    def __enter__(self) -> DemoServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(sample_data: bool = False) -> DemoServer:
    """Start a server, empty or filled with the sample buckets of `demo.data`.

    Raises `DemoUnavailable` when moto isn't installed or doesn't start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "s3tui.demo.moto_child", *(["--sample-data"] if sample_data else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    endpoint = process.stdout.readline().strip()
    if not endpoint.startswith("http"):
        process.kill()
        process.wait()
        raise DemoUnavailable("The demo's server didn't start.", "Install it with: pip install 's3tui-browser[demo]'.")
    return DemoServer(endpoint, Path(process.stdout.readline().strip()), process)
