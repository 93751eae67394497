"""Small objects copied by the server itself, beside s5cmd on the same SeaweedFS.

s5cmd sends one CopyObject an object and believes the answer. Here each object is described before and after, its
target is looked at, and the two descriptions are compared.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from place import environment
from result import Result, at

from s3tui.background import CancelToken, Pool
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_plan import plan
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from tests.servers.launch import LAUNCHERS, OWNER

OBJECTS = 5_000
SIZE = 4096  # bytes
ROUNDS = 3
AT_ONCE = 16
SHARE = 0.9  # of s5cmd's time
BUCKET = "bench"


def run() -> list[Result]:
    """Rounds alternate. Nothing is measured where s5cmd or SeaweedFS isn't installed."""
    s5cmd = shutil.which("s5cmd", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    server = LAUNCHERS["seaweedfs"]
    if s5cmd is None or server.missing:
        return []
    with tempfile.TemporaryDirectory() as home, server.start(Path(home)) as running:
        connection = running.connection()
        _fill(connection)
        ours, theirs = [], []
        for number in range(ROUNDS):
            theirs.append(_by_s5cmd(s5cmd, running.endpoint, home, f"theirs-{number}/"))
            before = connection.log.total
            ours.append(_by_us(connection, f"ours-{number}/"))
            requests = (connection.log.total - before) / OBJECTS
    mine, peer = at(0.5, ours), at(0.5, theirs)
    what = f"copy {OBJECTS:,} objects of {SIZE:,} bytes, compared"
    return [
        Result(what, mine, "s", "s5cmd cp, not compared", peer, f"≤ {SHARE}", mine <= SHARE * peer),
        Result("requests for each of them", requests, "", "s5cmd cp", 1.0),
    ]


def _fill(connection: Connection) -> None:
    connection.call("create_bucket", Bucket=BUCKET)
    body = os.urandom(SIZE)

    def put(number: int) -> None:
        metadata = {"number": str(number)}
        connection.call("put_object", Bucket=BUCKET, Key=f"from/{number:05}", Body=body, Metadata=metadata)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(put, range(OBJECTS)))


def _by_s5cmd(program: str, endpoint: str, home: str, prefix: str) -> float:
    keys = {"AWS_ACCESS_KEY_ID": OWNER.access_key_id, "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key}
    command = [program, "--endpoint-url", endpoint, "cp", f"s3://{BUCKET}/from/*", f"s3://{BUCKET}/{prefix}"]
    began = time.perf_counter()
    subprocess.run(command, env=environment(home) | keys, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _by_us(connection: Connection, prefix: str) -> float:
    pool = Pool("copying", AT_ONCE)
    began = time.perf_counter()
    planned = list(plan(connection, [S3Uri(BUCKET, "from/")], S3Uri(BUCKET, prefix)))
    running = [
        pool.submit(
            CopyRequest(each.source, each.target, etag=each.etag).run, connection, Progress(), CancelToken(), Notes()
        )
        for each in planned
    ]
    states = {future.result().state for future in running}
    took = time.perf_counter() - began
    if len(planned) != OBJECTS or states != {"verified"}:
        raise AssertionError(f"{len(planned):,} objects, {states}")
    return took
