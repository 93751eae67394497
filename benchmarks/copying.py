"""Small objects copied by the server itself, beside s5cmd on the same SeaweedFS.

s5cmd sends one CopyObject an object, which replaces what is there, and believes the answer. Here each object is
described before, nothing is replaced, and the copies are compared.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from peers import S5CMD, Rounds, program
from result import Result

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_plan import plan
from s3tui.transfers.flood import Item
from s3tui.transfers.flood_copy import copy_all
from tests.servers.launch import LAUNCHERS, OWNER

OBJECTS = 5_000
SIZE = 4096  # bytes
ROUNDS = 3
AT_ONCE = 16
SHARE = 0.9  # of s5cmd's time
BUCKET = "bench"
SERVICE = "copy service"


def run() -> list[Result]:
    """Rounds alternate. Nothing is measured where s5cmd or SeaweedFS isn't installed."""
    server = LAUNCHERS["seaweedfs"]
    with tempfile.TemporaryDirectory() as home:
        keys = {"AWS_ACCESS_KEY_ID": OWNER.access_key_id, "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key}
        if program(S5CMD, (), home) is None or server.missing:
            return []
        with server.start(Path(home)) as running:
            connection = running.connection()
            _fill(connection)
            places = map(str, itertools.count())

            def by_s5cmd() -> None:
                words = ("--endpoint-url", running.endpoint, "cp", f"s3://{BUCKET}/from/*", f"s3://{BUCKET}/")
                command = [*words[:-1], f"{words[-1]}{next(places)}/"]
                if copying := program(S5CMD, command, home, **keys):
                    copying()

            rounds = Rounds(
                f"{OBJECTS:,} objects of {SIZE:,} bytes copied",
                {SERVICE: lambda: _by_us(connection, f"{next(places)}/"), S5CMD: by_s5cmd},
                lambda: None,
            )
            for _ in range(ROUNDS):
                rounds.once()
                before = connection.log.total
            _by_us(connection, "counted/")
            requests = (connection.log.total - before) / OBJECTS
    return [
        *rounds.results(((SERVICE, S5CMD, SHARE),)),
        Result("requests for each of them", requests, "", S5CMD, 1.0),
    ]


def _fill(connection: Connection) -> None:
    connection.call("create_bucket", Bucket=BUCKET)
    body = os.urandom(SIZE)

    def put(number: int) -> None:
        metadata = {"number": str(number)}
        connection.call("put_object", Bucket=BUCKET, Key=f"from/{number:05}", Body=body, Metadata=metadata)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(put, range(OBJECTS)))


def _by_us(connection: Connection, prefix: str) -> None:
    planned = list(plan(connection, [S3Uri(BUCKET, "from/")], S3Uri(BUCKET, prefix)))
    requests = [CopyRequest(each.source, each.target, etag=each.etag) for each in planned]
    ends: Counter[str] = Counter()
    items = [Item(number, request) for number, request in enumerate(requests)]
    copy_all(connection, items, lambda _, end: ends.update([getattr(end, "state", str(end))]))
    if ends != {"verified": OBJECTS}:
        raise AssertionError(ends)
