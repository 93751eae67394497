"""A server full of hostile names, values and messages: all that S3's protocol can carry."""

from __future__ import annotations

import base64
from html import escape
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlsplit

from tests import hostile
from tests.s3.stub_server import Answer, Asked

BUCKET, DENIED, FAULTY = "hostile", "denied", "faulty"
_XML = escape(hostile.IN_XML)
_TIME = "2026-01-02T03:04:05.000Z"
_WORD = base64.b64encode(hostile.ALL.encode()).decode()
# First what must be seen without scrolling.
OBJECTS: tuple[bytes, ...] = (
    hostile.ALL.replace("/", "\\").encode(),
    *sorted({name.encode() for name in hostile.NAMES}),
    hostile.LONGEST.encode(),
    hostile.NOT_UTF8,
)
BODY = "\n".join(hostile.NAMES[i] for i in range(len(hostile.NAMES)) if "\0" not in hostile.NAMES[i]).encode()
HEADERS = {
    "ETag": f'"{hostile.IN_HEADER_8BIT}"',
    "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT",
    "Content-Type": f"text/plain{hostile.IN_HEADER_8BIT}",
    "Cache-Control": hostile.IN_HEADER_8BIT,
    "Content-Disposition": hostile.IN_HEADER_8BIT,
    "Content-Language": "[/b]",
    "x-amz-request-id": hostile.IN_HEADER_8BIT,
    "x-amz-version-id": hostile.IN_HEADER_8BIT,
    "x-amz-storage-class": hostile.IN_HEADER_8BIT,
    "x-amz-server-side-encryption": hostile.IN_HEADER_8BIT,
    "x-amz-server-side-encryption-aws-kms-key-id": "[/b]" + hostile.IN_HEADER_8BIT,
    "x-amz-expiration": f'expiry-date="Fri, 02 Jan 2037 03:04:05 GMT", rule-id="{quote(hostile.ALL)}"',
    "x-amz-replication-status": hostile.IN_HEADER_8BIT,
    "x-amz-website-redirect-location": hostile.IN_HEADER_8BIT,
    "x-amz-tagging-count": "3",
    "x-amz-meta-plain": hostile.IN_HEADER_8BIT,
    "x-amz-meta-[/b]": "[/b]",
    "x-amz-meta-encoded": f"=?UTF-8?B?{_WORD}?=",
}
LIFECYCLE = (
    f"<LifecycleConfiguration><Rule><ID>{_XML}</ID><Status>Enabled</Status><Filter><Prefix>{_XML}</Prefix></Filter>"
    "<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"
)
CORS = (
    f"<CORSConfiguration><CORSRule><ID>{_XML}</ID><AllowedMethod>GET</AllowedMethod>"
    f"<AllowedOrigin>{_XML}</AllowedOrigin></CORSRule></CORSConfiguration>"
)
TAGS = (
    f"<Tagging><TagSet><Tag><Key>{_XML}</Key><Value>{_XML}</Value></Tag>"
    "<Tag><Key>a[/b]</Key><Value>[@click=app.quit]PWN[/]</Value></Tag></TagSet></Tagging>"
)


def answer(asked: Asked) -> Answer:
    """What the server says."""
    parts = urlsplit(asked.path)
    bucket, _, key = unquote_to_bytes(parts.path).lstrip(b"/").partition(b"/")
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if asked.method not in ("GET", "HEAD"):
        return refusal(403, hostile.IN_XML)
    if not bucket:
        return _xml(_buckets())
    if bucket != BUCKET.encode():
        return refusal(403, "AccessDenied") if bucket == DENIED.encode() else refusal(500, hostile.IN_XML)
    return _of_object(asked, key, query) if key else _of_bucket(asked, query)


def refusal(status: int, code: str) -> Answer:
    """An error whose every part is hostile."""
    body = f"<Error><Code>{escape(code)}</Code><Message>{_XML}</Message><RequestId>{_XML}</RequestId></Error>"
    return Answer(status, body.encode(), {"x-amz-request-id": hostile.IN_HEADER_8BIT})


