"""A Ceph cluster of one monitor, one OSD in memory and one RADOS gateway, as root, without systemd.

Debian's own packages are enough: `apt-get install --no-install-recommends radosgw ceph-mon ceph-osd`. Ready in
about fifteen seconds. A day of a lifecycle rule takes five seconds here (`rgw lc debug interval`).
"""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.servers.processes import Daemon, daemon, free_ports, listens, wait_until

DAY = 5  # seconds that a lifecycle day takes
_MEMORY_GIB = 8  # a full memory store hangs every write instead of refusing it
_CONFIG = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{mon_port}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind port min = {low_port}
ms bind port max = {high_port}
keyring = {folder}/keyring
run dir = {folder}/run
pid file =
admin socket = {folder}/run/$type.$id.asok
log file = {folder}/$type.$id.ceph.log
crash dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
mon data avail warn = 1
mon data avail crit = 1
[mon]
mon data = {folder}/mon
mon cluster log file = {folder}/cluster.log
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = {memory}
osd class load list = *
osd class default list = *
[client.rgw.a]
rgw data = {folder}/rgw
rgw frontends = beast tcp_nodelay=1 endpoint=127.0.0.1:{port} ssl_endpoint=127.0.0.1:{tls_port} \
ssl_certificate={folder}/tls.crt ssl_private_key={folder}/tls.key
rgw lc debug interval = {day}
rgw lifecycle work time = 00:00-24:00
rgw override bucket index max shards = 1
rgw crypt require ssl = false
rgw enable apis = s3, admin, sts, iam
"""


class Cluster:
    """The files of one cluster in `folder`, and its administrator's commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "ceph.conf"
        # Eleven in a row for the daemons' own talk, and two for S3.
        self.mon_port, self.port, self.tls_port = free_ports(3)
        self.gateway: Daemon | None = None

    def run(self, *command: str) -> str:
        """Run one administration command and return what it prints."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-800:]}")
        return done.stdout

    def ceph(self, *words: str) -> str:
        return self.run("ceph", "-c", str(self.config), "-k", str(self.folder / "keyring"), *words)

    def admin(self, *words: str) -> str:
        """`radosgw-admin` of this cluster."""
        keyring = str(self.folder / "keyring")
        return self.run(
            "radosgw-admin", "-c", str(self.config), "-n", "client.admin", "-k", keyring, "--admin-socket=", *words
        )

    def prepare(self) -> None:
        """Write configuration, keys, certificate and the monitor's first map."""
        for name in ("mon", "osd", "rgw", "run"):
            (self.folder / name).mkdir()
        identity = str(uuid.uuid4())
        self.config.write_text(
            _CONFIG.format(
                fsid=identity,
                folder=self.folder,
                mon_port=self.mon_port,
                low_port=self.mon_port + 10,
                high_port=self.mon_port + 200,
                memory=_MEMORY_GIB * 2**30,
                port=self.port,
                tls_port=self.tls_port,
                day=DAY,
            )
        )
        self._make_keys()
        self._make_certificate()
        first = ("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{self.mon_port}]", "--fsid", identity)
        self.run(*first, "monmap")
        self.run("ceph-mon", "-c", "ceph.conf", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")

    def _make_keys(self) -> None:
        everything = {"mon": "allow *", "osd": "allow *"}
        users = {
            "mon.": {"mon": "allow *"},
            "client.admin": everything,
            "client.rgw.a": everything,
            "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
        }
        for number, (user, may) in enumerate(users.items()):
            caps = [word for what, how in may.items() for word in ("--cap", what, how)]
            create = () if number else ("--create-keyring",)
            self.run("ceph-authtool", *create, "keyring", "--gen-key", "-n", user, *caps)

    def _make_certificate(self) -> None:
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost")
        self.run(*new, "-addext", names, "-keyout", "tls.key", "-out", "tls.crt")

    def make_osd(self) -> None:
        """Register the OSD and make its store. The monitor must run."""
        identity = str(uuid.uuid4())
        self.ceph("osd", "new", identity)
        self.run("ceph-osd", "-c", "ceph.conf", "-i", "0", "--mkfs", "--osd-uuid", identity)

    def make_users(self) -> None:
        """An owner, and two whom only a bucket's policy lets do anything. Before the storage classes, or the
        zone group can't be found later."""
        for name in ("owner", "reader", "lister"):
            keys = (f"--access-key={name}-key", f"--secret-key={name}-secret")
            self.admin("user", "create", f"--uid={name}", f"--display-name={name.title()}", *keys)

    def make_storage_classes(self) -> None:
        for name in ("STANDARD_IA", "GLACIER"):
            where = ("--placement-id", "default-placement", "--storage-class", name)
            self.admin("zonegroup", "placement", "add", "--rgw-zonegroup", "default", *where)
            pool = ("--data-pool", "default.rgw.buckets.data")
            self.admin("zone", "placement", "add", "--rgw-zone", "default", *where, *pool)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster in the empty `folder` and stop it when the block ends."""
    made = Cluster(folder)
    made.prepare()
    config = str(made.config)
    with contextlib.ExitStack() as running:
        monitor = running.enter_context(daemon(folder, "mon", "ceph-mon", "-f", "-c", config, "-i", "a"))
        wait_until(lambda: listens(made.mon_port), monitor)
        made.make_osd()
        osd = running.enter_context(daemon(folder, "osd", "ceph-osd", "-f", "-c", config, "-i", "0"))
        wait_until(lambda: "1 up" in made.ceph("osd", "stat"), osd)
        made.make_users()
        made.make_storage_classes()
        keyring = str(folder / "keyring")
        gateway = ("radosgw", "-f", "-c", config, "-n", "client.rgw.a", "-k", keyring)
        serving = running.enter_context(daemon(folder, "rgw", *gateway))
        wait_until(lambda: listens(made.port), serving)
        made.gateway = serving
        yield made
