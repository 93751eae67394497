"""Is the bucket there, and where? HeadBucket, and a listing where HEAD's answer has no body to trust."""

from __future__ import annotations

from dataclasses import dataclass

from s3tui.diagnosis.case import Answer, Case
from s3tui.diagnosis.spelling import fold
from s3tui.display import counted
from s3tui.s3 import errors

_SEPARATORS = str.maketrans("", "", "-_.")


@dataclass(frozen=True, slots=True)
class BucketFound:
    """`there` is None when a refusal leaves it open. `region` as the endpoint names it, often empty."""

    there: bool | None
    region: str = ""
    elsewhere: errors.S3Error | None = None
    similar: tuple[str, ...] = ()  # buckets here whose names differ only in spelling


def look(case: Case) -> None:
    """Learn `BucketFound`."""
    name = case.uri.bucket
    answer = case.ask("head_bucket", Bucket=name)
    region = answer.headers.get("x-amz-bucket-region", "")
    if answer.ok:
        case.show(answer, f"The bucket is there{_in(region)}.")
        case.learn(BucketFound(True, region))
    elif isinstance(answer.error, errors.WrongRegion):
        case.show(answer, answer.error.sentence)
        case.learn(BucketFound(True, answer.error.region or region, answer.error))
    elif answer.absent:
        case.show(answer, f"The endpoint answers 404 for the bucket “{name}”.")
        _confirm(case)
    elif _has_no_such_name(answer):
        case.show(answer, f"“{name}” can't be the name of a bucket.")
        case.learn(BucketFound(False))
    elif answer.denied:
        case.show(answer, "The bucket itself is refused (403): it may be there, and you may not list it.")
        case.learn(BucketFound(None, region))
    elif isinstance(answer.error, errors.Unreachable):
        case.show(answer, answer.error.sentence)
    else:
        case.show(answer, f"The endpoint doesn't say whether the bucket is there: {answer.outcome}.")
        case.learn(BucketFound(None, region))


def _has_no_such_name(answer: Answer) -> bool:
    """The endpoint or boto3 (which then sends nothing) refuses the name itself."""
    refused = isinstance(answer.error, errors.Refused)
    return refused and (answer.request.code == "InvalidBucketName" or not answer.request.status)


def _in(region: str) -> str:
    return f", in region {region}" if region else ""


def _confirm(case: Case) -> None:
    """Some endpoints don't know HeadBucket: only a body that says NoSuchBucket settles it."""
    answer = case.ask("list_objects_v2", Bucket=case.uri.bucket, MaxKeys=1)
    if not isinstance(answer.error, errors.NoSuchBucket):
        case.show(answer, f"But listing it says otherwise: {answer.outcome}.")
        case.learn(BucketFound(True if answer.ok else None))
        return
    case.show(answer, f"Listing it says so too: there is no bucket “{case.uri.bucket}” at this endpoint.")
    case.learn(BucketFound(False, similar=_similar(case)))


def _similar(case: Case) -> tuple[str, ...]:
    answer = case.ask("list_buckets")
    if not answer.ok:
        case.show(answer, f"The list of buckets: {answer.outcome}.")
        case.leave_open("the list of buckets", "whether a bucket with almost this name was meant")
        return ()
    names = [bucket["Name"] for bucket in answer.data.get("Buckets") or ()]
    similar = tuple(name for name in names if _plain(name) == _plain(case.uri.bucket))
    said = f"almost this name has {', '.join(similar)}" if similar else "none has almost this name"
    case.show(answer, f"You see {counted(len(names), 'bucket')} here; {said}.")
    return similar


def _plain(name: str) -> str:
    return fold(name).translate(_SEPARATORS)
