"""The sample buckets: they look like those of the systems whose users we serve.

OpenShift images and their caches, InvenioRDM files, OpenKAT's raw findings, CubicWeb's UUID keys; and what
goes wrong with such buckets: deleted and archived objects, near misses, an upload nobody finished, odd names.
"""

from __future__ import annotations

import gzip
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

from s3tui.demo import contents
from s3tui.demo.contents import MIB
from s3tui.demo.samples import Bucket, Deletion, Object, Upload, ago

MANY_BUCKET = "r630-switchbot-temp"
MANY_PREFIX = "workflows/burn-in/"
MANY = 20_000

RELEASES = (("4.12", 301.0), ("4.13", 214.0), ("4.14", 127.0), ("4.15", 83.0), ("4.16", 41.0), ("4.17", 9.5))
ISO, JSON, YAML, XML = "application/x-iso9660-image", "application/json", "application/yaml", "application/xml"

# Each of these has broken some program. Keys are data: none of it may reach a terminal or leave a folder.
ODD_NAMES = (
    "[bold red]not markup[/bold red].txt",
    "a[/b]",
    "escape \x1b[31mred\x1b[0m \x1b]0;title\x07.txt",
    "two\nlines.txt",
    "tab\tand\rreturn.txt",
    "right-to-left \u202etxt.exe",
    "zero\u200bwidth.txt",
    "café (one code point).txt",
    "cafe\u0301 (two code points).txt",
    "日本語/ファイル.txt",
    "emoji 🪣🧪.txt",
    "/leading slash.txt",
    "double//slash.txt",
    "trailing space ",
    " leading space",
    "dots/../../etc/passwd",
    "dots/./here.txt",
    "CON",
    "nul.txt",
    "case.txt",
    "CASE.txt",
    "100% +plus & more?.txt",
    "semi;colon'quote\"back\\slash.txt",
    "folder/",
    "folder",
    "long/" + "x" * 1019,
)


def buckets() -> tuple[Bucket, ...]:
    """Every sample bucket."""
    return (
        Bucket("r630-switchbot-isos", ago(310), _isos(), lifecycle=(_archive("openshift/", 60),)),
        Bucket("r630-switchbot-binaries", ago(310), _binaries(), lifecycle=(_expire("old-binaries", "", 30),)),
        Bucket(MANY_BUCKET, ago(310), _temporary(), lifecycle=_temporary_rules()),
        Bucket("r630-switchbot-private", ago(305), _private(), versioned=True),
        Bucket("r630-switchbot-public", ago(305), _public()),
        Bucket("default", ago(250), _invenio(), cors=(_preview_rule(),)),
        Bucket("cyn-org", ago(190), _openkat("org", 60)),
        Bucket("cyn-org2", ago(120), _openkat("org2", 25)),
        Bucket("cubicweb-files", ago(400), _cubicweb(240)),
        Bucket("odd-names", ago(30), _odd()),
    )


def _isos() -> Iterator[Object | Upload]:
    for version, age in RELEASES:
        size = 72 * MIB if version == "4.16" else 3 * MIB
        body = contents.iso_image(f"OPENSHIFT_{version}", size)
        digest = hashlib.sha256(body).hexdigest()
        facts = {"version": version, "server-id": "01", "hostname": "r630-01.example.com", "sha256": digest}
        yield Object(
            f"openshift/{version}/agent.x86_64.iso",
            body,
            ago(age),
            ISO,
            {"Content-Disposition": f'attachment; filename="agent-{version}.iso"'},
            facts,
            {"version": version, "retention": "60-days"},
            # Older than 60 days: the lifecycle rule has moved it.
            "GLACIER" if age > 200 else "STANDARD_IA" if age > 60 else "STANDARD",
        )
        about = {**facts, "size": size, "rendezvous_ip": "192.0.2.10", "generated": ago(age).isoformat()}
        yield Object(f"openshift/{version}/metadata.json", contents.json_text(about), ago(age), JSON)
    yield Upload("openshift/4.18/agent.x86_64.iso", (bytes(5 * MIB), bytes(5 * MIB)))


def _binaries() -> Iterator[Object]:
    for version, age in RELEASES[2:]:
        for patch in range(3):
            for folder, name in (("openshift-install", "openshift-install"), ("openshift-client", "oc")):
                key = f"{folder}/{version}.{10 * patch + 3}/{name}"
                body = contents.program(name, 400_000 + 1000 * patch)
                yield Object(key, body, ago(age - patch), "application/octet-stream", metadata={"source": "mirror"})


def _temporary() -> Iterator[Object]:
    for run in range(6):
        folder = f"workflows/{uuid.uuid5(uuid.NAMESPACE_URL, f'run-{run}')}/"
        state = {"workflow": "iso-generation", "step": "upload" if run % 2 else "build", "attempt": run}
        yield Object(folder + "state.json", contents.json_text(state), ago(0.1 * run), JSON)
        yield Object(folder + "output.log", f"run {run}\n".encode() * 200, ago(0.1 * run), "text/plain")
    for number in range(MANY):
        body = b"%d" % (number * number)
        yield Object(f"{MANY_PREFIX}reading-{number:05}.txt", body, ago(1 - number / MANY), "text/plain")


