"""HEAD says no, the listing says yes: was it only just written?"""

from __future__ import annotations

from dataclasses import dataclass

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.known import is_listed
from s3tui.diagnosis.probes.content import ContentFound


@dataclass(frozen=True, slots=True)
class SeenNow:
    """A second HEAD, after a listing contradicted the first."""

    there: bool


def look(case: Case) -> None:
    """Learn `SeenNow`, where the first HEAD and the listing disagree."""
    content = case.know(ContentFound)
    if not content or content.state != "absent" or case.uri.version_id or not is_listed(case):
        return
    answer = case.ask("head_object", Bucket=case.uri.bucket, Key=case.uri.key)
    says = "finds it: it came while we looked" if answer.ok else f"contradicts the listing again: {answer.outcome}"
    case.show(answer, f"A second HEAD {says}.")
    case.learn(SeenNow(answer.ok))
