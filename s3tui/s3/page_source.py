"""Where a `Reader` gets the pages that it doesn't get from children."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from s3tui.s3 import page_parser
from s3tui.s3.columns import Columns
from s3tui.s3.direct import Way
from s3tui.s3.fan_out import PAGE_SIZE, Plan
from s3tui.s3.requests import LoggedRequest

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

MOST_STREAMS = 24
_PARAMETERS = {
    "continuation-token": "ContinuationToken",
    "start-after": "StartAfter",
    "key-marker": "KeyMarker",
    "version-id-marker": "VersionIdMarker",
}


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page, and what it takes for children to ask for others."""

    columns: Columns
    truncated: bool  # it doesn't say that this is all
    following: dict[str, str]  # query words of the page behind it
    is_plain: bool  # written so that a child can read it
    way: Way | None  # how it was asked for; None when children can't


class Pages(Protocol):
    """The pages of one bucket."""

    bucket: str
    may_split: bool  # whether many may be asked for at the same time

    def page(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        """The page that the query `words` name, with its `way` if that is wanted. Raises `S3Error`."""
        ...

    def log(self, request: LoggedRequest) -> None:
        """A child has asked."""
        ...


class EndpointPages:
    """From the endpoint, through all of boto3."""

    def __init__(self, connection: Connection, bucket: str, plan: Plan, page_size: int = PAGE_SIZE) -> None:
        """What is listed, and how, is taken from `plan`."""
        self.bucket = bucket
        self.may_split = connection.profile.parallel_listing
        self.log = connection.log.add
        self._connection = connection
        self._operation = "list_object_versions" if plan.versions else "list_objects_v2"
        self._parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": _text(plan.prefix), "MaxKeys": page_size}
        if plan.delimiter:
            self._parameters["Delimiter"] = _text(plan.delimiter)

    def page(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        """See `Pages.page`."""
        parameters = self._parameters | {_PARAMETERS[word]: value for word, value in words.items()}
        with page_parser.columns_wanted():
            answer = self._connection.call(self._operation, **parameters)
        return AskedPage(
            page_parser.page_of(answer),
            answer.get("IsTruncated") is not False,
            page_parser.following_of(answer),
            page_parser.is_plain(answer),
            self._way() if wants_way else None,
        )

    def _way(self) -> Way | None:
        way = self._connection.way(self.bucket, MOST_STREAMS)
        return way and replace(way, query={word: value for word, value in way.query.items() if word not in _PARAMETERS})


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
