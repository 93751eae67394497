"""Keys for a while, in a process that moves bytes: its parent gets others when they run out, or are refused."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from s3tui.demo import server as demo_server
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from tests.transfers.apart import ended, queue  # noqa: F401
from tests.transfers.conftest import content
from tests.transfers.proxy import Asked, Proxy, Treatment

pytestmark = pytest.mark.long
SHORT, LONG = timedelta(minutes=5), timedelta(hours=8)  # botocore takes the first for run out
EXPIRED = Treatment(instead=(400, b"<Error><Code>ExpiredToken</Code><Message>m</Message></Error>"))


class Keys:
    """What `credential_process` gives to the profile “short”."""

    def __init__(self, aws: Path, scripts: Path, endpoint: str) -> None:
        self._said, self._by = aws / "said.json", scripts / "asked-by"
        script = scripts / "keys"
        script.write_text(f"#!/bin/sh\necho $PPID >> {self._by}\ncat {self._said}\n")
        script.chmod(0o700)
        (aws / "config").write_text(f"[profile short]\ncredential_process = {script}\nregion = us-east-1\n")
        profile = Profile("short", endpoint=endpoint, region="us-east-1", addressing="path", credentials="aws:short")
        self.connection = Connection(profile)

    def say(self, token: str, lasting: timedelta) -> None:
        said = {
            "Version": 1,
            "AccessKeyId": demo_server.ACCESS_KEY_ID,
            "SecretAccessKey": demo_server.SECRET_ACCESS_KEY,
            "SessionToken": token,
            "Expiration": (datetime.now(UTC) + lasting).isoformat(),
        }
        self._said.write_text(json.dumps(said))

    @property
    def asked_by(self) -> list[str]:
        """The numbers of the processes that asked for keys."""
        return self._by.read_text().split()


@pytest.fixture
def keys(proxy: Proxy, tmp_path: Path) -> Keys:
    aws = Path(os.environ["HOME"]) / ".aws"
    aws.mkdir()
    return Keys(aws, tmp_path, proxy.endpoint)


def _is_part(asked: Asked) -> bool:
    return asked.method == "PUT" and "partNumber=" in asked.path


def token_of(asked: Asked) -> str:
    return asked.headers.get("x-amz-security-token", "")


def test_keys_that_run_out_are_asked_of_the_parent(
    queue: Queue,  # noqa: F811
    keys: Keys,
    bucket: str,
    make: Callable[..., Path],
) -> None:
    keys.say("of-five-minutes", SHORT)
    path = make(100)
    assert ended(queue.submit(keys.connection, UploadRequest(path, S3Uri(bucket, "a")))) == "verified"
    before = keys.asked_by
    assert ended(queue.submit(keys.connection, UploadRequest(path, S3Uri(bucket, "b")))) == "verified"
    assert len(keys.asked_by) > len(before) > 0
    assert set(keys.asked_by) == {str(os.getpid())}


def test_keys_that_are_refused_are_not_used_again(
    queue: Queue,  # noqa: F811
    keys: Keys,
    connection: Connection,
    proxy: Proxy,
    bucket: str,
    make: Callable[..., Path],
) -> None:
    """They were to last for hours, and the endpoint says that they have run out: as when a session is revoked."""
    keys.say("first", LONG)
    path = make(100)
    proxy.rules.append(lambda asked: EXPIRED if token_of(asked) == "first" and asked.method == "PUT" else None)
    transfer = queue.submit(keys.connection, UploadRequest(path, S3Uri(bucket, "a")))
    assert ended(transfer) == "failed" and "session has expired" in transfer.why
    assert queue.retry() == 1
    assert ended(transfer) == "failed"  # nobody has signed in yet
    keys.say("second", LONG)
    proxy.asked.clear()
    assert queue.retry() == 1
    assert ended(transfer) == "verified", transfer.why
    assert content(connection, bucket, "a") == path.read_bytes()
    assert {token_of(asked) for asked in proxy.asked} == {"second"}
    assert set(keys.asked_by) == {str(os.getpid())}


def test_in_the_middle_of_an_upload_what_was_sent_is_kept(
    queue: Queue,  # noqa: F811
    keys: Keys,
    connection: Connection,
    proxy: Proxy,
    bucket: str,
    make: Callable[..., Path],
) -> None:
    keys.say("first", LONG)
    path = make(11 << 20)
    expired = []

    def rule(asked: Asked) -> Treatment | None:
        if _is_part(asked) and any(map(_is_part, proxy.answered)):
            expired.append(True)
        return EXPIRED if expired and token_of(asked) == "first" else None

    proxy.rules.append(rule)
    transfer = queue.submit(keys.connection, UploadRequest(path, S3Uri(bucket, "a")))
    assert ended(transfer) == "failed" and "session has expired" in transfer.why
    keys.say("second", LONG)
    assert queue.retry() == 1
    assert ended(transfer) == "verified", transfer.why
    assert content(connection, bucket, "a") == path.read_bytes()
    sent = Counter(asked.path for asked in proxy.answered if _is_part(asked))
    assert len(sent) == 3 and set(sent.values()) == {1}