def _xml(text: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": "application/xml", "x-amz-request-id": hostile.IN_HEADER_8BIT})


def _buckets() -> str:
    names = (BUCKET, DENIED, FAULTY, _XML, "a[/b]")
    rows = "".join(f"<Bucket><Name>{name}</Name><CreationDate>{_TIME}</CreationDate></Bucket>" for name in names)
    return f"<ListAllMyBucketsResult><Buckets>{rows}</Buckets></ListAllMyBucketsResult>"


def _of_bucket(asked: Asked, query: dict[str, str]) -> Answer:
    if asked.method == "HEAD":
        return Answer(200, b"", {"x-amz-bucket-region": hostile.IN_HEADER_8BIT})
    if "lifecycle" in query:
        return _xml(LIFECYCLE)
    if "cors" in query:
        return _xml(CORS)
    if "versioning" in query:
        return _xml(f"<VersioningConfiguration><Status>{_XML}</Status></VersioningConfiguration>")
    if "versions" in query:
        return _xml(_versions(query))
    if "uploads" in query:
        return _xml(_uploads(query))
    if query.get("list-type") == "2":
        return _xml(_page(query))
    return refusal(403, hostile.IN_XML)


def _of_object(asked: Asked, key: bytes, query: dict[str, str]) -> Answer:
    if "tagging" in query:
        return _xml(TAGS)
    if "acl" in query or "retention" in query or "legal-hold" in query or "uploadId" in query:
        return refusal(403, hostile.IN_XML)
    if key not in OBJECTS:
        return refusal(404, "NoSuchKey")
    headers = dict(HEADERS)
    if asked.method == "HEAD":
        return Answer(200, b"", headers | {"Content-Length": str(len(BODY))})
    return Answer(200, BODY, headers)


def _page(query: dict[str, str]) -> str:
    prefix, delimiter = query.get("prefix", "").encode(), query.get("delimiter", "").encode()
    rows, folders = "", set()
    for key in OBJECTS:
        if not key.startswith(prefix):
            continue
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        if cut >= 0:
            folders.add(key[: cut + 1])
        else:
            rows += (
                f"<Contents><Key>{quote(key)}</Key><LastModified>{_TIME}</LastModified><ETag>{_XML}</ETag>"
                f"<Size>7</Size><StorageClass>{_XML}</StorageClass></Contents>"
            )
    rows += "".join(f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>" for folder in folders)
    return (
        f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>'
        f"{rows}</ListBucketResult>"
    )


def _versions(query: dict[str, str]) -> str:
    key = quote(query.get("prefix", ""))
    rows = "".join(
        f"<{kind}><Key>{key}</Key><VersionId>{_XML}</VersionId><IsLatest>{latest}</IsLatest><LastModified>{_TIME}"
        f"</LastModified>{content}<Owner><ID>{_XML}</ID><DisplayName>{_XML}</DisplayName></Owner></{kind}>"
        for kind, latest, content in (
            ("DeleteMarker", "true", ""),
            ("Version", "false", f"<ETag>{_XML}</ETag><Size>7</Size><StorageClass>{_XML}</StorageClass>"),
        )
    )
    return f"<ListVersionsResult><EncodingType>url</EncodingType>{rows}</ListVersionsResult>"


def _uploads(query: dict[str, str]) -> str:
    upload = (
        f"<Upload><Key>{quote(query.get('prefix', ''))}</Key><UploadId>{_XML}</UploadId><Initiated>{_TIME}</Initiated>"
        f"<StorageClass>{_XML}</StorageClass><Initiator><ID>{_XML}</ID></Initiator></Upload>"
    )
    return f"<ListMultipartUploadsResult><EncodingType>url</EncodingType>{upload}</ListMultipartUploadsResult>"
