"""Listing 200,000 keys from a server that costs almost nothing, and what they take in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

from result import Result, at
from thin_server import serving

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.listing import Listing, read

PAGES = 200
KEYS = PAGES * 1000
STOCK_PAGES = 20  # botocore alone is slow
ROUNDS = 3


def run() -> list[Result]:
    """Rounds alternate between the programs."""
    with serving(keys=KEYS) as [endpoint]:
        return _measure(endpoint)


def _measure(endpoint: str) -> list[Result]:
    remember("thin", Keys("id", "secret"))
    connection = Connection(Profile("thin", endpoint=endpoint, region="us-east-1", credentials="session"))
    read(Listing("small", "", ""), connection)
    ours, stock, s5cmd = [], [], []
    for _ in range(ROUNDS):
        ours.append(KEYS / timed(lambda: read(Listing("flat", "", ""), connection)))
        stock.append(STOCK_PAGES * 1000 / timed(lambda: _stock(connection)))
        if program := _s5cmd():
            s5cmd.append(KEYS / timed(lambda program=program: _s5cmd_ls(program, endpoint)))
    rate = at(0.5, ours) / 1000
    results = [
        Result("listing, thousand keys/s", rate, "k/s", "boto3 alone", at(0.5, stock) / 1000),
    ]
    if s5cmd:
        peer = at(0.5, s5cmd) / 1000
        results.append(Result("listing, thousand keys/s", rate, "k/s", "s5cmd ls", peer, "≥ 1", rate >= peer))
    tracemalloc.start()
    listing = Listing("flat", "", "")
    read(listing, connection)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    per_row = used / len(listing.columns)
    results.append(Result("memory of a listed row", per_row, "B", target="≤ 130 B", met=per_row <= 130))
    return results


def timed(call: object) -> float:
    started = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - started


def _stock(connection: Connection) -> None:
    paginator = connection.client("flat").get_paginator("list_objects_v2")
    for _ in paginator.paginate(Bucket="flat", PaginationConfig={"MaxItems": STOCK_PAGES * 1000}):
        pass


def _s5cmd() -> str | None:
    return shutil.which("s5cmd", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def _s5cmd_ls(program: str, endpoint: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    command = [program, "--endpoint-url", endpoint, "ls", "s3://flat/*"]
    subprocess.run(command, env=os.environ | keys, stdout=subprocess.DEVNULL, check=True)
