"""One diagnosis under way: what was asked, what is known so far, what stays open."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from s3tui.background import CancelToken
from s3tui.diagnosis.model import Candidate, Evidence, Unchecked
from s3tui.diagnosis.spelling import difference
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri

Finding = TypeVar("Finding")
# A server may repeat a signed query in its message; none of that belongs into a ticket.
_SIGNED = re.compile(r"(?i)\b(x-amz-[a-z0-9-]+|signature|awsaccesskeyid|credential)\s*[=:]\s*[^&\s,;]+")
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request brought: `data` or `error`."""

    data: dict[str, Any]
    error: errors.S3Error | None
    request: errors.Request
    at: datetime

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def denied(self) -> bool:
        return isinstance(self.error, errors.AccessDenied)

    @property
    def absent(self) -> bool:
        """404 for the key, the version or the bucket."""
        return isinstance(self.error, errors.NoSuchKey | errors.NoSuchBucket)

    @property
    def unsupported(self) -> bool:
        return isinstance(self.error, errors.Unsupported)

    @property
    def untrusted(self) -> bool:
        """The endpoint does not accept who we say we are (or the time we say it is)."""
        return isinstance(self.error, errors.BadCredentials | errors.ClockSkew)

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, names in lower case; of a refusal too."""
        raw = self.data if self.error is None else _raw(self.error)
        return dict((raw.get("ResponseMetadata") or {}).get("HTTPHeaders") or {})

    @property
    def is_bare_refusal(self) -> bool:
        """403 AccessDenied whose body says neither why nor which bucket. Ceph RGW with STS switched on answers
        an unknown key or a wrong secret so; a refusal of someone it knows names the bucket."""
        said = _raw(self.error).get("Error") or {}
        return (
            self.denied
            and said.get("Code") == "AccessDenied"
            and not {"BucketName", "Resource"} & set(said)
            and (not said.get("Message"))
        )

    @property
    def outcome(self) -> str:
        """What came back, for the end of a sentence: `refused (403)`, `not there (404)`."""
        if self.ok:
            return "answered"
        if self.denied:
            return "refused (403)"
        if self.absent:
            return "not there (404)"
        if self.unsupported:
            return "this endpoint doesn't know that request"
        return self.error.sentence.rstrip(".") if self.error else ""


def _raw(error: errors.S3Error | None) -> dict[str, Any]:
    """The endpoint's whole answer, which botocore's exception keeps and ours does not."""
    response = getattr(error.__cause__, "response", None) if error else None
    return response if isinstance(response, dict) else {}


@dataclass
class Case:
    """What is known about one missing object. Probes ask, show and learn; the table of verdicts reads."""

    connection: Connection
    uri: S3Uri
    token: CancelToken = field(default_factory=CancelToken)
    on_evidence: Callable[[Evidence], object] = lambda _: None
    answers: list[Answer] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    _findings: dict[type, Any] = field(default_factory=dict)

    def ask(self, operation: str, **parameters: Any) -> Answer:
        """Send a reading request. A refusal is an answer too. Raises `Cancelled`."""
        self.token.check()
        at = datetime.now(UTC)
        bucket, key = str(parameters.get("Bucket", "")), str(parameters.get("Key", parameters.get("Prefix", "")))
        name = "".join(word.capitalize() for word in operation.split("_"))
        try:
            data = self.connection.call(operation, **parameters)
        except errors.S3Error as error:
            request = replace(error.request, operation=name, bucket=bucket, key=key)
            answer = Answer({}, error, _presentable(request), at)
        else:
            metadata = data.get("ResponseMetadata") or {}
            status, identity = int(metadata.get("HTTPStatusCode") or 0), str(metadata.get("RequestId") or "")
            answer = Answer(data, None, errors.Request(name, bucket, key, status, request_id=identity), at)
        self.token.check()
        self.answers.append(answer)
        return answer

    def ask_first_byte(self, **parameters: Any) -> Answer:
        """GetObject that reads one byte of the content, so that a content that doesn't come is noticed, and
        never more, so that an endpoint that ignores ranges can't send it all."""
        answer = self.ask("get_object", **parameters)
        if not answer.ok:
            return answer
        with answer.data["Body"] as body:
            try:
                body.read(1)
            except errors.S3Error as error:
                answer = self.answers[-1] = replace(answer, error=error)
        return answer

    def show(self, answer: Answer, finding: str) -> None:
        """Add a line of evidence."""
        line = Evidence(finding, answer.request, answer.at)
        self.evidence.append(line)
        self.on_evidence(line)

    def leave_open(self, what: str, leaves_open: str) -> None:
        self.unchecked.append(Unchecked(what, leaves_open))

    def suggest(self, key: str, why: str) -> None:
        """Offer a key that may be the one that was meant; the first reason for a key stays."""
        if key != self.uri.key and key not in (candidate.key for candidate in self.candidates):
            self.candidates.append(Candidate(key, why))

    def learn(self, finding: object) -> None:
        """Keep what a probe found, under its type."""
        self._findings[type(finding)] = finding

    def know(self, kind: type[Finding]) -> Finding | None:
        """What the probe that makes `kind` found, if it ran."""
        return self._findings.get(kind)

    @property
    def ranked(self) -> tuple[Candidate, ...]:
        """The candidates; what differs only in spelling comes first."""
        return tuple(sorted(self.candidates, key=lambda candidate: not difference(self.uri.key, candidate.key)))

    @property
    def accepted(self) -> bool:
        """Some answer shows that the endpoint knows us: it answered, or said what isn't there."""
        return any(answer.ok or answer.absent for answer in self.answers)

    @property
    def untrusted(self) -> Answer | None:
        """The answer that says what is wrong with the credentials, unless others show that they are fine."""
        return None if self.accepted else next((answer for answer in self.answers if answer.untrusted), None)

    @property
    def unreachable(self) -> Answer | None:
        """The first request that got no answer, when none got one."""
        dead = [isinstance(answer.error, errors.Unreachable) for answer in self.answers]
        return self.answers[0] if dead and all(dead) else None

    @property
    def other_endpoint(self) -> str:
        """The endpoint that the place names, when it is not the profile's; else empty."""
        named, ours = self.uri.endpoint, self.connection.profile.endpoint
        if named:
            return "" if ours and _origin(named) == _origin(ours) else named
        return "" if not self.uri.region or self.connection.profile.is_aws else f"AWS {self.uri.region}"


def _origin(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _presentable(request: errors.Request) -> errors.Request:
    if request.code.isdigit():  # HEAD has no body: these words are botocore's, not the endpoint's
        return replace(request, code="", message="")
    message = _SIGNED.sub(r"\1=…", request.message)
    if len(message) > _LONGEST_MESSAGE:
        message = message[:_LONGEST_MESSAGE] + "…"
    return replace(request, message=message)
