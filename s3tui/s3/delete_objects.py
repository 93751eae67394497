"""DeleteObjects and DeleteObject: keys removed by the thousand or one by one, and what the endpoint says of each.

A batch goes through boto3 as any other request, but its document is written here, and the keys that the answer
names are cut out before botocore parses it: a thousand of them cost it ten times what everything else does. An
answer that looks different in any way, or tells of failures, is left to botocore.

There is no asking first whether an endpoint knows `?delete`. It is harmless where it doesn't: a POST names no key,
and what it stands for without a sub-resource, an upload by a form, is refused without a form.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from s3tui.s3 import errors, page_fields
from s3tui.s3.client import Connection
from s3tui.s3.row_shapes import NotPlain, rows_in

LARGEST = 1000  # keys in a request; “DeleteObjects”
_NAMESPACE = b"http://s3.amazonaws.com/doc/2006-03-01/"
_NAMED = "s3tui.named"
_ROOT = "s3tui.root"
_HEAD = re.compile(rb"\s*(?:<\?xml[^>]*>)?\s*<(?:\w+:)?(\w+)[^>]*>")
# What XML can't hold, or its readers may change: controls, line ends, surrogates, space at either end. A key that
# arrives changed is another key.
_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|^\\s|\\s\\Z")
_LOCKED = re.compile(r"object.?lock|retention|legal.?hold|\bworm\b", re.IGNORECASE)
_MFA = re.compile(r"\bmfa\b|multi.?factor", re.IGNORECASE)
_REFUSED_UNDONE = (429, 503)  # statuses that say that nothing was done


class Doomed(NamedTuple):
    """A key, or one version of it, that is to go."""

    key: str
    version_id: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        return {"Key": self.key, "VersionId": self.version_id} if self.version_id else {"Key": self.key}


@dataclass(frozen=True, slots=True)
class Failure:
    """What the endpoint would not delete, and why."""

    doomed: Doomed
    error: errors.S3Error


@dataclass(slots=True)
class Answer:
    """What was said of the keys of one batch; of those in neither list, nothing."""

    deleted: list[Doomed] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(slots=True)
class _Sending:
    """The request of this thread."""

    document: bytes = b""
    wants_md5: bool = False
    once: bool = False


_sending: ContextVar[_Sending | None] = ContextVar("deleting", default=None)


def fitting(batch: list[Doomed]) -> list[Doomed]:
    """Those whose keys arrive as they are in an XML document, whoever reads that."""
    joined = "".join([doomed.key for doomed in batch])
    if joined.isascii() and joined.isprintable() and " " not in joined:
        return batch
    return [doomed for doomed in batch if not _NOT_PLAIN.search(doomed.key)]


def delete_batch(
    connection: Connection,
    bucket: str,
    batch: Sequence[Doomed],
    once: bool = False,
    etags: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Delete up to `LARGEST` keys that fit a batch, none of them twice. Only what the answer names is called deleted.

    A key of `etags` goes only while it has that ETag (without quotes), where the endpoint looks at that.
    `once`: when no answer comes, it is not sent again, because a second delete of a key without a version id would
    put a second delete marker. Raises `errors.S3Error`; `errors.Unsupported` where the endpoint has no DeleteObjects.
    """
    with _hooked(connection, bucket, _Sending(_document(batch, etags), not connection.profile.is_aws, once)):
        answer = connection.call("delete_objects", Bucket=bucket, Delete={"Objects": []})
    if answer.get("Error"):  # in an answer whose status is 200
        raise errors.from_response("DeleteObjects", bucket, "", answer)
    if answer.get(_ROOT) not in (b"DeleteResult", b""):  # an empty answer names nothing
        request = errors.Request("DeleteObjects", bucket, status=200)
        raise errors.Unsupported("This endpoint does not know DeleteObjects: it answered something else.", "", request)
    return _judged(bucket, batch, answer)


def delete_one(connection: Connection, bucket: str, doomed: Doomed, once: bool = False, etag: str = "") -> None:
    """Delete one key by DeleteObject. `once` as for `delete_batch`, and with `etag` (without quotes) as for one of its
    `etags`. Raises `errors.S3Error`.

    A key with a part that is `.` or `..` is refused as `errors.Unsafe`: on its way through URLs it may become another
    key, or none, and the bucket would be deleted.
    """
    request = errors.Request("DeleteObject", bucket, doomed.key)
    if not doomed.key or {".", ".."} & set(doomed.key.split("/")):
        raise errors.Unsafe(
            f"“{doomed.key}” was not deleted: what is between its slashes makes its URL that of another key.",
            "It can be deleted where the endpoint knows DeleteObjects.",
            request,
        )
    with _hooked(connection, bucket, _Sending(once=once)):
        try:
            conditions = {"IfMatch": f'"{etag}"'} if etag else {}
            connection.call("delete_object", Bucket=bucket, **doomed.parameters, **conditions)
        except errors.NoSuchKey:
            return  # S3 says 204 of a key that isn't there; others say this
        except errors.AccessDenied as error:
            raise _explained(error, doomed.version_id) from error


