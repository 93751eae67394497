"""The requests that come by the thousand, without what boto3 does around each (about 1 ms of computing).

Only what botocore has already done once for a bucket is repeated: its address, its region, its way of signing. The
answer is what boto3 would have returned. Whatever is not a plain success comes back as None, for
`Connection.call` to ask again with its retries, redirects and typed errors.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

from s3tui.s3 import brief, errors
from s3tui.s3.description import Description, Descriptions
from s3tui.s3.direct import MOST_KNOWN, Way, place
from s3tui.s3.form import Form, is_summed
from s3tui.s3.line import Line, NotPlain, Sendable
from s3tui.s3.shape import Shape, members
from s3tui.s3.signature import EMPTY, UNSIGNED, Keys, Signer
from s3tui.s3.uri import S3Uri
from s3tui.s3.wire import Answer, Exchange, Wire, request_head

Client = Callable[[str], Any]  # gives boto3's for a bucket
OPERATIONS = frozenset(("put_object", "upload_part", "get_object", "head_object", "copy_object"))
_PIECE = 1 << 20
_SHORT = 16 << 10  # bytes of an answer that is read only to keep the connection
_DOCUMENT = 64 << 10  # bytes of an answer in chunks
_RESULT = re.compile(rb"\s*(?:<\?xml[^<>]*\?>)?\s*<CopyObjectResult(?: [^<>]*)?>(.*)</CopyObjectResult>\s*", re.DOTALL)
_MEMBER = re.compile(rb"<(\w+)>([^<>]*)</\1>")
_SAFE = re.compile(r"[A-Za-z0-9/_.~-]*")  # what a path holds as it is
_ERRORS = {404: ("404", "Not Found"), 412: ("PreconditionFailed", "")}


@dataclass(frozen=True, slots=True)
class Road:
    """How botocore reaches one bucket. `base` is the encoded path before the key."""

    host: str  # as the header `Host` has it
    base: str
    wire: Wire
    signer: Signer | None  # None: requests are not signed
    may_be_unsigned: bool  # bodies: the line is encrypted, or never leaves this machine
    forms: dict[tuple[object, ...], tuple[Shape, Form | None]] = field(default_factory=dict, repr=False)


class Roads:
    """The roads of one connection, by bucket. Thread-safe."""

    def __init__(self) -> None:
        self._roads: dict[str, Road | None] = {}  # None: there is none
        self._shapes: dict[str, Shape] = {}
        self.descriptions = Descriptions()

    def knows(self, bucket: str) -> bool:
        return bucket in self._roads

    def learn(self, bucket: str, found: Road | None) -> None:
        self._roads.setdefault(bucket, found)
        for longest_known in list(self._roads)[:-MOST_KNOWN]:
            self.drop(longest_known)  # whoever still wants it learns it anew

    def forget(self) -> None:
        """Regions or keys have changed: all must be learnt anew."""
        roads, self._roads = self._roads, {}
        for known in roads.values():
            if known:
                known.wire.close()

    def start(self, operation: str, parameters: Mapping[str, Any], client: Client, keys: Keys | None) -> Started | None:
        """Send what boto3's client for the bucket would send. None when it has to be asked itself. Raises what the body
        raises."""
        bucket, body = parameters["Bucket"], parameters.get("Body", b"")
        known = self._roads.get(bucket)
        if known is None or (known.signer and not keys):
            return None
        name = (operation, bool(keys and keys[2]), *parameters)
        try:
            shape, ready = known.forms.get(name) or self._form(name, known, parameters, client(bucket), keys)
            head = _short_head(ready, known, parameters, keys) if ready else None
            if head is None and not (head := _head(shape, known, parameters, client(bucket), keys)):
                return None
            return Started(self, shape, parameters, known.wire, known.wire.sent(head, body))
        except OSError:
            self.drop(bucket)
            rewind(body)
            return None

    def _form(
        self, name: tuple[Any, ...], road: Road, parameters: Mapping[str, Any], client: Any, keys: Keys | None
    ) -> tuple[Shape, Form | None]:
        """Of all requests that are called so: their form, if they have one."""
        operation = client.meta.method_to_api_mapping[name[0]]
        shape = self._shapes.setdefault(operation, Shape(client.meta.service_model.operation_model(operation)))
        road.forms[name] = shape, form(shape, road, parameters, client, keys)
        return road.forms[name]

    def drop(self, bucket: str) -> None:
        """It may lead somewhere else by now."""
        if old := self._roads.pop(bucket, None):
            old.wire.close()

    def close(self, bucket: str) -> None:
        """What answers there isn't understood here."""
        self._roads[bucket] = None


