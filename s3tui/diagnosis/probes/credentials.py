"""Does the endpoint know us at all? Asked only when everything so far was refused."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.probes.content import ContentFound


@dataclass(frozen=True, slots=True)
class CredentialsFound:
    """Whether the endpoint knows whose request it is; not learnt when that stays open."""

    known: bool


def look(case: Case) -> None:
    """Learn `CredentialsFound` from ListBuckets and from a bucket that can't exist.

    Whoever is known to AWS or to Ceph RGW is told that such a bucket isn't there. Whoever isn't gets a 403, on
    RGW with STS without a word why. A user of MinIO without any right gets one too, but with the bucket's name.
    """
    content = case.know(ContentFound)
    if case.accepted or not content or content.state != "denied":
        return
    if case.connection.profile.credentials == "anonymous":
        return
    buckets = case.ask("list_buckets")
    impossible = case.ask("list_objects_v2", Bucket=f"s3tui-no-such-bucket-{secrets.token_hex(12)}", MaxKeys=1)
    if buckets.ok or impossible.absent:
        case.show(impossible if impossible.absent else buckets, "The endpoint knows these credentials.")
        case.learn(CredentialsFound(True))
    elif buckets.is_bare_refusal and impossible.is_bare_refusal:
        case.show(
            impossible, "Even a bucket that can't exist is refused without a word, and so is the list of buckets."
        )
        case.learn(CredentialsFound(False))
    else:
        case.show(
            impossible, f"A bucket that can't exist: {impossible.outcome}; the list of buckets: {buckets.outcome}."
        )
        case.leave_open(
            "whether these credentials have any rights here", "they may be the wrong ones for this endpoint"
        )
