"""What a diagnosis is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from s3tui.s3.errors import Request
from s3tui.s3.uri import S3Uri


class Verdict(StrEnum):
    """The cause. The value is what programs see, `heading` what people see."""

    EXISTS = "exists"
    NEVER_EXISTED = "never_existed"
    NEAR_MISS = "near_miss"
    DELETED = "deleted"
    NONCURRENT_ONLY = "noncurrent_only"
    UPLOAD_UNFINISHED = "upload_unfinished"
    FORBIDDEN = "forbidden"
    ARCHIVED = "archived"
    UNRETRIEVABLE = "unretrievable"
    ELSEWHERE = "elsewhere"
    NO_BUCKET = "no_bucket"
    CREDENTIALS = "credentials"
    UNREACHABLE = "unreachable"
    CANNOT_TELL = "cannot_tell"

    @property
    def heading(self) -> str:
        return _HEADINGS[self]


_HEADINGS = {
    Verdict.EXISTS: "It exists",
    Verdict.NEVER_EXISTED: "Not here, and no trace of it",
    Verdict.NEAR_MISS: "Not here, but a near miss is",
    Verdict.DELETED: "Deleted",
    Verdict.NONCURRENT_ONLY: "Only older versions are left",
    Verdict.UPLOAD_UNFINISHED: "The upload never finished",
    Verdict.FORBIDDEN: "It exists, but you may not read it",
    Verdict.ARCHIVED: "Archived",
    Verdict.UNRETRIEVABLE: "Listed, but it can't be retrieved",
    Verdict.ELSEWHERE: "It is somewhere else",
    Verdict.NO_BUCKET: "There is no such bucket",
    Verdict.CREDENTIALS: "The credentials are not accepted",
    Verdict.UNREACHABLE: "The endpoint can't be reached",
    Verdict.CANNOT_TELL: "Cannot tell",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line: what was asked, what came back, and what that shows."""

    finding: str  # what it shows, in a sentence
    request: Request  # the last one, where one line stands for several
    at: datetime

    @property
    def proof(self) -> str:
        """`HeadObject bucket/key: HTTP 404 NoSuchKey, request id X`, and what the server said."""
        said = self.request.message
        return f"{self.request}: “{said}”" if said else str(self.request)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that could not be looked at, and what stays possible because of that."""

    what: str
    leaves_open: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that may be the one that was meant; a prefix when it ends in `/`."""

    key: str
    why: str  # how it differs from the key that was asked for


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer: the cause in a sentence, then everything that supports or weakens it."""

    uri: S3Uri
    profile: str
    endpoint: str  # URL without user and password; `AWS` where the profile has none
    at: datetime
    verdict: Verdict
    summary: str
    evidence: tuple[Evidence, ...]
    unchecked: tuple[Unchecked, ...]
    next: tuple[str, ...]
    candidates: tuple[Candidate, ...]