class Started(Exchange):
    """A request that was sent."""

    __slots__ = ("_parameters", "_roads", "_shape")

    def __init__(self, roads: Roads, shape: Shape, parameters: Mapping[str, Any], wire: Wire, line: Line) -> None:
        self.wire, self.line, self._method = wire, line, shape.method
        self._roads, self._shape, self._parameters = roads, shape, parameters

    def is_success(self, body: bytes) -> bool:
        """Whether an answer with a status of success is one."""
        return not self._shape.result or _result(body) is not None

    def describe(self, uri: S3Uri) -> Description | None:
        """What came, of HeadObject for `uri`. None when it must be `told`."""
        read, shape = self._roads.descriptions.read, self._shape
        described = brief.read_head(self.line, lambda headers: read(shape, uri, headers))
        if described:
            self.wire.keep(self.line)
        return described

    def told(self) -> dict[str, Any] | None:
        """Wait for what boto3 would return. None when it has to be asked itself. Raises `errors.NoSuchKey` and
        `errors.Changed`."""
        bucket, found = self._parameters["Bucket"], None
        try:
            answer = self.answer(_DOCUMENT if self._shape.result else 0)
            if answer.status in (200, 206):
                found = parsed(self._shape, answer)
            elif self._is_final(answer):
                raise _failure(self._shape.operation, self._parameters, answer)
            else:
                answer.close()
                if answer.status < 500:
                    self._roads.drop(bucket)
        except NotPlain:
            self._roads.close(bucket)
        except OSError:
            self._roads.drop(bucket)
        if found is None:
            rewind(self._parameters.get("Body", b""))
        elif self._shape.method == "GET":
            found["Body"] = answer
        return found

    def _is_final(self, answer: Answer) -> bool:
        """Whether asking once more would say the same: there is no such object, or already one."""
        if self._shape.method == "HEAD":
            return answer.status == 404
        return answer.status == 412 and "IfNoneMatch" in self._parameters and answer.left <= _SHORT


def _short_head(ready: Form, road: Road, parameters: Mapping[str, Any], keys: Keys | None) -> bytes | None:
    """Of the request that asks so, signed now. None when the form doesn't suit. Raises what reading the body raises."""
    path, values = encoded(parameters["Key"]), ready.values(parameters)
    if path is None or values is None:
        return None
    body = parameters.get("Body", b"")
    return ready.head(values, road.base + path, keys, _payload(body, road, ready.is_summed), len(body))


def _head(shape: Shape, road: Road, parameters: Mapping[str, Any], client: Any, keys: Keys | None) -> bytes | None:
    """The same without a form. None when boto3 has to ask."""
    request = asked(shape, road, parameters)
    if request is None or _botocore_adds_to(shape, request.headers, client):
        return None
    return head_of(road, keys, request)


def form(shape: Shape, road: Road, parameters: Mapping[str, Any], client: Any, keys: Keys | None) -> Form | None:
    """For requests with the same `parameters`; None when they aren't so plain that this is certain."""
    names = [name for name in parameters if name not in ("Bucket", "Key", "Body")]
    if not all(name in shape.headers or name == "CopySource" for name in names):
        return None
    headers = {name: shape.headers.get(name, "x-amz-copy-source") for name in names}
    if _botocore_adds_to(shape, headers.values(), client):
        return None
    written = {"CopySource": _source} if "CopySource" in headers else {}
    return Form(shape.method, road.host, headers, road.signer, bool(keys and keys[2]), written)


def _botocore_adds_to(shape: Shape, headers: Collection[str], client: Any) -> bool:
    """Whether botocore would add a checksum of its own, or compare the answer's."""
    config = client.meta.config
    if shape.method == "GET":
        return config.response_checksum_validation == "when_supported" and "range" not in headers
    if not shape.is_summed or config.request_checksum_calculation != "when_supported":
        return False
    return not any(name.startswith("x-amz-checksum-") for name in headers)


def _failure(operation: str, parameters: Mapping[str, Any], answer: Answer) -> errors.S3Error:
    said = {"HTTPStatusCode": answer.status, "HTTPHeaders": answer.headers}
    code, text = _ERRORS[answer.status]
    answer.read()
    response = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": said}
    return errors.from_response(operation, parameters["Bucket"], parameters["Key"], response)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request before it is signed."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes | Sendable


