"""The table of verdicts: the first row that holds names the cause."""

from __future__ import annotations

from collections.abc import Callable

from s3tui.diagnosis import causes_access as access
from s3tui.diagnosis import causes_object as objects
from s3tui.diagnosis.case import Case
from s3tui.diagnosis.conclusion import Conclusion
from s3tui.diagnosis.model import Verdict

# From what makes every other answer worthless, over what was seen, to what is only left over.
TABLE: tuple[tuple[Verdict, Callable[[Case], Conclusion | None]], ...] = (
    (Verdict.UNREACHABLE, access.unreachable),
    (Verdict.CREDENTIALS, access.credentials),
    (Verdict.ELSEWHERE, access.other_region),
    (Verdict.EXISTS, objects.exists),
    (Verdict.ARCHIVED, objects.archived),
    (Verdict.FORBIDDEN, access.forbidden),
    (Verdict.UNRETRIEVABLE, objects.unretrievable),
    (Verdict.UPLOAD_UNFINISHED, objects.upload_after_deletion),
    (Verdict.NONCURRENT_ONLY, objects.noncurrent_only),
    (Verdict.DELETED, objects.deleted),
    (Verdict.UPLOAD_UNFINISHED, objects.upload_unfinished),
    (Verdict.ELSEWHERE, access.other_endpoint),
    (Verdict.NO_BUCKET, access.no_bucket),
    (Verdict.NEAR_MISS, objects.near_miss),
    (Verdict.NEVER_EXISTED, objects.never_existed),
)


def decide(case: Case) -> tuple[Verdict, Conclusion]:
    """The verdict of the first row that holds; without one, that it can't be told, and why not."""
    for verdict, cause in TABLE:
        conclusion = cause(case)
        if conclusion:
            return verdict, conclusion
    return Verdict.CANNOT_TELL, access.cannot_tell(case)