def _private() -> Iterator[Object | Deletion]:
    for folder in ("isos/", "binaries/", "artifacts/"):
        yield Object(folder, b"", ago(304), "application/x-directory")
    for server in range(1, 5):
        host = f"r630-{server:02}.example.com"
        key = f"artifacts/config/r630-{server:02}.yaml"
        for number, (version, age) in enumerate(RELEASES[2:]):
            body = contents.agent_config(host, version, 64 << number % 2)
            yield Object(key, body, ago(age), YAML, {"Cache-Control": "no-cache"}, {"version": version})
        iso = contents.iso_image(f"R630_{server:02}", 200_000)
        yield Object(f"isos/server-{server:02}/agent.x86_64.iso", iso, ago(40), ISO, metadata={"hostname": host})
    yield Deletion("isos/server-02/agent.x86_64.iso", ago(3))
    yield Object("artifacts/pull-secret.json", contents.json_text({"auths": {}}), ago(60), JSON)
    yield Deletion("artifacts/pull-secret.json", ago(2.5))
    yield Object("artifacts/pull-secret.json", contents.json_text({"auths": {"registry": {}}}), ago(2), JSON)


def _public() -> Iterator[Object]:
    for version in ("4.16", "4.17", "stable"):
        body = contents.iso_image(f"PUBLIC_{version}", 300_000)
        headers = {"Cache-Control": "public, max-age=86400"}
        yield Object(f"isos/{version}/agent.x86_64.iso", body, ago(20), ISO, headers, {"published": "yes"})
        checksum = f"{hashlib.sha256(body).hexdigest()}  agent.x86_64.iso\n".encode()
        yield Object(f"isos/{version}/SHA256SUMS", checksum, ago(20), "text/plain")
    yield Object("isos/4.18/", b"", ago(5), "application/x-directory")
    yield Object("index.html", b"<!doctype html><title>Images</title>\n", ago(20), "text/html; charset=utf-8")


def _invenio() -> Iterator[Object]:
    files = (
        ("application/pdf", contents.document("Soil moisture of dry meadows", 40)),
        ("text/csv", contents.measurements(900)),
        ("image/png", contents.picture(320, 200)),
        (
            XML,
            b'<?xml version="1.0"?>\n<resource xmlns="http://datacite.org/schema/kernel-4">\n  <titles/>\n</resource>\n',
        ),
        (JSON, contents.json_text({"title": "Messungen in Köln", "creators": [], "access": "open"})),
        ("text/markdown", b"# Read me\n\nMeasured by hand, every day.\n"),
    )
    for number in range(48):
        kind, body = files[number % len(files)]
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"record-{number}"))
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        yield Object(f"{name[:2]}/{name[2:4]}/{name[4:]}/data", body, ago(200 - 4 * number), kind, {}, {"md5": digest})


def _openkat(organisation: str, count: int) -> Iterator[Object]:
    for number in range(count):
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{organisation}-{number}"))
        key = f"{organisation}/{name[:3]}/{name}"
        if number % 3 == 0:
            body, kind, boefje = contents.scan(f"198.51.100.{number}", (22, 80, 443)), XML, "nmap"
        elif number % 3 == 1:
            answer = {"name": "mail.example.com.", "type": "MX", "answers": ["10 mx1.example.com."]}
            body, kind, boefje = contents.json_text(answer), JSON, "dns-records"
        else:
            body, kind, boefje = gzip.compress(b'{"tls": "1.3"}\n' * 50, mtime=0), JSON, "testssl"
        headers = {"Content-Encoding": "gzip"} if boefje == "testssl" else {}
        tags = {"organization": organisation, "boefje": boefje}
        yield Object(key, body, ago(100 - number), kind, headers, {"boefje-id": boefje}, tags)


def _cubicweb(count: int) -> Iterator[Object]:
    for number in range(count):
        body = contents.document(f"Minutes {number}", 1 + number % 9)
        yield Object(str(uuid.uuid5(uuid.NAMESPACE_URL, f"file-{number}")), body, ago(380 - number), "application/pdf")


def _odd() -> Iterator[Object]:
    for name in ODD_NAMES:
        yield Object(name, b"" if name.endswith("/") else b"Found it.\n", ago(12), "text/plain; charset=utf-8")


def _archive(prefix: str, days: int) -> dict[str, Any]:
    return {
        "ID": "isos-to-archive",
        "Filter": {"Prefix": prefix},
        "Status": "Enabled",
        "Transition": {"Days": str(days), "StorageClass": "GLACIER"},
    }


def _expire(identity: str, prefix: str, days: int) -> dict[str, Any]:
    return {"ID": identity, "Filter": {"Prefix": prefix}, "Status": "Enabled", "Expiration": {"Days": str(days)}}


def _temporary_rules() -> tuple[dict[str, Any], ...]:
    abort = {"ID": "abort-uploads", "Filter": {"Prefix": ""}, "Status": "Enabled"}
    return (
        _expire("temporary", "workflows/", 1),
        {**abort, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "1"}},
    )


def _preview_rule() -> dict[str, Any]:
    return {"ID": "file-preview", "AllowedMethod": ["GET"], "AllowedOrigin": ["*"]}