def asked(shape: Shape, road: Road, parameters: Mapping[str, Any]) -> Asked | None:
    """`parameters` as botocore writes them; None when they aren't so plain that this is certain."""
    headers, query, body = {"host": road.host}, dict[str, str](), b""
    for name, value in parameters.items():
        if name in ("Bucket", "Key"):
            continue
        if name == "Body":
            body = value
        elif name == "Metadata":
            headers.update((f"x-amz-meta-{key.lower()}", text) for key, text in value.items())
        elif name == "CopySource":
            if not (source := _source(value)):
                return None
            headers["x-amz-copy-source"] = source
        elif name in shape.headers and type(value) in (str, int):
            headers[shape.headers[name]] = str(value)
        elif name in shape.query and type(value) in (str, int):
            query[shape.query[name]] = str(value)
        else:
            return None
    text = "".join([*headers, *headers.values()])
    if not text.isascii() or not text.isprintable():
        return None
    path = encoded(parameters["Key"])
    if path is None:
        return None
    words = "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))
    return Asked(shape.method, road.base + path, words, headers, body)


def encoded(key: str) -> str | None:
    """As a path has it. None when it can't be sent."""
    if _SAFE.fullmatch(key):
        return key
    try:
        return quote(key, safe="/-_.~")
    except UnicodeEncodeError:
        return None


def _source(place: Mapping[str, str]) -> str:
    """Where CopyObject copies from, as botocore writes it. Empty for what it writes in another way."""
    path = encoded(f"{place['Bucket']}/{place['Key']}")
    if path is None or place["Bucket"].startswith("arn:"):
        return ""
    return f"{path}?versionId={place['VersionId']}" if "VersionId" in place else path


def rewind(body: bytes | Sendable) -> None:
    """Let it be sent once more."""
    if not isinstance(body, bytes):
        body.seek(0)


def head_of(road: Road, keys: Keys | None, request: Asked) -> bytes:
    """What is sent before the body, signed now. Raises what reading the body raises."""
    sent = dict(request.headers)
    if request.method == "PUT":
        sent["content-length"] = str(len(request.body))
    if road.signer and keys:
        payload = _payload(request.body, road, is_summed(request.headers))
        sent.update(road.signer.headers(keys, request.method, request.path, request.query, request.headers, payload))
    target = f"{request.path}?{request.query}" if request.query else request.path
    return request_head(request.method, target, sent)


def _payload(body: bytes | Sendable, road: Road, summed: bool) -> str:
    """As botocore does: with a checksum in a signed header, a body on an encrypted line needs no hash."""
    if summed and road.may_be_unsigned:
        return UNSIGNED
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest() if body else EMPTY
    digest = hashlib.sha256()
    while piece := body.read(_PIECE):
        digest.update(piece)
    body.seek(0)
    return digest.hexdigest()


def parsed(shape: Shape, answer: Answer) -> dict[str, Any] | None:
    """What boto3 returns for `answer`; None when that is an error. Raises `NotPlain`, `OSError`."""
    found = members(shape, answer.headers)
    if shape.result:
        if (result := _result(answer.read(_SHORT))) is None:
            answer.close()
            return None
        found[shape.result] = result
    found["ResponseMetadata"] = {
        "RequestId": answer.headers.get("x-amz-request-id", answer.headers.get("x-amzn-requestid", "")),
        "HostId": answer.headers.get("x-amz-id-2", ""),
        "HTTPStatusCode": answer.status,
        "HTTPHeaders": answer.headers,
        "RetryAttempts": 0,
    }
    return found


def _result(document: bytes) -> dict[str, str] | None:
    """What CopyObject tells of the copy, without its time. None where it tells of none, as errors may that come after
    a status of 200 (“Copy request”)."""
    found = _RESULT.fullmatch(document)
    if not found or not document.isascii():
        return None
    told = {name.decode(): unescape(text.decode()) for name, text in _MEMBER.findall(found[1])}
    told.pop("LastModified", None)
    return told if told.get("ETag") else None


def road(way: Way, key: str) -> Road | None:
    """What the `way` of a request for `key` says; None when it isn't as expected, or leads through a proxy."""
    url, there = urlsplit(way.url), place(way)
    end = quote(key, safe="/-_.~")
    if not key or way.proxies or not url.path.endswith(f"/{end}") or not there.host:
        return None
    signer = Signer(way.region, way.service) if way.keys else None
    may_be_unsigned = there.tls or _is_here(there.host)
    return Road(url.netloc, url.path.removesuffix(end), Wire(there), signer, may_be_unsigned)


def _is_here(host: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
