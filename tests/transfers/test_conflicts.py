"""Files whose keys are taken: what each choice makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import Form
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.names import numbered
from s3tui.transfers.plan import Conflict, Plan
from s3tui.transfers.queue import Queue
from tests.transfers.conftest import content
from tests.transfers.proxy import Proxy, Treatment
from tests.transfers.test_preflight import Make, actions, plan, requests, send


@pytest.fixture
def there(connection: Connection, bucket: str, make: Make) -> list[Path]:
    """Four files; the keys of the first three are taken: by the same, by another of its size, by a smaller one."""
    files = [make(100, name) for name in ("same", "other", "smaller", "free")]
    for path, body in zip(files, (files[0].read_bytes(), bytes(100), b"small"), strict=False):
        connection.call("put_object", Bucket=bucket, Key=f"x/{path.name}", Body=body)
    return files


@pytest.mark.parametrize(
    ("choice", "done"),
    [
        ("ask", ["ask", "ask", "ask", "new"]),
        ("skip", ["skip", "skip", "skip", "new"]),
        ("overwrite", ["replace", "replace", "replace", "new"]),
        ("different", ["same", "replace", "replace", "new"]),
        ("rename", ["rename", "rename", "rename", "new"]),
    ],
)
def test_each_choice(connection: Connection, bucket: str, there: list[Path], choice: Conflict, done: list[str]) -> None:
    made = plan(connection, there, Form(S3Uri(bucket, "x/"), if_exists=choice))
    assert actions(made) == done
    assert [step.request is not None for step in made.steps] == [a in ("new", "replace", "rename") for a in done]
    for request in requests(made):
        assert send(connection, request).state == "verified"
    asked = plan(connection, there, Form(S3Uri(bucket, "x/")))
    assert actions(asked) == ["ask"] * 4
    asked.decide("skip", [0, 3])
    assert actions(asked) == ["skip", "ask", "ask", "skip"]


def test_one_after_the_other_is_decided(connection: Connection, bucket: str, there: list[Path]) -> None:
    made = plan(connection, there, Form(S3Uri(bucket, "x/")))
    made.decide("different", [0, 1])
    made.decide("rename", [2])
    assert actions(made) == ["same", "replace", "rename", "new"]
    made.decide("skip", [1])
    made.decide("rename", [2])
    assert made.steps[2].target.endswith("/x/smaller (2)") and actions(made) == ["same", "skip", "rename", "new"]


def test_free_names_are_free_everywhere(connection: Connection, bucket: str, make: Make) -> None:
    paths = [make(1, name) for name in ("a.tar.gz", "a.tar (2).gz", ".hidden", "b")]
    for key in ("a.tar.gz", "a.tar (3).gz", ".hidden", "b", "b (2)"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"")
    made = plan(connection, paths, Form(S3Uri(bucket), if_exists="rename"))
    assert [request.target.key for request in requests(made)] == [
        "a.tar (4).gz",
        "a.tar (2).gz",
        ".hidden (2)",
        "b (3)",
    ]


def test_what_came_after_the_plan_is_not_replaced(connection: Connection, bucket: str, there: list[Path]) -> None:
    for choice in ("overwrite", "rename"):
        [request] = requests(plan(connection, there[3:], Form(S3Uri(bucket, f"{choice}/"), if_exists=choice)))
        connection.call("put_object", Bucket=bucket, Key=request.target.key, Body=b"somebody's")
        with pytest.raises(AlreadyExists):
            send(connection, request)
        assert content(connection, bucket, request.target.key) == b"somebody's"


def test_an_object_in_parts_is_compared_too(connection: Connection, bucket: str, make: Make) -> None:
    path, form = make(11 << 20), Form(S3Uri(bucket), if_exists="different")
    send(connection, requests(plan(connection, [path], form))[0])
    assert actions(plan(connection, [path], form)) == ["same"]
    path.write_bytes(bytes(11 << 20))
    assert actions(plan(connection, [path], form)) == ["replace"]


def test_what_cannot_be_compared_is_different(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str, make: Make
) -> None:
    path = make(100)
    connection.call("put_object", Bucket=bucket, Key=path.name, Body=path.read_bytes())
    opaque = Treatment(headers={"ETag": '"opaque"'})
    proxy.rules.append(lambda asked: opaque if asked.method == "HEAD" else None)
    proxy.rules.append(lambda asked: Treatment(change=lambda body: re.sub(rb"[0-9a-f]{32}", b"opaque", body)))
    [step] = plan(through, [path], Form(S3Uri(bucket), if_exists="different")).steps
    assert step.action == "replace" and "can't be told" in step.why


def test_numbered() -> None:
    names = ["a/b.iso", "a.b/c", ".bashrc", "x.tar.gz", "a/b."]
    assert [numbered(name, 2, " ({})") for name in names] == [
        "a/b (2).iso",
        "a.b/c (2)",
        ".bashrc (2)",
        "x.tar (2).gz",
        "a/b (2).",
    ]


def test_a_plan_goes_through_the_queue(connection: Connection, bucket: str, there: list[Path]) -> None:
    """Also where small files go together."""
    form = Form(S3Uri(bucket, "x/"), metadata={"size": "{size}"}, sidecar="{name}.json", if_exists="rename")
    assert states(connection, plan(connection, there, form)) == ["verified"] * 4
    assert json.loads(content(connection, bucket, "x/free.json")) == {"size": "100"}
    assert content(connection, bucket, "x/smaller (2)") == there[2].read_bytes()
    made = plan(connection, there, Form(S3Uri(bucket, "y/"), "{md5}"))
    there[3].write_bytes(b"another")
    assert states(connection, made) == ["verified"] * 3 + ["failed"]


def states(connection: Connection, made: Plan) -> list[str]:
    """How all of it ended."""
    sent = Queue().submit_all(connection, made.requests())
    for transfer in sent:
        transfer.future.result(30)
    return [transfer.state for transfer in sent]
