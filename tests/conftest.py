"""What every test needs: a machine without the developer's own accounts, and one real server for the run."""

from __future__ import annotations

import gc
import itertools
import os
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Hypothesis loads this with its first example. Python 3.11 has one depth for all threads that parse, and fails with a
# SystemError when another one does so meanwhile: here there is none yet.
import hypothesis.internal.conjecture.optimiser  # noqa: F401
import pytest
from hypothesis import settings

from s3tui.demo import server as demo_server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import connections
from s3tui.s3.client import Connection
from tests import stylesheets
from tests.s3.processes import children_of, eventually

# A third of a UI test's time went into looking for garbage among what will never be any.
gc.set_threshold(100_000, 50, 100)
stylesheets.share()
# No test is about how fast this machine is; more examples: pytest --hypothesis-profile=long
settings.register_profile("s3tui", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("s3tui")
_numbers = itertools.count(1)
LARGEST_SEARCHED = 4 << 20  # bytes; what is larger is something to upload


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """The report of snapshots that differ shows the whole environment: nothing secret may be in it."""
    for name in list(os.environ):
        if name.startswith("AWS_") or any(word in name for word in ("SECRET", "TOKEN", "PASSWORD", "KEY")):
            del os.environ[name]


@pytest.fixture(autouse=True)
def clean_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No AWS variables, no proxies, and folders of our own for config, state and AWS's files."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "S3_", "INVENIO_", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local/state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After the whole run: the secret that nearly every test connects with is in no argument list and in no file
    but those of AWS that tests wrote themselves."""
    yield
    secret = demo_server.SECRET_ACCESS_KEY.encode()
    files = (
        path
        for path in tmp_path_factory.getbasetemp().rglob("*")
        if path.is_file() and not path.is_symlink() and path.parent.name != ".aws"
    )
    arguments = Path("/proc").glob("[0-9]*/cmdline")
    told = []
    for path in itertools.chain(files, arguments):
        with suppress(OSError):  # ended or removed meanwhile
            if path.stat().st_size <= LARGEST_SEARCHED and secret in path.read_bytes():
                told.append(str(path))
    assert told == []


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The URL of a moto server in a child process, started once a run."""
    with demo_server.start() as server:
        yield server.endpoint


@pytest.fixture
def endpoint(moto: str) -> Iterator[str]:
    """The URL of that server; what a test leaves on it is gone before the next one."""
    yield moto
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST"), timeout=90).close()


@pytest.fixture
def profile(endpoint: str) -> Profile:
    """A profile of that server whose keys are known for this run only."""
    remember("moto", Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY))
    return Profile("moto", endpoint=endpoint, region=demo_server.REGION, credentials="session")


@pytest.fixture
def connection(profile: Profile) -> Connection:
    """A connection of its own to that server."""
    return Connection(profile)


@pytest.fixture(autouse=True)
def writable_again() -> Iterator[None]:
    """A profile's connection is one for the whole process: what one test has made read-only is not for the next one."""
    yield
    for connection in connections._connections.values():
        connection.read_only = False


@pytest.fixture(autouse=True)
def no_lister_is_left() -> Iterator[None]:
    """Who leaves a process that lists is told so, and not the test after the next one."""
    yield
    eventually(lambda: not children_of(os.getpid(), ""))


@pytest.fixture
def bucket(connection: Connection) -> str:
    """A new, empty bucket."""
    name = f"test-{os.getpid()}-{next(_numbers)}"
    connection.call("create_bucket", Bucket=name)
    return name
