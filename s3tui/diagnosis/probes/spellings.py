"""Near misses without a listing: ask for the key in other spellings, one HEAD each."""

from __future__ import annotations

from s3tui.diagnosis.case import Answer, Case
from s3tui.diagnosis.known import may_be_missing
from s3tui.diagnosis.probes.neighbours import NeighboursFound
from s3tui.diagnosis.probes.versions import VersionsFound
from s3tui.diagnosis.spelling import extension, fold, variants
from s3tui.display import counted


def look(case: Case) -> None:
    """Suggest keys that are there in another spelling, which the walk through the listing could not see."""
    neighbours, versions = case.know(NeighboursFound), case.know(VersionsFound)
    if not may_be_missing(case) or (versions and versions.kept):
        return
    seen = neighbours.complete if neighbours else False
    last: Answer | None = None
    tried = 0
    for key, why in variants(case.uri.key, case.uri.bucket):
        if seen and (fold(key) == fold(case.uri.key) or extension(case.uri.key, key)):
            continue
        answer = case.ask("head_object", Bucket=case.uri.bucket, Key=key)
        if answer.ok:
            case.suggest(key, why)
            case.show(answer, f"“{key}” is there: {why}.")
        else:
            last, tried = answer, tried + 1
    if last:
        case.show(last, f"Tried {counted(tried, 'other spelling')}; the last answer: {last.outcome}.")
