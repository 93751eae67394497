"""What an endpoint can do, asked before anything is written (DESIGN 3.3).

A server that doesn't know `?X` takes `PUT` or `DELETE …?X` for the plain call: it overwrites the object or
deletes the bucket. So a sub-resource is written only after a GET of the same sub-resource was answered with
that sub-resource's own XML root, or with its own code for "not set".
"""

from __future__ import annotations

import contextlib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat

from s3tui.display import visible
from s3tui.s3 import errors
from s3tui.s3.calls import Probe
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.client import Connection


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether an endpoint knows a sub-resource of this bucket or object; `reason` says why not.

    `is_set`: something is there now. Never true of what isn't supported. `denied`: it isn't called supported
    because we may not look.
    """

    supported: bool
    reason: str = ""
    is_set: bool = False
    denied: bool = False


@dataclass(frozen=True, slots=True)
class _Kind:
    """How S3 answers a GET of one sub-resource."""

    root: str  # of the document, or several names
    content: str  # an element that is there only when something is set
    not_set: tuple[str, ...] = ()  # codes
    query: str = ""  # asked instead of the sub-resource's name alone


# The names are S3's; codes from its list of error responses, and from Ceph RGW and MinIO where they differ.
_OF_BUCKET = {
    "lifecycle": _Kind("LifecycleConfiguration", "Rule", ("NoSuchLifecycleConfiguration",)),
    "cors": _Kind("CORSConfiguration", "CORSRule", ("NoSuchCORSConfiguration",)),
    "versioning": _Kind("VersioningConfiguration GetBucketVersioningResponse", "Status"),  # the second is moto's
    "tagging": _Kind("Tagging", "Tag", ("NoSuchTagSet", "NoSuchTagSetError")),
    "list-type": _Kind("ListBucketResult", "Contents", query="list-type=2&max-keys=1"),
    "versions": _Kind("ListVersionsResult", "VersionId", query="versions&max-keys=1"),
    # NoSuchUpload is how rclone says that there are none.
    "uploads": _Kind("ListMultipartUploadsResult", "Upload", ("NoSuchUpload",), query="uploads&max-uploads=1"),
}
_NO_LOCK = ("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError")  # AWS, Ceph RGW
_OF_OBJECT = {
    "tagging": _Kind("Tagging", "Tag", ("NoSuchTagSet", "NoSuchTagSetError")),
    "acl": _Kind("AccessControlPolicy", "Grant"),
    "retention": _Kind("Retention", "Mode", _NO_LOCK),
    "legal-hold": _Kind("LegalHold", "Status", _NO_LOCK),
}
# Refusals that say nothing about the sub-resource: they are raised, not turned into "not supported".
_RAISED = (
    errors.NoSuchBucket,
    errors.NoSuchKey,
    errors.BadCredentials,
    errors.ClockSkew,
    errors.WrongRegion,
    errors.Throttled,
    errors.ServerFault,
)


def probe_bucket(connection: Connection, bucket: str, subresource: str) -> Capability:
    """Ask whether the endpoint knows `subresource` of `bucket`, and whether it is set.

    Raises `errors.S3Error` when there is no telling (no such bucket, credentials, no answer).
    """
    kind = _OF_BUCKET[subresource]
    probe = connection.probe("GET", bucket, "", kind.query or subresource)
    return _judged(connection, kind, probe, errors.Request(f"GET ?{subresource}", bucket), subresource)


def probe_object(connection: Connection, uri: S3Uri, subresource: str) -> Capability:
    """Ask whether the endpoint knows `subresource` of this object (or version), and whether it is set.

    Raises `errors.S3Error` when there is no telling (no such key, credentials, no answer).
    """
    from urllib.parse import quote

    kind = _OF_OBJECT[subresource]
    version = f"&versionId={quote(uri.version_id, safe='')}" if uri.version_id else ""
    probe = connection.probe("GET", uri.bucket, uri.key, subresource + version)
    request = errors.Request(f"GET ?{subresource}", uri.bucket, uri.key)
    if probe.status == 200 and "etag" in probe.headers:
        return Capability(False, _unknown(subresource, "it sent the object itself"))
    return _judged(connection, kind, probe, request, subresource)


def require(connection: Connection, bucket: str, subresource: str) -> None:
    """Let a write of a bucket's `subresource` pass only where a probe allows it; a yes is remembered.

    Raises `errors.Unsupported`, or `errors.Unsafe` when the probe was denied, with the reason.
    """
    if (bucket, f"bucket {subresource}") not in connection.supported:
        _insist(probe_bucket(connection, bucket, subresource), errors.Request(f"PUT ?{subresource}", bucket))


def require_object(connection: Connection, uri: S3Uri, subresource: str) -> None:
    """The same for a sub-resource of an object; a yes for one object holds for its bucket."""
    if (uri.bucket, f"object {subresource}") not in connection.supported:
        request = errors.Request(f"PUT ?{subresource}", uri.bucket, uri.key)
        _insist(probe_object(connection, uri, subresource), request)


def _insist(capability: Capability, request: errors.Request) -> None:
    if not capability.supported:
        kind = errors.Unsafe if capability.denied else errors.Unsupported
        raise kind(capability.reason, "Nothing was sent.", request)


def _judged(connection: Connection, kind: _Kind, probe: Probe, request: errors.Request, subresource: str) -> Capability:
    """What the answer to a probe proves."""
    elements = _elements(probe.body)
    root = elements[0] if elements else ""
    room = "object" if request.key else "bucket"
    if probe.status == 200 and root in kind.root.split():
        connection.supported.add((request.bucket, f"{room} {subresource}"))
        return Capability(True, is_set=kind.content in elements)
    if probe.status == 200:
        return Capability(False, _unknown(subresource, f"it answered with {_shown(root)}"))
    failure = _failure(probe, request)
    if failure.request.code in kind.not_set:
        connection.supported.add((request.bucket, f"{room} {subresource}"))
        return Capability(True)
    if isinstance(failure, _RAISED):
        raise failure
    if isinstance(failure, errors.AccessDenied):
        reason = f"You may not read ?{subresource} here, so it can't be checked whether the endpoint knows it."
        return Capability(False, reason, denied=True)
    if failure.request.code == "InvalidRequest" and kind.not_set == _NO_LOCK:
        return Capability(False, "This bucket was made without Object Lock.")
    return Capability(False, _unknown(subresource, f"it answered HTTP {probe.status} {failure.request.code}".rstrip()))


def _unknown(subresource: str, evidence: str) -> str:
    return f"This endpoint does not know ?{subresource}: {evidence}."


def _shown(root: str) -> str:
    return f"<{visible(root[:60])}>" if root else "something that is not XML"


def _failure(probe: Probe, request: errors.Request) -> errors.S3Error:
    """The error that an answer of 300 and above stands for."""
    said = _error_fields(probe.body)
    metadata = {
        "HTTPStatusCode": probe.status,
        "HTTPHeaders": probe.headers,
        "RequestId": probe.headers.get("x-amz-request-id") or said.get("RequestId", ""),
    }
    response = {"Error": said, "ResponseMetadata": metadata}
    return errors.from_response(request.operation, request.bucket, request.key, response)


def _elements(body: bytes) -> list[str]:
    """The names of the elements in the start of a document, without namespaces; the root is the first."""
    if b"<!" in body:  # a document type: no S3 answer has one
        return []
    names: list[str] = []
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = lambda name, _: names.append(name.rpartition("}")[2])
    with contextlib.suppress(expat.ExpatError):  # what came before the fault, or before our limit, still counts
        parser.Parse(body, False)
    return names


def _error_fields(body: bytes) -> dict[str, str]:
    if b"<!" in body:
        return {}
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return {}
    return {child.tag.rpartition("}")[2]: child.text or "" for child in root}
