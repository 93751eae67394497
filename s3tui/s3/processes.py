"""Child processes of our own code, and what they may know: nothing comes with arguments or the environment."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from contextlib import suppress
from typing import BinaryIO, cast

PIPE = 1 << 20  # bytes; several pages
# The child finds the same modules as we do, and nothing in the folder it happens to be started in.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from {} import main; main()"
# Of our environment, which may hold secrets, a child gets only what an interpreter needs.
_ENVIRONMENT = ("PATH", "PYTHONHOME", "LD_LIBRARY_PATH", "OPENSSL_CONF", "LANG", "LC_ALL", "TMPDIR")


def start(module: str) -> subprocess.Popen[bytes]:
    """Run `main()` of `module` in a process of its own, with pipes to its standard input and output.

    Raises `OSError` when no process can be started.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM.format(module), *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        bufsize=0,
        start_new_session=True,  # see `standing_back`
    )
    with suppress(OSError, AttributeError):  # a user may have only so much in pipes; then several writes are needed
        fcntl.fcntl(cast(BinaryIO, process.stdout), fcntl.F_SETPIPE_SZ, PIPE)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it, and close the pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            cast(BinaryIO, pipe).close()
