"""Objects that are missing for a known reason, planted on a real server. Each test suite that has a server
(moto here, Ceph and others in tests/servers) plants them and asks why.

A server needs an owner, whose connection plants; a reader, who may get objects and nothing else; and a lister,
who may list buckets' objects and nothing else.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from s3tui.diagnosis import Verdict
from s3tui.profiles.credentials import Keys, keys_of, remember
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri

Asker = Literal["owner", "reader", "lister", "wrong secret", "dead port"]
KEY = "openshift/4.14/agent.x86_64.iso"


@dataclass(frozen=True)
class Case:
    """`plant` puts the case into a new bucket with the owner's connection and returns what is missing.

    `needs` names what a server must be able to do: `versions`, `archive` (an archived object can't be read),
    `customer keys` (an object encrypted with one can't be read without it), `policies` (reader and lister).
    """

    name: str
    plant: Callable[[Connection, str], S3Uri]
    verdict: Verdict
    asker: Asker = "owner"
    needs: str = ""


def asker_of(case: Case, owner: Connection, reader: Connection, lister: Connection) -> Connection:
    """Who asks why the case's object is missing."""
    profile = owner.profile
    if case.asker == "wrong secret":
        known = keys_of(profile)
        assert known
        remember("wrong-secret", Keys(known.access_key_id, "not-the-secret-of-this-key"))
        return Connection(replace(profile, name="wrong-secret", credentials="session"))
    if case.asker == "dead port":
        return Connection(replace(profile, endpoint=f"http://127.0.0.1:{_unused_port()}"))
    return {"owner": owner, "reader": reader, "lister": lister}[case.asker]


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def put(connection: Connection, bucket: str, key: str, body: bytes = b"content", **more: str) -> str:
    """Write an object and return its version id (empty without versioning)."""
    return str(connection.call("put_object", Bucket=bucket, Key=key, Body=body, **more).get("VersionId") or "")


def keep_versions(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _exists(connection: Connection, bucket: str) -> S3Uri:
    put(connection, bucket, KEY)
    return S3Uri(bucket, KEY)


def _never_existed(connection: Connection, bucket: str) -> S3Uri:
    keep_versions(connection, bucket)
    put(connection, bucket, "openshift/4.14/metadata.json")
    return S3Uri(bucket, KEY)


def _near_miss(connection: Connection, bucket: str) -> S3Uri:
    put(connection, bucket, KEY.replace("agent", "Agent"))
    return S3Uri(bucket, KEY)


def _deleted(connection: Connection, bucket: str) -> S3Uri:
    keep_versions(connection, bucket)
    put(connection, bucket, KEY)
    connection.call("delete_object", Bucket=bucket, Key=KEY)
    return S3Uri(bucket, KEY)


def _noncurrent_only(connection: Connection, bucket: str) -> S3Uri:
    keep_versions(connection, bucket)
    put(connection, bucket, KEY, b"old")
    wanted = put(connection, bucket, KEY, b"new")
    connection.call("delete_object", Bucket=bucket, Key=KEY)
    connection.call("delete_object", Bucket=bucket, Key=KEY, VersionId=wanted)
    return S3Uri(bucket, KEY, wanted)


def _upload_unfinished(connection: Connection, bucket: str) -> S3Uri:
    upload = connection.call("create_multipart_upload", Bucket=bucket, Key=KEY)["UploadId"]
    connection.call("upload_part", Bucket=bucket, Key=KEY, UploadId=upload, PartNumber=1, Body=b"a part")
    return S3Uri(bucket, KEY)


def _archived(connection: Connection, bucket: str) -> S3Uri:
    put(connection, bucket, KEY, StorageClass="GLACIER")
    return S3Uri(bucket, KEY)


def _unretrievable(connection: Connection, bucket: str) -> S3Uri:
    put(connection, bucket, KEY, SSECustomerAlgorithm="AES256", SSECustomerKey="0" * 32)
    return S3Uri(bucket, KEY)


def _elsewhere(connection: Connection, bucket: str) -> S3Uri:
    return S3Uri(bucket, KEY, endpoint="https://s3.other.example")


def _no_bucket(connection: Connection, bucket: str) -> S3Uri:
    return S3Uri(f"{bucket}-that-is-not-here", KEY)


def _absent(connection: Connection, bucket: str) -> S3Uri:
    return S3Uri(bucket, KEY)


CASES = (
    Case("exists", _exists, Verdict.EXISTS),
    Case("never existed", _never_existed, Verdict.NEVER_EXISTED, needs="versions"),
    Case("near miss", _near_miss, Verdict.NEAR_MISS),
    Case("deleted", _deleted, Verdict.DELETED, needs="versions"),
    Case("noncurrent only", _noncurrent_only, Verdict.NONCURRENT_ONLY, needs="versions"),
    Case("upload unfinished", _upload_unfinished, Verdict.UPLOAD_UNFINISHED),
    Case("forbidden", _exists, Verdict.FORBIDDEN, "lister", "policies"),
    Case("archived", _archived, Verdict.ARCHIVED, needs="archive"),
    Case("unretrievable", _unretrievable, Verdict.UNRETRIEVABLE, needs="customer keys"),
    Case("elsewhere", _elsewhere, Verdict.ELSEWHERE),
    Case("no bucket", _no_bucket, Verdict.NO_BUCKET),
    Case("credentials", _exists, Verdict.CREDENTIALS, "wrong secret"),
    Case("unreachable", _exists, Verdict.UNREACHABLE, "dead port"),
    Case("cannot tell", _absent, Verdict.CANNOT_TELL, "reader", "policies"),
)
