"""Buckets: list, create, look whether they are empty, delete when they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from s3tui.display import counted
from s3tui.errors import BadInput
from s3tui.s3 import capabilities, errors, naming, regions

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

Versioning = Literal["Enabled", "Suspended", "Off", "unknown"]
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """`created` and `region` are None where the endpoint doesn't say."""

    name: str
    created: datetime | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a bucket: each count goes up to 1,000, and `complete` says whether that was all.

    `unseen` says, a sentence each, what the endpoint would not show.
    """

    objects: int = 0  # current ones
    versions: int = 0  # older ones
    markers: int = 0  # delete markers
    uploads: int = 0  # unfinished
    complete: bool = True
    unseen: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is there, and everything was seen."""
        found = self.objects or self.versions or self.markers or self.uploads
        return self.complete and not found and not self.unseen

    def __str__(self) -> str:
        """`3 objects, 5 older versions`, `1,000 objects or more`."""
        found = (
            (self.objects, "object"),
            (self.versions, "older version"),
            (self.markers, "delete marker"),
            (self.uploads, "unfinished upload"),
        )
        more = "" if self.complete else " or more"
        return (", ".join(counted(count, noun) for count, noun in found if count) or "nothing") + more


def list_buckets(connection: Connection) -> list[Bucket]:
    """Every bucket the endpoint lists, and those the profile names; sorted by name.

    Where listing is denied, only those the profile names. Raises `errors.S3Error`.
    """
    named = connection.profile.buckets
    try:
        listed = _listed(connection)
    except (errors.AccessDenied, errors.Unsupported, errors.WrongRegion):
        if not named:
            raise
        listed = {}
    for name in named:
        listed.setdefault(name, Bucket(name))
    return sorted(listed.values(), key=lambda bucket: bucket.name)


def _listed(connection: Connection) -> dict[str, Bucket]:
    if connection.profile.is_aws and connection.profile.credentials == "anonymous":
        raise errors.AccessDenied("AWS lists no buckets without credentials.", "Name one: Ctrl+G, or s3://bucket/.")
    # Only AWS pages (and then tells regions); others ignore the parameter or trip over it.
    page: dict[str, Any] = {"MaxBuckets": _PAGE} if connection.profile.is_aws else {}
    found: dict[str, Bucket] = {}
    tokens: set[str] = set()
    while True:
        answer = connection.call("list_buckets", **page)
        for entry in answer.get("Buckets") or []:
            name = entry["Name"]
            found[name] = Bucket(name, entry.get("CreationDate"), entry.get("BucketRegion"))
        token = answer.get("ContinuationToken")
        if not token:
            return found
        if token in tokens:
            raise errors.ServerFault("The endpoint sends the same page of buckets again and again.", "")
        tokens.add(token)
        page["ContinuationToken"] = token


def region_of(connection: Connection, bucket: str) -> str:
    """The region that `bucket` is in, as the endpoint names it; remembered for later requests to it. Empty where
    it doesn't say, or not to us: GetBucketLocation is a right of its own.

    Raises `errors.S3Error`.
    """
    answer = connection.call("head_bucket", Bucket=bucket)
    headers = answer["ResponseMetadata"].get("HTTPHeaders") or {}
    region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    if not region:
        try:
            location = connection.call("get_bucket_location", Bucket=bucket).get("LocationConstraint")
        except (errors.AccessDenied, errors.Unsupported):
            return ""
        region = regions.of_location(location)
    if connection.profile.is_aws:
        connection.remember_region(bucket, region)
    return str(region)


def create(connection: Connection, name: str, region: str | None = None) -> None:
    """Create a bucket (`region` None: the profile's). Raises `BadInput` for a name that breaks a rule, and
    `errors.Conflict` when it exists: some servers would answer "done" and reset its ACL.
    """
    if broken := naming.problems(name):
        raise BadInput(f"“{name}” can't be a bucket's name.", " ".join(broken))
    if _exists(connection, name):
        raise errors.Conflict(f"There is already a bucket “{name}”.", "Choose another name.")
    parameters: dict[str, Any] = {"Bucket": name}
    if connection.profile.is_aws:
        region = region or connection.profile.region or connection.client().meta.region_name
        connection.remember_region(name, region)
    if region and not (connection.profile.is_aws and region == regions.DEFAULT):
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
    connection.call("create_bucket", **parameters)


def _exists(connection: Connection, name: str) -> bool:
    try:
        connection.call("head_bucket", Bucket=name)
    except errors.NoSuchBucket:
        return False
    except (errors.AccessDenied, errors.WrongRegion):
        return True
    return True


def contents(connection: Connection, bucket: str) -> Contents:
    """Count what is in `bucket`, current objects, versions, markers and unfinished uploads, up to 1,000 each.

    Raises `errors.S3Error` when the bucket isn't there or nothing answers.
    """
    unseen: list[str] = []
    objects = _page(connection, bucket, "list-type", "list_objects_v2", unseen, MaxKeys=_PAGE)
    versions = _page(connection, bucket, "versions", "list_object_versions", unseen, MaxKeys=_PAGE)
    uploads = _page(connection, bucket, "uploads", "list_multipart_uploads", unseen, MaxUploads=_PAGE)
    current = [version for version in versions.get("Versions") or [] if version.get("IsLatest")]
    return Contents(
        objects=max(len(objects.get("Contents") or []), len(current)),
        versions=len(versions.get("Versions") or []) - len(current),
        markers=len(versions.get("DeleteMarkers") or []),
        uploads=len(uploads.get("Uploads") or []),
        complete=not any(answer.get("IsTruncated") for answer in (objects, versions, uploads)),
        unseen=tuple(unseen),
    )


def _page(
    connection: Connection, bucket: str, kind: str, operation: str, unseen: list[str], **limit: int
) -> dict[str, Any]:
    """The first page of one kind of listing; nothing where the endpoint has no such thing.

    The probe comes first because boto3 reads an answer of another kind as an empty list.
    """
    capability = capabilities.probe_bucket(connection, bucket, kind)
    if not capability.supported:
        if kind == "list-type" or capability.denied:
            unseen.append(capability.reason)
        return {}
    try:
        return connection.call(operation, Bucket=bucket, **limit)
    except errors.NoSuchKey as error:
        if error.request.code != "NoSuchUpload":  # how rclone says that there are no unfinished uploads
            raise
        return {}


def delete_empty(connection: Connection, bucket: str) -> None:
    """Delete `bucket` if it is empty, which we see for ourselves right before: some servers delete a full one.

    Raises `errors.Conflict` when anything is in it or can't be seen, and `errors.S3Error`.
    """
    found = contents(connection, bucket)
    if found.unseen:
        raise errors.Conflict(f"“{bucket}” may not be empty.", " ".join(found.unseen))
    if not found.empty:
        raise errors.Conflict(f"“{bucket}” is not empty: it holds {found}.", "Delete them first.")
    connection.call("delete_bucket", Bucket=bucket)


def versioning(connection: Connection, bucket: str) -> Versioning:
    """Whether `bucket` keeps versions; `unknown` where the endpoint does not say. Raises `errors.S3Error`."""
    if not capabilities.probe_bucket(connection, bucket, "versioning").supported:
        return "unknown"
    status = connection.call("get_bucket_versioning", Bucket=bucket).get("Status")
    if status is None:
        return "Off"
    return status if status in ("Enabled", "Suspended") else "unknown"
