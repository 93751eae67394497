"""What can go wrong between us and an endpoint, as types, each with a sentence that stands on its own.

Servers often send a code and no message, sometimes not even a code (HEAD has no body), so the sentences are
ours; the server's own message is kept beside them as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s3tui.errors import S3tuiError


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked and what came back, for the person who opens a ticket."""

    operation: str = ""  # S3's name: `HeadObject`
    bucket: str = ""
    key: str = ""
    status: int = 0  # HTTP; 0 when no answer came
    code: str = ""  # S3's error code
    message: str = ""  # the server's own words
    request_id: str = ""

    def __str__(self) -> str:
        """One line: `HeadObject bucket/key: HTTP 403 AccessDenied, request id X`; empty when nothing was asked."""
        if not self.operation:
            return ""
        place = f" {self.bucket}/{self.key}".rstrip("/") if self.bucket else ""
        answer = f"HTTP {self.status} {self.code}".rstrip() if self.status else self.code or "no answer"
        identity = f", request id {self.request_id}" if self.request_id else ""
        return f"{self.operation}{place}: {answer}{identity}"


class S3Error(S3tuiError):
    """A request failed. `request` says which and how; `retryable` whether the same may work later."""

    retryable = False

    def __init__(self, sentence: str, advice: str = "", request: Request | None = None) -> None:
        super().__init__(sentence, advice)
        self.request = request or Request()

    @property
    def evidence(self) -> str:
        """See `S3tuiError.evidence`."""
        return str(self.request)


class NoSuchBucket(S3Error):
    """404 for the bucket."""


class NoSuchKey(S3Error):
    """404 for the key or the version."""


class NotSet(S3Error):
    """404 for a sub-resource that nobody has set (`NoSuchLifecycleConfiguration` and its like)."""


class AccessDenied(S3Error):
    """403: we are known, but may not."""


class BadCredentials(S3Error):
    """The key id or the signature is not accepted, or there are no credentials at all."""


class ExpiredCredentials(BadCredentials):
    """The session token or the SSO session has run out."""


class SsoLoginNeeded(ExpiredCredentials):
    """`aws sso login --profile NAME` would help; `profile` is that name."""

    profile = ""


class MfaNeeded(BadCredentials):
    """Assuming the role needs a code; `serial` names the device."""

    serial = ""


class ClockSkew(S3Error):
    """403 RequestTimeTooSkewed."""


class WrongRegion(S3Error):
    """301, 307 or 400: the bucket is elsewhere; `region` says where, when the server did."""

    region = ""


class Changed(S3Error):
    """412 (or 409): the object is not the one we saw before, or there already is one."""


class Conflict(S3Error):
    """409: the bucket exists, isn't empty, or another operation is under way."""


class Archived(S3Error):
    """403 InvalidObjectState: the object is in an archive class and not restored."""


class Unsupported(S3Error):
    """501, 405, or an answer that shows that this endpoint doesn't know the sub-resource."""


class Throttled(S3Error):
    """503 SlowDown and its like: it was not done, by an endpoint that was too busy or didn't get all of it."""

    retryable = True


class Damaged(S3Error):
    """400 BadDigest and its like: other bytes arrived than were sent. It was not done."""

    retryable = True


class ServerFault(S3Error):
    """5xx, or an answer that can't be read."""

    retryable = True


class Unreachable(S3Error):
    """No answer. `what` is `name`, `port`, `tls`, `timeout` or `cut`."""

    retryable = True
    what = "port"


class ReadOnly(S3Error):
    """Refused by us before it left: the profile is read-only."""


class Refused(S3Error):
    """Any other 4xx: the server understood and says no."""


class Unsafe(S3Error):
    """Refused by us before it left, because it could harm (DESIGN 3.3)."""


def mfa_needed(serial: str, request: Request | None = None) -> MfaNeeded:
    """Assuming the role needs a new code of the device `serial` (empty when it isn't known)."""
    device = f" of “{serial}”" if serial else ""
    error = MfaNeeded(f"A new MFA code{device} is needed.", "Try again, and type it when asked.", request)
    error.serial = serial
    return error


def sso_login_needed(profile: str, request: Request | None = None) -> SsoLoginNeeded:
    """The SSO session of AWS's `profile` (empty: the default one) has run out, or never was."""
    option = f" --profile {profile}" if profile else ""
    error = SsoLoginNeeded("The SSO session has expired.", f"Sign in with: aws sso login{option}", request)
    error.profile = profile
    return error


