"""What several findings say together: is the object certainly there, certainly not, or open?"""

from __future__ import annotations

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.probes.content import ContentFound
from s3tui.diagnosis.probes.listing import ListingFound
from s3tui.diagnosis.probes.versions import VersionsFound


def is_listed(case: Case) -> bool:
    """A listing (of objects or of versions) names exactly what was asked for."""
    versions = case.know(VersionsFound)
    kept = versions.kept if versions else ()
    if case.uri.version_id:
        return any(entry.version_id == case.uri.version_id and not entry.is_marker for entry in kept)
    listing = case.know(ListingFound)
    return bool(listing and listing.listed) or any(entry.is_latest and not entry.is_marker for entry in kept)


def is_gone(case: Case) -> bool:
    """It is certainly not there now: the endpoint says 404, or a complete listing doesn't name it.

    A 404 is only given to someone who may list the bucket (S3, *HeadObject*: "if you don't have the
    s3:ListBucket permission, Amazon S3 returns an HTTP status code 403"), or by a server that always tells; both
    can be believed. A 403 says nothing by itself, but where the listing is allowed and complete, that decides: the
    403 then comes from a policy that refuses the name, whether or not there is an object.
    """
    content, listing, versions = case.know(ContentFound), case.know(ListingFound), case.know(VersionsFound)
    if is_listed(case) or not content or content.state in ("readable", "archived", "refused after HEAD", "broken"):
        return False
    if content.state == "absent":
        return True
    if case.uri.version_id:
        return bool(versions and versions.readable and not versions.more)
    return bool(listing and listing.readable and listing.certain) or bool(versions and versions.readable)


def may_be_missing(case: Case) -> bool:
    """Nothing found so far shows the object, so its upload and its neighbourhood are worth a look."""
    content = case.know(ContentFound)
    return content is not None and content.state in ("absent", "denied", "unknown") and not is_listed(case)
