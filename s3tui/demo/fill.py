"""Puts sample buckets into the moto of this process, past HTTP: twenty thousand objects in about a second."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from requests.structures import CaseInsensitiveDict

from s3tui.demo.contents import MIB
from s3tui.demo.samples import Bucket, Deletion, Object, Upload

PART = 8 * MIB  # what most clients send a large object in


def fill(buckets: Iterable[Bucket], region: str) -> None:
    """Make `buckets` with everything in them."""
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for bucket in buckets:
        made = backend.create_bucket(bucket.name, region)
        made.creation_date = _naive(bucket.created)
        if bucket.versioned:
            backend.put_bucket_versioning(bucket.name, "Enabled")
        for thing in bucket.contents:
            _put(backend, made, thing)
        if bucket.lifecycle:
            backend.put_bucket_lifecycle_configuration(bucket.name, list(bucket.lifecycle))
        if bucket.cors:
            backend.put_bucket_cors(bucket.name, list(bucket.cors))


def _put(backend: S3Backend, bucket: FakeBucket, thing: Object | Deletion | Upload) -> None:
    if isinstance(thing, Object):
        _put_object(backend, bucket.name, thing)
    elif isinstance(thing, Deletion):
        backend.delete_object(bucket.name, thing.key)
        bucket.keys[thing.key].last_modified = _naive(thing.modified)
    else:
        upload = backend.create_multipart_upload(
            bucket.name, thing.key, CaseInsensitiveDict(), "STANDARD", {}, None, "", ""
        )
        for number, part in enumerate(thing.parts, 1):
            backend.upload_part(bucket.name, upload.id, number, part)


def _put_object(backend: S3Backend, bucket: str, thing: Object) -> None:
    key = backend.put_object(
        bucket,
        thing.key,
        thing.body,
        storage=thing.storage_class,
        etag=_etag_of_parts(thing.body) if len(thing.body) > PART else None,
        disable_notification=True,
    )
    headers: dict[str, Any] = {"Content-Type": thing.content_type, **thing.headers}
    key.set_metadata(headers | {f"x-amz-meta-{name}": value for name, value in thing.metadata.items()})
    key.last_modified = _naive(thing.modified)
    if thing.tags:
        backend.put_object_tagging(key, dict(thing.tags))


def _etag_of_parts(body: bytes) -> str:
    """The ETag that S3 gives to an object sent in parts: the MD5 of the parts' MD5s, a dash, their number."""
    parts = [body[at : at + PART] for at in range(0, len(body), PART)]
    digests = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _naive(moment: datetime) -> datetime:
    """moto's times are UTC and don't say so."""
    return moment.replace(tzinfo=None)
