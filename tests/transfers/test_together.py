"""Many requests under way on one thread."""

from __future__ import annotations

import threading

from s3tui.s3.client import Connection
from s3tui.transfers.together import Work, in_flight
from tests.s3.stub_server import Answer, Asked, stub

KEYS = [f"k{number}" for number in range(12)]


def test_one_that_is_answered_late_holds_up_no_other() -> None:
    """Its answer comes when all others have been read."""
    read: list[str] = []
    others_are_read = threading.Event()
    waited: list[bool] = []

    def answer(asked: Asked) -> Answer:
        if asked.path == "/bucket/k5":
            waited.append(others_are_read.wait(10))
        return Answer(200, headers={"ETag": '"e"'})

    with stub(answer) as server:
        connection = Connection(server.profile)
        connection.call("head_object", Bucket="bucket", Key="first")

        def work(key: str) -> Work:
            underway = connection.begin("head_object", Bucket="bucket", Key=key)
            yield underway
            assert underway.finish()["ETag"] == '"e"'
            read.append(key)
            if len(read) == len(KEYS) - 1:
                others_are_read.set()

        in_flight(work, KEYS)
    assert waited == [True]
    assert sorted(read) == sorted(KEYS)
    assert read[-1] == "k5"
