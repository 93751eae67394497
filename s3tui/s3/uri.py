"""Where something is in S3, and every way people write it down.

`s3://bucket/key`, path- and virtual-hosted https URLs, ARNs, and presigned URLs (whose signature is dropped
at once). Keys are taken exactly: no stripping, no normalisation; in URLs they are percent-decoded once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote, unquote, urlsplit

from s3tui.errors import BadInput
from s3tui.packing import packed_by_fields

_ARN = re.compile(r"arn:[a-z0-9-]+:s3:[^:]*:[^:]*:(.+)", re.DOTALL)
# What boto3 lets through to any server; stricter rules hold for new names only (`naming`).
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")
# s3.amazonaws.com, s3.eu-west-1.amazonaws.com, s3-eu-west-1.amazonaws.com, s3.dualstack.…, …amazonaws.com.cn,
# and the hosts of websites: s3-website-us-east-1.…, s3-website.eu-central-1.…
_AWS_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:-fips|-website)?(?:[.-](?:dualstack\.)?(?P<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?"
)
# “Authenticating Requests: Using Query Parameters”, signature version 4 and 2, and the same of Google's.
_SIGNATURE = re.compile(
    r"\?(?:.*&)?(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature)=",
    re.DOTALL | re.IGNORECASE,
)


@packed_by_fields
@dataclass(frozen=True, slots=True)
class S3Uri:
    """A bucket, and in it a key, a prefix (ends in `/` or is empty) or one version of a key.

    `endpoint` and `region` are known only when the text that was parsed named them.
    """

    bucket: str
    key: str = ""
    version_id: str | None = None
    endpoint: str | None = None
    region: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def parameters(self) -> dict[str, str]:
        """What names this key, or this version of it, in a request: `Bucket`, `Key`, `VersionId`."""
        named = {"Bucket": self.bucket, "Key": self.key}
        return named | {"VersionId": self.version_id} if self.version_id else named

    @property
    def is_prefix(self) -> bool:
        return not self.key or self.key.endswith("/")

    @property
    def name(self) -> str:
        """The last part of the key: `b.iso` of `a/b.iso`, `a/` of `x/a/`."""
        cut = self.key.rfind("/", 0, len(self.key) - 1)
        return self.key[cut + 1 :]

    @property
    def parent(self) -> S3Uri:
        """The prefix that holds this key or prefix; the bucket's root at the top."""
        cut = self.key.rfind("/", 0, len(self.key) - 1)
        return replace(self, key=self.key[: cut + 1], version_id=None)

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}/{self.key}" if self.key else f"arn:aws:s3:::{self.bucket}"

    def of_version(self, version_id: str | None) -> S3Uri:
        """That version of the key; None: the current one."""
        return self if self.version_id == version_id else replace(self, version_id=version_id)

    def with_key(self, key: str) -> S3Uri:
        """Another key in the same bucket."""
        return replace(self, key=key, version_id=None)

    def url(self, endpoint: str | None) -> str:
        """The path-style URL of this object on `endpoint` (AWS's virtual-hosted form without one)."""
        key = quote(self.key, safe="/~", errors="surrogateescape")
        if endpoint is None:
            return f"https://{self.bucket}.s3.amazonaws.com/{key}"
        return f"{endpoint.rstrip('/')}/{self.bucket}/{key}"


def parse(text: str, endpoint: str | None = None) -> S3Uri:
    """Read a place from `text`: `s3://…`, `bucket/key`, an http(s) URL, an ARN or a presigned URL.

    `endpoint` is the profile's: a URL whose host is a subdomain of it is virtual-hosted. Raises `BadInput`.
    """
    text = unsigned(text)
    if not text:
        raise BadInput("No place was given.", "Write s3://bucket/key, an https URL or an ARN.")
    if match := _ARN.fullmatch(text):
        if match[1].startswith("accesspoint/"):
            raise BadInput("This is the ARN of an access point.", "Write the bucket behind it: s3://bucket/key.")
        return _bucket_and_key(match[1])
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _bucket_and_key(text.removeprefix("/"))
    if scheme.lower() in ("s3", "s3a", "s3n"):
        place, found, version = rest.rpartition("?versionId=")
        return replace(_bucket_and_key(place), version_id=version or None) if found else _bucket_and_key(rest)
    if scheme.lower() in ("http", "https"):
        return _from_url(text, endpoint)
    raise BadInput(f"“{scheme}://” is not a place in S3.", "Write s3://bucket/key, an https URL or an ARN.")


def unsigned(text: str) -> str:
    """`text` without the query of a presigned URL, however much of that URL it is; a version that it names stays."""
    if not _SIGNATURE.search(text):
        return text
    place, _, query = text.partition("?")
    version = parse_qs(query).get("versionId", [""])[0]
    return f"{place}?versionId={quote(version, safe='')}" if version else place


def _bucket_and_key(text: str) -> S3Uri:
    bucket, _, key = text.partition("/")
    if not bucket:
        raise BadInput("The bucket's name is missing.", "Write s3://bucket/key.")
    if not _BUCKET.fullmatch(bucket):
        raise BadInput(f"“{bucket}” can't be a bucket's name.", "Write s3://bucket/key, an https URL or an ARN.")
    return S3Uri(bucket, key)


def _from_url(text: str, endpoint: str | None) -> S3Uri:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput(f"This is not a URL: {error}.") from error
    path = unsigned(unquote(parts.path, errors="surrogateescape").removeprefix("/"))
    version = parse_qs(parts.query).get("versionId", [None])[0]
    origin = f"{parts.scheme.lower()}://{host}" + (f":{port}" if port else "")
    if match := _AWS_HOST.fullmatch(host):
        uri = S3Uri(match["bucket"], path) if match["bucket"] else _bucket_and_key(path)
        region = match["region"] if match["region"] not in (None, "accelerate", "external-1") else None
        return replace(uri, version_id=version, region=region)
    known = urlsplit(endpoint).hostname if endpoint else None
    if known and host.endswith(f".{known}"):
        return S3Uri(host.removesuffix(f".{known}"), path, version, endpoint)
    return replace(_bucket_and_key(path), version_id=version, endpoint=origin)