def _judged(bucket: str, batch: Sequence[Doomed], answer: dict[str, Any]) -> Answer:
    found = Answer()
    named: list[tuple[str, str]] | None = answer.get(_NAMED)
    if named is None:
        named = [(str(item.get("Key")), str(item.get("VersionId") or "")) for item in answer.get("Deleted") or ()]
    if named == batch:  # as nearly always
        found.deleted = list(batch)
        return found
    # A version is deleted only if that version is named; an id that the answer adds to a key without one is its own.
    keys, pairs = {key for key, _ in named}, {(key, version_id or "null") for key, version_id in named}
    refused: dict[tuple[str, str], errors.S3Error] = {}
    for item in answer.get("Errors") or ():
        refused[str(item.get("Key")), str(item.get("VersionId") or "")] = _error(bucket, item, answer)
    for doomed in batch:
        error = refused.get((doomed.key, doomed.version_id)) or refused.get((doomed.key, ""))
        if error:
            found.failures.append(Failure(doomed, _explained(error, doomed.version_id)))
        elif (doomed.key, doomed.version_id) in pairs if doomed.version_id else doomed.key in keys:
            found.deleted.append(doomed)
    return found


def _error(bucket: str, item: dict[str, Any], answer: dict[str, Any]) -> errors.S3Error:
    said = {"Code": item.get("Code"), "Message": item.get("Message")}
    response = {"Error": said, "ResponseMetadata": answer.get("ResponseMetadata") or {}}
    return errors.from_response("DeleteObjects", bucket, str(item.get("Key")), response)


def _explained(error: errors.S3Error, version_id: str) -> errors.S3Error:
    """A refusal in more than “denied”, where the endpoint says what refuses."""
    key, said = error.request.key, error.request.message
    if _LOCKED.search(said):
        error.sentence = f"“{key}” is locked: Object Lock keeps this version."
        error.advice = "It can go when its retention is over and it has no legal hold."
    elif _MFA.search(said):
        error.sentence = f"“{key}” was not deleted: the bucket asks for an MFA code to delete a version (MFA delete)."
        error.advice = "Its owner can switch MFA delete off."
    elif version_id and isinstance(error, errors.AccessDenied):  # Ceph RGW and SeaweedFS say no more of a lock
        error.advice = "Policies don't allow it, or Object Lock keeps this version."
    return error


# ---- the document


def _document(batch: Sequence[Doomed], etags: Mapping[str, str]) -> bytes:
    joined = "".join([doomed.key for doomed in batch])
    if etags or "&" in joined or "<" in joined or ">" in joined or any(doomed.version_id for doomed in batch):
        rows = "".join([_row(doomed, etags.get(doomed.key, "")) for doomed in batch])
    else:
        keys = "</Key></Object><Object><Key>".join([doomed.key for doomed in batch])
        rows = f"<Object><Key>{keys}</Key></Object>"
    return b'<Delete xmlns="%b">%b</Delete>' % (_NAMESPACE, rows.encode())


def _row(doomed: Doomed, etag: str) -> str:
    version = f"<VersionId>{_escaped(doomed.version_id)}</VersionId>" if doomed.version_id else ""
    condition = f"<ETag>&quot;{_escaped(etag)}&quot;</ETag>" if etag else ""
    return f"<Object><Key>{_escaped(doomed.key)}</Key>{version}{condition}</Object>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ---- hooks of botocore


@contextmanager
def _hooked(connection: Connection, bucket: str, sending: _Sending) -> Iterator[None]:
    events = connection.client(bucket).meta.events
    events.register("before-call.s3.DeleteObjects", _put_document, unique_id="s3tui-delete-document")
    events.register("before-parse.*.DeleteObjects", _cut_answer, unique_id="s3tui-delete-answer")
    for operation in ("DeleteObjects", "DeleteObject"):
        events.register_first(f"needs-retry.s3.{operation}", _may_repeat, unique_id=f"s3tui-once-{operation}")
    before = _sending.set(sending)
    try:
        yield
    finally:
        _sending.reset(before)


def _put_document(params: dict[str, Any], **_: Any) -> None:
    sending = _sending.get()
    if sending is None:
        return
    params["body"] = sending.document
    if sending.wants_md5:
        # Every server takes it, and some take nothing else; botocore gave it up for CRC32, which AWS alone is sure
        # to know.
        params["context"].get("checksum", {}).pop("request_algorithm", None)
        digest = hashlib.md5(sending.document, usedforsecurity=False).digest()
        params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()


def _may_repeat(response: Any = None, caught_exception: Any = None, **_: Any) -> bool | None:
    """False: botocore does not send it again. None: as it likes."""
    sending = _sending.get()
    if sending is None or not sending.once:
        return None
    status = response[0].status_code if response else 0
    refused = 300 <= status < 500 or status in _REFUSED_UNDONE
    return None if refused else False


def _cut_answer(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if _sending.get() is None or response_dict["status_code"] != 200:
        return
    body = response_dict["body"]
    head = _HEAD.match(body)
    root = head[1] if head else b""
    customized_response_dict[_ROOT] = root
    if root != b"DeleteResult":
        if root != b"Error":  # which botocore knows
            response_dict["body"] = b""
        return
    start, end = body.find(b"<Deleted>"), body.rfind(b"</Deleted>") + len(b"</Deleted>")
    if start < 0 or end <= start:
        return
    try:
        customized_response_dict[_NAMED] = _named(body[start:end])
    except NotPlain:
        return
    response_dict["body"] = body[:start] + body[end:]


def _named(region: bytes) -> list[tuple[str, str]]:
    """Key and version id of each element."""
    if b"\r" in region:
        raise NotPlain
    rows = rows_in(region, (b"Deleted",))
    keys = page_fields.texts(rows.column("Key"))
    if not rows.has("VersionId"):
        return [(key, "") for key in keys]
    return list(zip(keys, page_fields.texts(rows.column("VersionId")), strict=True))