# code -> (type, sentence, advice). {bucket}, {key} and {place} are filled in.
_CODES: dict[str, tuple[type[S3Error], str, str]] = {
    "NoSuchBucket": (
        NoSuchBucket,
        "There is no bucket “{bucket}” here.",
        "Check its name, the region and the endpoint.",
    ),
    "NoSuchKey": (NoSuchKey, "There is no object “{key}” in “{bucket}”.", "To find out why: w, or “s3tui why”."),
    "NoSuchVersion": (NoSuchKey, "This version of “{key}” does not exist.", ""),
    "NoSuchUpload": (NoSuchKey, "This upload of “{key}” no longer exists: it was completed or aborted.", ""),
    "AccessDenied": (
        AccessDenied,
        "You may not do this on {place}.",
        "The key is known, but its policies don't allow it.",
    ),
    "AllAccessDisabled": (AccessDenied, "All access to {place} is disabled.", ""),
    "InvalidAccessKeyId": (
        BadCredentials,
        "The endpoint does not know this access key.",
        "Check the key id and the endpoint.",
    ),
    "SignatureDoesNotMatch": (
        BadCredentials,
        "The secret key is wrong for this access key.",
        "Type it again, and check that nothing was cut off.",
    ),
    "AuthorizationHeaderMalformed": (WrongRegion, "The bucket is in another region.", "Set the profile's region."),
    "ExpiredToken": (ExpiredCredentials, "The session has expired.", "Sign in again."),
    "ExpiredTokenException": (ExpiredCredentials, "The session has expired.", "Sign in again."),
    "InvalidToken": (BadCredentials, "The session token is not valid here.", "Sign in again, or remove the token."),
    "TokenRefreshRequired": (ExpiredCredentials, "The session has expired.", "Sign in again."),
    "RequestTimeTooSkewed": (
        ClockSkew,
        "This machine's clock and the server's differ by more than 15 minutes.",
        "Set the clock.",
    ),
    "PermanentRedirect": (
        WrongRegion,
        "“{bucket}” is in another region or on another endpoint.",
        "Set the profile's region or endpoint.",
    ),
    "TemporaryRedirect": (WrongRegion, "“{bucket}” is being moved to another region.", "Try again in a while."),
    "IllegalLocationConstraintException": (
        WrongRegion,
        "“{bucket}” is in another region.",
        "Set the profile's region.",
    ),
    "PreconditionFailed": (
        Changed,
        "“{key}” is not the object it was a moment ago.",
        "Look at it again before you change it.",
    ),
    "ConditionalRequestConflict": (Changed, "Someone else is writing “{key}” right now.", "Try again."),
    "BucketAlreadyExists": (
        Conflict,
        "The name “{bucket}” is taken by someone else.",
        "Names are shared by everyone on this endpoint: choose another.",
    ),
    "BucketAlreadyOwnedByYou": (Conflict, "You already have a bucket “{bucket}”.", ""),
    "BucketNotEmpty": (
        Conflict,
        "“{bucket}” is not empty.",
        "Versions, delete markers and unfinished uploads count too.",
    ),
    "OperationAborted": (Conflict, "Another change to “{bucket}” is under way.", "Try again in a while."),
    "InvalidObjectState": (
        Archived,
        "“{key}” is archived and can't be read until it is restored.",
        "Ask for a restore first: A on the object, or s3tui restore URI.",
    ),
    "ObjectNotInActiveTierError": (
        Archived,
        "This object is archived and can't be copied until it is restored.",
        "Ask for a restore first: A on the object, or s3tui restore URI.",
    ),
    "NotImplemented": (Unsupported, "This endpoint can't do that.", ""),
    "MethodNotAllowed": (Unsupported, "This endpoint does not allow that here.", ""),
    "XNotImplemented": (Unsupported, "This endpoint can't do that.", ""),
    "SlowDown": (Throttled, "The endpoint asks us to slow down.", "Try again in a while."),
    "ServiceUnavailable": (Throttled, "The endpoint is too busy.", "Try again in a while."),
    "InternalError": (
        ServerFault,
        "The endpoint failed inside.",
        "Try again; if it stays, its operator needs the request id.",
    ),
    "NotAList": (
        ServerFault,
        "The answer is not a list.",
        "A proxy, or a page to sign in to the network, may stand in the way. Try again.",
    ),
    "EntityTooLarge": (Refused, "This is larger than the endpoint takes.", ""),
    "InvalidBucketName": (Refused, "“{bucket}” is not a valid bucket name.", ""),
    "KeyTooLongError": (Refused, "This key is longer than 1,024 bytes.", ""),
    "MalformedXML": (Refused, "The endpoint does not accept this document.", ""),
    "InvalidStorageClass": (Refused, "The endpoint does not know this storage class.", ""),
    "BadDigest": (Damaged, "What arrived is not what was sent.", "Send it again."),
    "XAmzContentSHA256Mismatch": (Damaged, "What arrived is not what was sent.", "Send it again."),
    "MissingContentLength": (
        Refused,
        "The endpoint does not understand how the data is sent.",
        "Set the profile's checksums to when_required.",
    ),
    "RequestTimeout": (Throttled, "The endpoint waited too long for our data.", "Try again."),
    "IncompleteBody": (Throttled, "The connection was cut before everything was sent.", "Try again."),
    "SlowDownRead": (Throttled, "The endpoint asks us to slow down.", "Try again in a while."),
    "SlowDownWrite": (Throttled, "The endpoint asks us to slow down.", "Try again in a while."),
    "QuotaExceeded": (Refused, "The quota is used up.", "Delete something, or ask the endpoint's operator for more."),
    "XMinioStorageFull": (Refused, "The endpoint's disks are full.", "Its operator must make room."),
    "TooManyBuckets": (Refused, "You have as many buckets as you may have.", "Delete one, or ask for more."),
    "InvalidLocationConstraint": (Refused, "The endpoint does not know this region.", "Leave the region empty."),
    "InvalidBucketState": (Conflict, "“{bucket}” is in a state that does not allow this.", ""),
    "RestoreAlreadyInProgress": (Conflict, "“{key}” is being restored already.", "Wait until it is done."),
    "InvalidRange": (Refused, "The object is shorter than the part that was asked for.", ""),
}
_NOT_SET = {
    "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration",
    "NoSuchTagSet",
    "NoSuchTagSetError",
    "NoSuchBucketPolicy",
    "NoSuchWebsiteConfiguration",
    "NoSuchObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "ReplicationConfigurationNotFoundError",
    "OwnershipControlsNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
}
# Other names of the same. “Retry behavior” of the AWS SDKs lists them as throttling or transient errors.
_SAME = {
    "RequestTimeoutException": "RequestTimeout",
    **dict.fromkeys(
        (
            "BandwidthLimitExceeded",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequests",
            "TooManyRequestsException",
        ),
        "SlowDown",
    ),
}
# What an answer without a code means, by HTTP status (HEAD answers carry no body).
_STATUS = {
    301: "PermanentRedirect",
    307: "TemporaryRedirect",
    401: "InvalidAccessKeyId",
    403: "AccessDenied",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    412: "PreconditionFailed",
    416: "InvalidRange",
    429: "SlowDown",
    500: "InternalError",
    501: "NotImplemented",
    502: "ServiceUnavailable",
    503: "ServiceUnavailable",
    504: "ServiceUnavailable",
}


