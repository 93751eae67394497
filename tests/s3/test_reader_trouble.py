"""Long listings whose children meet what this process does not: keys that are out of date, no start, no room."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3 import listing, reader
from s3tui.s3.client import Connection
from s3tui.s3.listing import Listing
from tests.s3.listing_server import FOREVER, Bucket, Page, listing_server, slow
from tests.s3.stub_server import Answer, Asked

pytestmark = pytest.mark.long

KEYS = [f"logs/{number:06}.gz" for number in range(40_000)]
SLOWLY = ((range(1, FOREVER), slow(0.02)),)


def keys_of(read: Listing) -> list[str]:
    return [read.columns.key(row) for row in range(len(read.columns))]


def is_of_child(asked: Asked) -> bool:
    return "Boto3" not in asked.headers.get("user-agent", "")


def test_when_keys_end_in_the_middle_new_children_go_on_with_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, config = tmp_path / "keys.json", tmp_path / "config"
    config.write_text(f"[profile short]\ncredential_process = /bin/cat {held}\n")
    for name in ("CONFIG", "SHARED_CREDENTIALS"):
        monkeypatch.setenv(f"AWS_{name}_FILE", str(config))

    def give_out(token: str) -> None:
        ends = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()  # so soon that botocore asks each time
        keys = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": token, "Expiration": ends}
        held.with_suffix(".new").write_text(json.dumps(keys))
        held.with_suffix(".new").replace(held)

    valid, seen = "first", list[tuple[str, bool]]()

    def refuses(asked: Asked) -> bool:
        nonlocal valid
        seen.append((asked.headers["x-amz-security-token"], is_of_child(asked)))
        if len(seen) == 20:
            valid = "second"
            give_out(valid)
        return seen[-1][0] != valid

    give_out(valid)
    with listing_server(Bucket(KEYS, faults=SLOWLY, refuses=refuses)) as server:
        profile = Profile("short", endpoint=server.endpoint, region="us-east-1", credentials="aws:short")
        read = Listing("bucket", "", "")
        listing.read(read, Connection(profile))
    assert keys_of(read) == KEYS
    assert seen.count(("second", True)) > 10
    assert seen.count(("second", False)) < 5


def test_children_that_are_always_refused_are_given_up_and_nothing_is_lost() -> None:
    with listing_server(Bucket(KEYS, faults=SLOWLY, refuses=is_of_child)) as server:
        read = Listing("bucket", "", "")
        listing.read(read, Connection(server.profile))
    assert keys_of(read) == KEYS


def test_children_that_are_never_ready_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = tmp_path / "python"
    stuck.write_text("#!/bin/sh\nexec sleep 60\n")
    stuck.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stuck))
    monkeypatch.setattr(reader, "_START", 0.1)
    with listing_server(Bucket(KEYS[:8000])) as server:
        read = Listing("bucket", "", "")
        listing.read(read, Connection(server.profile))
    assert keys_of(read) == KEYS[:8000]


@contextmanager
def many_files() -> Iterator[None]:
    """This process has so many files open that new ones get numbers above 1023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard) if hard >= 0 else (4096, hard))
    held = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while held[-1] < 1100:
            held.append(os.dup(held[0]))
        yield
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_with_many_open_files_lists_all_the_same() -> None:
    with listing_server(Bucket(KEYS[:20_000])) as server, many_files():
        read = Listing("bucket", "", "")
        listing.read(read, Connection(server.profile))
    assert keys_of(read) == KEYS[:20_000]


@pytest.mark.parametrize("prefix", ["a b+c%2B&d=ü😀/", "~'()*!,;:@$\n\t/", "a//./../"])
def test_children_ask_for_a_prefix_as_this_process_does(prefix: str) -> None:
    keys = [f"{prefix}{number:05}" for number in range(12_000)]
    with listing_server(Bucket(keys)) as server:
        read = Listing("buc.ket", prefix, "")
        listing.read(read, Connection(server.profile))
    assert keys_of(read) == keys
    forms: dict[bool, set[str]] = {False: set(), True: set()}
    for asked in server.asked:
        words = urlsplit(asked.path).query.split("&")
        forms[is_of_child(asked)].update(word for word in words if word.startswith("prefix="))
    assert len(forms[False]) == 1
    assert forms[True] == forms[False]


def test_nothing_is_asked_any_more_once_it_is_cancelled() -> None:
    token, later = CancelToken(), list[bool]()

    def refuses(asked: Asked) -> bool:
        if token.cancelled:
            later.append(is_of_child(asked))
        elif len(server.asked) == 16:
            time.sleep(0.2)  # until nothing comes any more that would wake it
            token.cancel()
        return False

    faults = ((range(1, 14), slow(0.02)), (range(14, FOREVER), slow(0.5)))
    with listing_server(Bucket(KEYS, faults=faults, refuses=refuses)) as server:
        with pytest.raises(Cancelled):
            listing.read(Listing("bucket", "", ""), Connection(server.profile), token)
        assert False not in later


@pytest.mark.parametrize("last", [1, 7])
def test_what_came_while_it_was_cancelled_is_not_missing_later(last: int) -> None:
    token = CancelToken()

    def cancelled(page: Page) -> Answer:
        token.cancel()
        return page.answer()

    keys = KEYS[: last * 1000]
    with listing_server(Bucket(keys, faults=((range(last, last + 1), cancelled),))) as server:
        read, profile = Listing("bucket", "", ""), replace(server.profile, parallel_listing=False)
        with pytest.raises(Cancelled):
            listing.read(read, Connection(profile), token)
        listing.read(read, Connection(profile))
    assert read.completeness.is_complete
    assert keys_of(read) == keys
