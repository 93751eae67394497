"""Causes that lie with the object itself: its content, its versions, its upload, its name."""

from __future__ import annotations

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.conclusion import Conclusion, concluded
from s3tui.diagnosis.known import is_gone, is_listed
from s3tui.diagnosis.probes.bucket import BucketFound
from s3tui.diagnosis.probes.content import ContentFound
from s3tui.diagnosis.probes.listing import ListingFound
from s3tui.diagnosis.probes.recheck import SeenNow
from s3tui.diagnosis.probes.uploads import UploadsFound
from s3tui.diagnosis.probes.versions import Kept, VersionsFound
from s3tui.display import counted, when


def exists(case: Case) -> Conclusion | None:
    """It can be read; then say what may have made it look missing."""
    content, listing, seen = case.know(ContentFound), case.know(ListingFound), case.know(SeenNow)
    key = case.uri.key
    if seen and seen.there:
        return concluded(f"“{key}” is there now: it was written while we looked.", "Try again what failed.")
    if content and content.state == "readable":
        return concluded(f"“{key}” exists and can be read{_size(content)}.", *_why_it_looks_missing(case, content))
    if key.endswith("/") and listing and listing.children:
        return concluded(
            f"“{key}” is a prefix, not an object: objects lie below it, and S3 needs no object for the prefix itself.",
            "Ask for one of the objects below it.",
        )
    return None


def _size(content: ContentFound) -> str:
    size = content.head.data.get("ContentLength")
    return ", but it is empty (0 bytes)" if size == 0 else ""


def _why_it_looks_missing(case: Case, content: ContentFound) -> tuple[str, ...]:
    listing, bucket, profile = case.know(ListingFound), case.know(BucketFound), case.connection.profile
    steps = []
    if content.head.absent:
        steps.append("HEAD says that it isn't there although GET reads it: programs that look before they read fail.")
    if listing and listing.denied:
        steps.append("You may not list the bucket, so it shows in no listing of yours; ask for it by its full key.")
    elif listing and listing.readable and listing.certain and not listing.listed and not case.uri.version_id:
        steps.append("The listing does not name it: programs that list before they read don't see it.")
    if case.other_endpoint:
        steps.append(f"The URL names {case.other_endpoint}; this is what {profile.endpoint or 'AWS'} has.")
    if bucket and bucket.region and profile.is_aws and profile.region and bucket.region != profile.region:
        steps.append(
            f"The bucket is in {bucket.region}, not in {profile.region}: a program that doesn't follow redirects fails."
        )
    return tuple(steps) or (
        "If a program can't find it, compare its endpoint, region, credentials and the key, byte by byte.",
    )


def archived(case: Case) -> Conclusion | None:
    """Its storage class wants a restore before it can be read."""
    content = case.know(ContentFound)
    if not content or content.state != "archived":
        return None
    kept = f"“{case.uri.key}” exists, but it is archived (storage class {content.storage_class})"
    if 'ongoing-request="true"' in content.restore:
        return concluded(
            f"{kept}; a restore has been asked for and is not done yet.", "Wait for the restore, then read it."
        )
    return concluded(
        f"{kept} and can't be read until it is restored.",
        "Ask for a restore (A on the object, or s3tui restore URI); it takes minutes to days, by tier.",
    )


def unretrievable(case: Case) -> Conclusion | None:
    """A listing or HEAD shows it, and its content does not come."""
    content = case.know(ContentFound)
    if not content:
        return None
    key, get = case.uri.key, content.get
    if content.state == "broken":
        return concluded(
            f"“{key}” can't be retrieved: HEAD finds it, but its content does not come ({_said(content)}).",
            *_report_to_operator(content),
        )
    if is_listed(case) and content.state in ("absent", "unknown"):
        what = "says that it isn't there (404)" if get.absent else f"fails ({_said(content)})"
        return concluded(f"“{key}” is listed, but reading it {what}.", *_report_to_operator(content))
    return None


def _said(content: ContentFound) -> str:
    return content.get.request.code or content.get.outcome


def _report_to_operator(content: ContentFound) -> tuple[str, ...]:
    if content.get.request.status == 400:
        return (
            "It may be encrypted with a customer's key (SSE-C), without which it can't be read: ask who wrote it.",
            "Otherwise give the endpoint's operator the request ids below.",
        )
    return ("The endpoint contradicts itself: give its operator the request ids below, and look for a backup.",)


def deleted(case: Case) -> Conclusion | None:
    """A delete marker is the newest of the key, or the endpoint says by a header that one hides it."""
    versions, content = case.know(VersionsFound), case.know(ContentFound)
    marker = _marker(case, versions)
    key = case.uri.key
    if versions and marker:
        left = versions.older
        kept = (
            f"{counted(left, 'older version')} {'is' if left == 1 else 'are'} kept"
            if left
            else "no older version is kept"
        )
        said = f"“{key}” was deleted at {when(marker.at)} UTC by the delete marker {marker.version_id}; {kept}."
        return concluded(said, *_bring_back(case, versions, left))
    if content and content.marker and not is_listed(case):
        return concluded(
            f"“{key}” was deleted: the endpoint says that a delete marker hides it. When, and what is left, can't be seen.",
            "Ask someone who may list the versions when that was, and whether older versions are kept.",
        )
    return None


