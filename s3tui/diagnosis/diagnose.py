"""Runs the probes and picks the verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from s3tui.background import CancelToken
from s3tui.diagnosis import causes_access as access
from s3tui.diagnosis import verdicts
from s3tui.diagnosis.case import Case
from s3tui.diagnosis.model import Diagnosis, Evidence, Verdict
from s3tui.diagnosis.probes import (
    bucket,
    content,
    credentials,
    listing,
    neighbours,
    recheck,
    spellings,
    uploads,
    versions,
)
from s3tui.errors import BadInput
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri

# In this order; a later one sees what the earlier ones found.
PROBES: tuple[Callable[[Case], None], ...] = (
    bucket.look,
    content.look,
    credentials.look,
    listing.look,
    versions.look,
    recheck.look,
    uploads.look,
    neighbours.look,
    spellings.look,
)


def why(
    connection: Connection,
    uri: S3Uri,
    token: CancelToken | None = None,
    on_evidence: Callable[[Evidence], object] | None = None,
) -> Diagnosis:
    """Find out why `uri` is missing. Sends only GET and HEAD.

    `on_evidence` is called from this thread with each line as it is found. A failing endpoint is a verdict, not
    an error. Raises `BadInput` when `uri` names no key, `Cancelled`.
    """
    if not uri.key:
        raise BadInput("This names a bucket, not an object.", "Write s3://bucket/key.")
    case = Case(connection, uri, token or CancelToken(), on_evidence or (lambda _: None))
    for probe in PROBES:
        probe(case)
        if access.unreachable(case) or access.credentials(case):
            break  # nothing else can be learnt
    verdict, conclusion = verdicts.decide(case)
    return Diagnosis(
        uri=uri,
        profile=connection.profile.name,
        endpoint=_without_password(connection.profile.endpoint),
        at=datetime.now(UTC),
        verdict=verdict,
        summary=conclusion.summary,
        evidence=tuple(case.evidence),
        unchecked=tuple(case.unchecked),
        next=conclusion.next,
        candidates=case.ranked if verdict is Verdict.NEAR_MISS else (),
    )


def _without_password(endpoint: str | None) -> str:
    if endpoint is None:
        return "AWS"
    parts = urlsplit(endpoint)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
