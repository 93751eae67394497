"""What the endpoint holds under a key, as far as transfers care."""

from __future__ import annotations

from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, bare_etag, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers.checksums import is_md5


def find(connection: Connection, uri: S3Uri) -> ObjectInfo | None:
    """What is at `uri`, or None when nothing is. Raises `errors.S3Error`."""
    try:
        return head(connection, uri)
    except errors.NoSuchKey:
        return None


def holds(connection: Connection, uri: S3Uri, size: int, etag: str) -> ObjectInfo | None:
    """What is at `uri` if it has that size and ETag, else None. Raises `errors.S3Error`."""
    found = find(connection, uri)
    return found if found and (found.size, bare(found.etag)) == (size, etag) else None


def bare(etag: object) -> str:
    """An ETag as it is compared: without quotes and weakness mark, in lower case."""
    return bare_etag(str(etag or "")).lower()


def opaque_etag(info: ObjectInfo) -> str:
    """Why the ETag can't be an MD5; empty when it can."""
    if info.encryption.customer_algorithm:
        return "it is encrypted with a customer's key"
    return "it is encrypted with KMS" if info.encryption.algorithm.startswith("aws:kms") else ""


def has_md5(info: ObjectInfo) -> bool:
    """Whether the ETag looks like the MD5 of the content, and nothing says that it isn't."""
    return is_md5(bare(info.etag)) and not opaque_etag(info)


def whole_checksums(info: ObjectInfo) -> dict[str, str]:
    """The checksums that are of the whole object, by algorithm. One of parts' checksums ends in `-N`."""
    if info.checksum_type == "COMPOSITE":
        return {}
    return {name: value for name, value in info.checksums if "-" not in value}
