"""5,000 small objects copied by the server itself, beside s5cmd and rclone: on the thin sink, where the time is the
client's own, and on SeaweedFS, whose own work is most of it.

s5cmd sends one CopyObject an object, which replaces what is there, and believes the answer. Here each object is
described before, nothing is replaced, and the copies are compared.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from peers import S5CMD, Program, Rounds, program, rclone, s3tui, s5cmd
from result import Result
from small_objects import APART, COMMAND, RCLONE_32, all_verified, connection, sent_apart
from thin_sink import COUNT, GIVEN, SMALL, sinking
from uploading import forget

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_plan import plan
from s3tui.transfers.flood import Item
from s3tui.transfers.flood_copy import copy_all
from tests.servers.launch import LAUNCHERS, OWNER

ROUNDS = 5
AT_ONCE = 16
BUCKET, FOLDER = "bench", "from/"
SERVICE = "copy service"
S5CMD_32 = "s5cmd --numworkers 32"  # each of its usual 256 costs the sink a thread
PAIRS = (
    (SERVICE, S5CMD, None),
    (APART, S5CMD, 0.9),
    (APART, S5CMD_32, None),
    (APART, RCLONE_32, None),
    (COMMAND, S5CMD, None),
)


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer, or a server, that isn't installed is left out."""
    with tempfile.TemporaryDirectory() as home:
        return [*_on_the_sink(home), *_on_seaweedfs(home)]


def _on_the_sink(home: str) -> list[Result]:
    source = S3Uri(GIVEN, "small/")
    with sinking() as endpoint:
        before = connection(endpoint)
        _copied(before, source, S3Uri("copies", "counted/"))
        requests = before.log.total / COUNT
        programs: Mapping[str, Program | None] = {
            SERVICE: lambda: _copied(connection(endpoint), source, S3Uri("copies", "service/")),
            APART: lambda: _copied_apart(connection(endpoint), source, S3Uri("copies", "apart/")),
            COMMAND: s3tui(endpoint, home, "cp", "-r", str(source), "s3://copies/command/"),
            S5CMD: s5cmd(endpoint, home, "cp", f"{source}*", "s3://copies/s5cmd/"),
            S5CMD_32: s5cmd(endpoint, home, "--numworkers", "32", "cp", f"{source}*", "s3://copies/s5cmd/"),
            RCLONE_32: rclone(endpoint, home, "copy", f":s3:{GIVEN}/small", ":s3:copies/rclone", "--transfers", "32"),
        }
        rounds = Rounds("5,000 x 4 KiB copied", programs, lambda: forget(endpoint))
        for _ in range(ROUNDS):
            rounds.once()
    return [*rounds.results(PAIRS, {APART}), Result("requests for each of them", requests, "", S5CMD, 1.0)]


def _on_seaweedfs(home: str) -> list[Result]:
    server = LAUNCHERS["seaweedfs"]
    if server.missing:
        return []
    keys = {"AWS_ACCESS_KEY_ID": OWNER.access_key_id, "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key}
    source = S3Uri(BUCKET, FOLDER)
    places = (f"{number}/" for number in itertools.count())
    with server.start(Path(home)) as running:
        connection = running.connection()
        _fill(connection)

        def by_s5cmd() -> None:
            words = ("--endpoint-url", running.endpoint, "cp", f"{source}*", f"s3://{BUCKET}/{next(places)}")
            if copying := program(S5CMD, words, home, **keys):
                copying()

        programs: dict[str, Callable[[], None]] = {
            SERVICE: lambda: _copied(connection, source, S3Uri(BUCKET, next(places))),
            APART: lambda: _copied_apart(connection, source, S3Uri(BUCKET, next(places))),
        }
        if program(S5CMD, (), home):
            programs[S5CMD] = by_s5cmd
        rounds = Rounds("the same by SeaweedFS", programs, lambda: None)
        for _ in range(ROUNDS):
            rounds.once()
    return list(rounds.results(((SERVICE, S5CMD, None), (APART, S5CMD, None)), {APART}))


def _fill(connection: Connection) -> None:
    connection.call("create_bucket", Bucket=BUCKET)
    body = os.urandom(SMALL)

    def put(number: int) -> None:
        metadata = {"number": str(number)}
        connection.call("put_object", Bucket=BUCKET, Key=f"{FOLDER}{number:05}", Body=body, Metadata=metadata)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(put, range(COUNT)))


def _copied(connection: Connection, source: S3Uri, target: S3Uri) -> None:
    all_verified(lambda ended: copy_all(connection, list(_items(connection, source, target)), ended))


def _copied_apart(connection: Connection, source: S3Uri, target: S3Uri) -> None:
    sent_apart(connection, "copy", _items(connection, source, target))


def _items(connection: Connection, source: S3Uri, target: S3Uri) -> Iterator[Item[Any]]:
    for number, each in enumerate(plan(connection, [source], target)):
        yield Item(number, CopyRequest(each.source, each.target, etag=each.etag))