def from_response(operation: str, bucket: str, key: str, response: dict[str, Any]) -> S3Error:
    """The error in a botocore error `response` (`ClientError.response`)."""
    error = response.get("Error") or {}
    metadata = response.get("ResponseMetadata") or {}
    status = int(metadata.get("HTTPStatusCode") or 0)
    code = str(error.get("Code") or response.get("Code") or "")
    headers = metadata.get("HTTPHeaders") or {}
    request = Request(
        operation=operation,
        bucket=bucket,
        key=key,
        status=status,
        code=code,
        message=str(error.get("Message") or ""),
        request_id=str(metadata.get("RequestId") or _request_id(headers)),
    )
    return _typed(request, str(headers.get("x-amz-bucket-region") or error.get("Region") or ""))


def _request_id(headers: dict[str, Any]) -> str:
    return str(headers.get("x-amz-request-id") or headers.get("x-amzn-requestid") or "")


def _typed(request: Request, region: str) -> S3Error:
    code = request.code
    if code in _NOT_SET or (request.status == 404 and code not in _CODES and _says_not_set(code)):
        return NotSet(f"Nothing is set on “{request.bucket}”.", request=request)
    if code not in _CODES:
        code = _code_of_status(request, region)
    if code not in _CODES:
        other = ServerFault if request.status >= 500 or not request.status else Refused
        said = request.message or request.code or f"HTTP {request.status}"
        return other(f"The endpoint refused {request.operation}: {said}.".replace("..", "."), request=request)
    kind, sentence, advice = _CODES[code]
    name = f"{request.bucket}/{request.key}" if request.key else request.bucket
    place = f"“{name}”" if name else "this endpoint"
    error = kind(sentence.format(bucket=request.bucket, key=request.key, place=place), advice, request)
    if isinstance(error, WrongRegion) and region:
        error.region = region
        error.advice = f"It is in {region}."
    return error


def _says_not_set(code: str) -> bool:
    return code.startswith("NoSuch") or code.endswith("NotFoundError")


def _code_of_status(request: Request, region: str) -> str:
    """The code that an answer without one (HEAD has no body) or with an unknown one stands for."""
    if request.code in _SAME:
        return _SAME[request.code]
    silent = not request.code or request.code.isdigit()
    if silent and request.status == 400 and region:
        return "AuthorizationHeaderMalformed"
    if silent and request.status == 404:
        return "NoSuchKey" if request.key else "NoSuchBucket"
    if silent or request.status in (408, 429, 500, 501, 502, 503, 504):
        return _STATUS.get(request.status, request.code)
    return request.code
