"""Causes that lie between us and the object: endpoint, credentials, region, bucket, rights."""

from __future__ import annotations

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.conclusion import Conclusion, concluded
from s3tui.diagnosis.known import is_gone, is_listed
from s3tui.diagnosis.probes.bucket import BucketFound
from s3tui.diagnosis.probes.content import ContentFound
from s3tui.diagnosis.probes.credentials import CredentialsFound
from s3tui.diagnosis.probes.listing import ListingFound
from s3tui.s3 import errors

ANONYMOUS = "You are not signed in (the profile is anonymous): use a profile with credentials."


def unreachable(case: Case) -> Conclusion | None:
    """No request got an answer."""
    answer = case.unreachable
    if not answer or not answer.error:
        return None
    return concluded(answer.error.sentence, answer.error.advice, _other_endpoint(case))


def credentials(case: Case) -> Conclusion | None:
    """The endpoint doesn't accept who we say we are."""
    answer = case.untrusted
    if answer and answer.error:
        return concluded(answer.error.sentence, answer.error.advice, _other_endpoint(case))
    found = case.know(CredentialsFound)
    if not found or found.known is not False:
        return None
    return concluded(
        "The endpoint refuses everything without a word, even a bucket that can't exist: it does not accept this access key "
        "or its secret.",
        "Check the key id, the secret and the endpoint of the profile.",
        "If they are right, ask the endpoint's operator whether this user has any rights at all.",
        _other_endpoint(case),
    )


def other_region(case: Case) -> Conclusion | None:
    """The bucket is in a region that we could not follow to."""
    bucket, content = case.know(BucketFound), case.know(ContentFound)
    error = bucket.elsewhere if bucket else None
    if not error and content and isinstance(content.get.error, errors.WrongRegion):
        error = content.get.error
    if not isinstance(error, errors.WrongRegion):
        return None
    region = error.region or (bucket.region if bucket else "")
    where = f"in region {region}" if region else "in another region or at another endpoint"
    asked = case.connection.profile.region or "none"
    return concluded(
        f"The bucket “{case.uri.bucket}” is {where}; the profile asks in {asked}.",
        f"Set the profile's region to {region}." if region else error.advice,
        _other_endpoint(case),
    )


def other_endpoint(case: Case) -> Conclusion | None:
    """The URL that was pasted names another endpoint, and the object isn't at this one."""
    if not case.other_endpoint:
        return None
    ours = case.connection.profile.endpoint or "AWS"
    bucket = case.know(BucketFound)
    here = "There is no such bucket here" if bucket and bucket.there is False else "It is not to be seen here"
    return concluded(
        f"The URL names {case.other_endpoint}, but this profile talks to {ours}. {here}.", _other_endpoint(case)
    )


def no_bucket(case: Case) -> Conclusion | None:
    """The endpoint says that there is no such bucket."""
    bucket = case.know(BucketFound)
    if not bucket or bucket.there is not False:
        return None
    profile = case.connection.profile
    return concluded(
        f"There is no bucket “{case.uri.bucket}” at {profile.endpoint or 'AWS'}, so the object can't be there either.",
        *(f"There is a bucket “{name}”: was that meant?" for name in bucket.similar),
        "Check the bucket's name and the endpoint; if it was here once, it was deleted with all that was in it.",
    )


def forbidden(case: Case) -> Conclusion | None:
    """It is there, as a listing or HEAD shows, and reading it is refused."""
    content = case.know(ContentFound)
    if not content:
        return None
    key = case.uri.key
    if content.state == "refused after HEAD":
        return concluded(
            f"“{key}” exists, and you may see its metadata, but its content is refused ({content.get.request.code or 403}).",
            f"It is encrypted with the key {content.kms_key}: ask for kms:Decrypt on it." if content.kms_key else "",
            _right_to_read(case),
        )
    if content.state != "denied" or not is_listed(case):
        return None
    return concluded(
        f"“{key}” exists (a listing names it), but you may not read it: the endpoint answers 403.", _right_to_read(case)
    )


def cannot_tell(case: Case) -> Conclusion:
    """What is left when no row holds: a refusal hides the answer, or the endpoint fails."""
    content, listing = case.know(ContentFound), case.know(ListingFound)
    uri = case.uri
    if is_gone(case):
        return concluded(
            f"“{uri.key}” is not there now. Whether it was deleted or never existed can't be told, because its versions and "
            "delete markers may not be listed.",
            _ask_for(case, "s3:ListBucketVersions", uri.bucket),
            "Or ask someone who may list the versions to run this again.",
        )
    if content and content.state == "denied" and (not listing or listing.denied):
        return concluded(
            f"Whether “{uri.key}” exists can't be told: you may not list “{uri.bucket}”, and without that right the endpoint "
            "answers 403 both for an object that is not there and for one that you may not read.",
            _ask_for(case, "s3:ListBucket", uri.bucket),
            "Or ask someone who may list the bucket to run this again.",
        )
    # GET's refusals carry words, HEAD's don't.
    answers = [*([content.get] if content else []), *reversed(case.answers)]
    failed = next((answer for answer in answers if isinstance(answer.error, _FAILURES)), None)
    why = failed.error.sentence if failed and failed.error else "The endpoint's answers don't settle it."
    return concluded(
        f"Whether “{uri.key}” exists can't be told. {why}",
        (failed.error.advice if failed and failed.error else "")
        or "Try again; the evidence below shows what came back.",
    )


_FAILURES = (errors.ServerFault, errors.Throttled, errors.Unreachable, errors.Refused, errors.Unsupported)


def _right_to_read(case: Case) -> str:
    right = "s3:GetObjectVersion" if case.uri.version_id else "s3:GetObject"
    return _ask_for(case, right, f"{case.uri.bucket}/{case.uri.key}")


def _ask_for(case: Case, right: str, place: str) -> str:
    if case.connection.profile.credentials == "anonymous":
        return ANONYMOUS
    return f"Ask the bucket's owner for {right} on arn:aws:s3:::{place}."


def _other_endpoint(case: Case) -> str:
    return f"Choose a profile for {case.other_endpoint} and ask again." if case.other_endpoint else ""
