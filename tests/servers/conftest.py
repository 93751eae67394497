"""One behaviour suite against every server that can be started here.

A test takes `place` (a bucket of its own on a running server) and names the capability that it shows. Where a
server can't do it, the same test must end in one of our errors, and what was in the bucket must still be there.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.servers.launch import LAUNCHERS, Server
from tests.servers.matrix import CANNOT, CAPABILITIES, HAVE, NO, WRONG, YES, Table

_table = Table()
_numbers = itertools.count(1)
CANARIES = {"canary/one.txt": b"still here", "canary/two.bin": bytes(range(256))}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--server", action="append", choices=list(LAUNCHERS), help="only this one (may be repeated)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "capability(name): what of a server this test shows")
    config.addinivalue_line("markers", "needs(*traits): what a server must have for this to be asked at all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("--server") or list(LAUNCHERS)
    for name in wanted:
        if why := LAUNCHERS[name].missing:
            _table.missing[name] = why
    names = [name for name in wanted if name not in _table.missing]
    metafunc.parametrize("server", names, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Leave out what a server can't be asked, and put all tests of a server together: each is started once."""
    order = list(LAUNCHERS)
    asked = [(item.callspec.params["server"], item) for item in items]
    able = [
        (order.index(name), item)
        for name, item in asked
        if all(HAVE[name].issuperset(mark.args) for mark in item.iter_markers("needs"))
    ]
    items[:] = [item for _, item in sorted(able, key=lambda pair: pair[0])]


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server; one at a time."""
    with LAUNCHERS[request.param].start(tmp_path_factory.mktemp(request.param)) as running:
        yield running


@dataclass(frozen=True)
class Place:
    """A new bucket on a server, with canaries in it, and a connection to it."""

    server: Server
    connection: Connection
    bucket: str

    def at(self, key: str) -> S3Uri:
        return S3Uri(self.bucket, key)

    def put(self, key: str, body: bytes = b"content", **parameters: Any) -> S3Uri:
        """Write an object past our own upload, as another program would."""
        self.connection.call("put_object", Bucket=self.bucket, Key=key, Body=body, **parameters)
        return self.at(key)

    def read(self, key: str) -> bytes:
        answer = self.connection.call("get_object", Bucket=self.bucket, Key=key)
        return bytes(answer["Body"].read())

    def let(self, **rights: str) -> None:
        """Allow users by a policy of the bucket: `let(reader="GetObject")`."""
        arns = [f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"]
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]},
                "Action": [f"s3:{right}"],
                "Resource": arns,
            }
            for user, right in rights.items()
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.connection.call("put_bucket_policy", Bucket=self.bucket, Policy=policy)

    def make_bucket(self) -> str:
        """Another bucket, empty."""
        name = f"made-{next(_numbers)}"
        self.connection.call("create_bucket", Bucket=name)
        return name


@contextlib.contextmanager
def place_on(server: Server) -> Iterator[Place]:
    """A new bucket, whose canaries must live through whatever is done there."""
    connection = server.connection()
    made = Place(server, connection, f"place-{next(_numbers)}")
    connection.call("create_bucket", Bucket=made.bucket)
    for key, body in CANARIES.items():
        made.put(key, body)
    yield made
    assert {key: made.read(key) for key in CANARIES} == CANARIES, "a canary is dead"


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    """A bucket of the test's own."""
    with place_on(server) as made:
        yield made


def note(line: str) -> None:
    """Have `line` stand below the table."""
    _table.measured.append(line)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    running = pyfuncitem.funcargs.get("server")
    mark = pyfuncitem.get_closest_marker("capability")
    if not isinstance(running, Server) or mark is None:
        return (yield)
    [capability] = mark.args
    assert capability in CAPABILITIES
    cannot = CANNOT[running.name].get(capability)
    try:
        result = yield
    except BaseException as error:
        expected = cannot is not None and isinstance(error, cannot.error)
        _table.record(running.name, capability, NO if expected else WRONG)
        if expected:
            return True
        raise
    if cannot is not None:
        _table.record(running.name, capability, WRONG)
        pytest.fail(f"{running.name} can do this by now ({cannot.note}): take it off the list")
    _table.record(running.name, capability, YES)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("server x capability")
    for line in _table.lines():
        terminalreporter.write_line(line)
