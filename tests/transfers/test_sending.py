"""A part on its way: where the line is open to others, its body is hashed for the signature before it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Progress
from s3tui.transfers.sending import send_part, sums_to_send
from s3tui.transfers.source import Source
from tests.transfers.proxy import Proxy


@pytest.mark.parametrize("unsigned", [True, False])
def test_a_stretch_of_a_file_arrives_whole(
    through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path], unsigned: bool
) -> None:
    through.call("put_object", Bucket=bucket, Key="first", Body=b"")
    roads = through._roads._roads
    known = roads[bucket]
    assert known is not None
    roads[bucket] = replace(known, may_be_unsigned=unsigned)
    path, progress, token, part = make(1_000_000), Progress(), CancelToken(), Part(1, 123_456, 700_000)
    wanted = path.read_bytes()[123_456:823_456]
    with Source(path) as source:
        sums = sums_to_send(through, source, part, token)
        send_part(through, "put_object", {"Bucket": bucket, "Key": "k"}, part, sums, source, progress, token)
    sent = proxy.asked[-1]
    assert sent.body == wanted
    assert sent.headers["x-amz-content-sha256"] == (
        "UNSIGNED-PAYLOAD" if unsigned else hashlib.sha256(wanted).hexdigest()
    )
    assert (progress.done, through.attempts) == (700_000, 1)
