"""Bucket documents ready to use, with the numbers that the systems around us run with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from s3tui.s3.document_kinds import KindName, Rule

ARCHIVE_ISOS_DAYS = 60
DELETE_BINARIES_DAYS = 30
DELETE_TEMPORARY_DAYS = 1
_PREFIX_IN_ID = 200  # characters; an id has up to 255


@dataclass(frozen=True, slots=True)
class Template:
    """`make(prefix)` gives the rules, for keys under `prefix` (empty: the whole bucket). CORS knows no prefix."""

    name: str
    kind: KindName
    note: str
    make: Callable[[str], list[Rule]]

    @property
    def takes_prefix(self) -> bool:
        return self.kind == "lifecycle"


def _isos(prefix: str) -> list[Rule]:
    return [
        {
            "ID": "archive-isos",
            "Status": "Enabled",
            "Filter": {"Prefix": prefix},
            "Transitions": [{"Days": ARCHIVE_ISOS_DAYS, "StorageClass": "GLACIER"}],
        }
    ]


def _binaries(prefix: str) -> list[Rule]:
    return [_deletes("delete-binaries", prefix, DELETE_BINARIES_DAYS)]


def _temporary(prefix: str) -> list[Rule]:
    abort = {"DaysAfterInitiation": DELETE_TEMPORARY_DAYS}
    return [{**_deletes("delete-temporary", prefix, DELETE_TEMPORARY_DAYS), "AbortIncompleteMultipartUpload": abort}]


def _uploads(prefix: str) -> list[Rule]:
    return [aborts_uploads(prefix, DELETE_TEMPORARY_DAYS)]


def aborts_uploads(prefix: str, days: int) -> Rule:
    """The rule that aborts uploads of keys under `prefix` which are unfinished after `days` days. Its id tells the
    prefix, so that it takes the place of an older one for the same prefix only."""
    under = f"-under-{prefix[:_PREFIX_IN_ID]}" if prefix else ""
    return {
        "ID": f"abort-unfinished-uploads{under}",
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": days},
    }


def _deletes(identity: str, prefix: str, days: int) -> Rule:
    return {"ID": identity, "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}


def _preview(_: str) -> list[Rule]:
    return [{"ID": "file-preview", "AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]


TEMPLATES = (
    Template(
        "ISOs to the archive after 60 days",
        "lifecycle",
        "Archived objects must be restored before they can be read.",
        _isos,
    ),
    Template(
        "Binaries deleted after 30 days",
        "lifecycle",
        "Counted from the upload: S3 does not know when an object was last read.",
        _binaries,
    ),
    Template(
        "Temporary files deleted after 1 day",
        "lifecycle",
        "",
        _temporary,
    ),
    Template("Unfinished uploads aborted after 1 day", "lifecycle", "", _uploads),
    Template(
        "File preview of InvenioRDM",
        "cors",
        "Lets pages of any site read objects that they may read; put your own site in place of “*”.",
        _preview,
    ),
)


def of(kind: KindName) -> list[Template]:
    """The templates for this kind of document."""
    return [template for template in TEMPLATES if template.kind == kind]
