"""Is exactly this key listed, and what else begins with it?"""

from __future__ import annotations

from dataclasses import dataclass

from s3tui.diagnosis.case import Answer, Case
from s3tui.diagnosis.probes.bucket import BucketFound
from s3tui.diagnosis.probes.content import ContentFound
from s3tui.diagnosis.spelling import extension
from s3tui.display import counted


@dataclass(frozen=True, slots=True)
class ListingFound:
    """`readable` is False when the listing was refused or failed; then `listed` and `children` say nothing.

    `certain`: a key that isn't `listed` isn't there. (A page that goes on may come from an endpoint that
    doesn't sort, such as S3 Express.)
    """

    readable: bool
    denied: bool = False
    listed: bool = False
    certain: bool = False
    children: bool = False  # keys below `key/`, or below the prefix that was asked for


def look(case: Case) -> None:
    """Learn `ListingFound`; suggest what differs from the key by an extension or a final slash."""
    bucket = case.know(BucketFound)
    if bucket and (bucket.there is False or bucket.elsewhere):
        return
    key = case.uri.key
    answer = case.ask("list_objects_v2", Bucket=case.uri.bucket, Prefix=key, Delimiter="/")
    if not answer.ok:
        case.show(answer, f"A listing of exactly this prefix: {answer.outcome}.")
        case.leave_open(f"a listing of “{key}” and of what is beside it", "whether it or a key close to it is there")
        _leave_bucket_open(case)
        case.learn(ListingFound(False, answer.denied))
        return
    keys = [name for name in names(answer, "Contents", "Key") if name.startswith(key)]
    prefixes = [name for name in names(answer, "CommonPrefixes", "Prefix") if name.startswith(key)]
    listed = key in keys
    below = key if key.endswith("/") else f"{key}/"
    children = (
        any(name.startswith(below) and name != below for name in keys)
        or below in prefixes
        or (key == below and bool(prefixes))
    )
    others = len(keys) - listed + len(prefixes)
    case.show(answer, f"A listing of exactly this prefix {_names(listed, others)}.")
    case.learn(ListingFound(True, False, listed, listed or not answer.data.get("IsTruncated"), children))
    if listed:
        return
    if below in prefixes and below != key:
        case.suggest(below, "it is a prefix (a folder) with objects below it, not an object")
    for name in keys:
        if lacking := extension(key, name):
            case.suggest(name, lacking)


def names(answer: Answer, kind: str, field: str) -> list[str]:
    """The keys (`Contents`, `Key`) or prefixes (`CommonPrefixes`, `Prefix`) of a page."""
    return [str(item.get(field, "")) for item in answer.data.get(kind) or ()]


def _leave_bucket_open(case: Case) -> None:
    """On AWS a 403 means that the bucket is there (a name that isn't is a 404 for everyone); elsewhere it may not."""
    bucket, content = case.know(BucketFound), case.know(ContentFound)
    if bucket and bucket.there is None and content and content.state == "denied" and not case.connection.profile.is_aws:
        case.leave_open("the bucket itself", f"whether there is a bucket “{case.uri.bucket}” at this endpoint at all")


def _names(listed: bool, others: int) -> str:
    if listed:
        return "names the object" + (f", and {counted(others, 'other')} that begin with it" if others else "")
    return f"names {counted(others, 'other')} that begin with it, but not the object" if others else "is empty"
