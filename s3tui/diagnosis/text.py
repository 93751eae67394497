"""A diagnosis as plain text for a ticket, and as JSON for a program. Neither holds a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s3tui import __version__
from s3tui.diagnosis.model import Diagnosis, Evidence
from s3tui.display import visible, when


def report(diagnosis: Diagnosis) -> str:
    """Plain text, the cause first; control characters in names are made visible."""
    return "\n".join(visible(line) for line in _lines(diagnosis)) + "\n"


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    version = f" version {diagnosis.uri.version_id}" if diagnosis.uri.version_id else ""
    yield f"{diagnosis.verdict.heading}: {diagnosis.summary}"
    yield ""
    yield f"Asked for:  {diagnosis.uri}{version}"
    yield f"Endpoint:   {diagnosis.endpoint} (profile {diagnosis.profile})"
    yield f"Checked at: {when(diagnosis.at)} UTC, by reads only, s3tui {__version__}"
    yield f"Verdict:    {diagnosis.verdict}"
    if diagnosis.candidates:
        yield from ("", "Near misses")
        for candidate in diagnosis.candidates:
            yield f"  s3://{diagnosis.uri.bucket}/{candidate.key}"
            yield f"    {candidate.why}"
    if diagnosis.next:
        yield from ("", "What to do next")
        yield from (f"  - {step}" for step in diagnosis.next)
    if diagnosis.unchecked:
        yield from ("", "What could not be checked")
        for gap in diagnosis.unchecked:
            yield f"  - {gap.what}"
            yield f"    leaves open {gap.leaves_open}"
    yield from ("", "Evidence")
    for number, line in enumerate(diagnosis.evidence, 1):
        yield f"  {number}. {line.finding}"
        yield f"     {when(line.at)} UTC {line.proof}"


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Plain JSON values. `candidates` is there only for a near miss."""
    answer: dict[str, Any] = {
        "uri": str(diagnosis.uri),
        "version_id": diagnosis.uri.version_id,
        "profile": diagnosis.profile,
        "endpoint": diagnosis.endpoint,
        "at": diagnosis.at.isoformat(),
        "verdict": str(diagnosis.verdict),
        "summary": diagnosis.summary,
        "evidence": [_evidence(line) for line in diagnosis.evidence],
        "unchecked": [{"what": gap.what, "leaves_open": gap.leaves_open} for gap in diagnosis.unchecked],
        "next": list(diagnosis.next),
    }
    if diagnosis.candidates:
        answer["candidates"] = [{"key": candidate.key, "why": candidate.why} for candidate in diagnosis.candidates]
    return answer


def _evidence(line: Evidence) -> dict[str, Any]:
    asked = line.request
    return {
        "finding": line.finding,
        "at": line.at.isoformat(),
        "operation": asked.operation,
        "bucket": asked.bucket,
        "key": asked.key,
        "status": asked.status,
        "code": asked.code,
        "message": asked.message,
        "request_id": asked.request_id,
    }