def _marker(case: Case, versions: VersionsFound | None) -> Kept | None:
    """The delete marker that was asked for by its id, or else the one on top."""
    kept = versions.kept if versions else ()
    if case.uri.version_id:
        return next((entry for entry in kept if entry.is_marker and entry.version_id == case.uri.version_id), None)
    return kept[0] if kept and kept[0].is_marker else None


def _bring_back(case: Case, versions: VersionsFound, left: int) -> tuple[str, ...]:
    if not left:
        return ("It can only come back from a backup, or from whoever has a copy.",)
    newest = next(entry for entry in versions.kept if not entry.is_marker)
    return (
        f"The newest version that is kept was written {when(newest.at)} UTC; it can be read by its id {newest.version_id}.",
        "Deleting the delete marker by its id brings it back.",
        "Who put the marker is in the endpoint's access log; a lifecycle rule puts markers too.",
    )


def noncurrent_only(case: Case) -> Conclusion | None:
    """What is left of the key is older than what was asked for, and none of it is current."""
    versions = case.know(VersionsFound)
    if not versions or not versions.kept or not is_gone(case) or _marker(case, versions):
        return None
    current = versions.latest
    if current and not current.is_marker:
        return None
    older = [entry for entry in versions.kept if not entry.is_marker]
    if not older:
        return None
    asked = f"version {case.uri.version_id} of “{case.uri.key}”" if case.uri.version_id else f"“{case.uri.key}”"
    return concluded(
        f"There is no {asked} any more; only older versions are left: {len(older):,}, the newest written "
        f"{when(older[0].at)} UTC (id {older[0].version_id}). None of them is current.",
        f"Read it by its id: s3://{case.uri.bucket}/{case.uri.key}?versionId={older[0].version_id}",
        "Copying it onto the key makes it current again.",
    )


def upload_after_deletion(case: Case) -> Conclusion | None:
    """Someone began to upload it anew after it was deleted: that is why it isn't back."""
    uploads, versions = case.know(UploadsFound), case.know(VersionsFound)
    marker = _marker(case, versions)
    if not uploads or not uploads.started or not marker or uploads.started <= marker.at:
        return None
    conclusion = upload_unfinished(case)
    earlier = f" Before that, it was deleted at {when(marker.at)} UTC."
    return conclusion and Conclusion(conclusion.summary + earlier, conclusion.next)


def upload_unfinished(case: Case) -> Conclusion | None:
    """Parts of it may have arrived; what completes an upload did not."""
    uploads = case.know(UploadsFound)
    if not uploads or not uploads.started or is_listed(case):
        return None
    arrived = f" ({uploads.arrived} arrived)" if uploads.arrived else ""
    if is_gone(case):
        said = f"“{case.uri.key}” is not there: its upload was begun at {when(uploads.started)} UTC and never completed{arrived}."
    else:
        said = (
            f"An upload of “{case.uri.key}” was begun at {when(uploads.started)} UTC and never completed{arrived}; whether "
            "an older object of that name is there is not to be seen."
        )
    return concluded(
        said,
        "Ask whoever sends it whether it still runs; if not, send it again.",
        "The parts that arrived cost storage until the upload is aborted, by hand or by a lifecycle rule.",
    )


def near_miss(case: Case) -> Conclusion | None:
    """Something is there under a name that people take for this one."""
    versions = case.know(VersionsFound)
    current = versions.latest if versions else None
    if case.uri.version_id and is_gone(case) and current and not current.is_marker:
        return concluded(
            f"There is no version {case.uri.version_id} of “{case.uri.key}” (any more), but the key itself is there: its current "
            f"version is {current.version_id}, written {when(current.at)} UTC.",
            f"Ask for s3://{case.uri.bucket}/{case.uri.key} without a version.",
        )
    if not case.candidates or is_listed(case):
        return None
    first, others = case.ranked[0], len(case.candidates) - 1
    more = f" ({counted(others, 'more candidate')} below)" if others else ""
    if is_gone(case):
        said = f"There is no “{case.uri.key}”, but there is “{first.key}”: {first.why}{more}."
    else:
        said = f"“{case.uri.key}” is refused (403), but “{first.key}” can be read: {first.why}{more}. Probably that one is meant."
    return concluded(said, f"Ask for s3://{case.uri.bucket}/{first.key}, or correct the name where it is written.")


def never_existed(case: Case) -> Conclusion | None:
    """It isn't there, and everything that would show that it was has been looked at."""
    versions = case.know(VersionsFound)
    if not is_gone(case) or not versions or not versions.settles_deletion:
        return None
    key, bucket = case.uri.key, case.uri.bucket
    if versions.readable and versions.versioning in ("Enabled", "Suspended"):
        said = f"“{key}” never existed in “{bucket}”, as far as can be seen: no object, no version and no delete marker of it."
    else:
        said = f"There is no “{key}” in “{bucket}” and no trace of it; the bucket keeps no versions, so a deletion would leave none."
    return concluded(
        said,
        "Check bucket, prefix and spelling where the key is written, and whether whoever should have sent it did.",
        "The endpoint's access log shows whether it was ever written or deleted.",
    )
