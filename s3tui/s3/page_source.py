"""Where a `Reader` gets the pages that it doesn't get from children."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from s3tui.s3 import page_parser, wire
from s3tui.s3.calls import logged
from s3tui.s3.columns import Columns
from s3tui.s3.direct import Direct, Way
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
    """From the endpoint: the first page of a bucket through all of boto3, and others as that was asked for."""

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
        kind = {"versions": ""} if plan.versions else {"list-type": "2"}
        self._query = kind | {"encoding-type": "url", "prefix": _text(plan.prefix), "max-keys": str(page_size)}
        if plan.delimiter:
            self._query["delimiter"] = _text(plan.delimiter)

    def page(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        """See `Pages.page`."""
        return self._directly(words) or self._by_boto3(words, wants_way)

    def _directly(self, words: dict[str, str]) -> AskedPage | None:
        """None when boto3 has to ask, with its retries, redirects and typed errors."""
        directs = self._connection.directs
        direct = directs.get(self.bucket, self._connection.keys())
        if direct is None:
            return None
        asked = logged(self._operation, self._parameters)
        try:
            answer = direct.get(self._query | words)
            page = page_parser.parse_page(answer.body) if answer.status == 200 else None
        except wire.NotPlain:
            directs.refuse(self.bucket)
            return None
        except (page_parser.NotPlain, OSError):  # if boto3 finds the page plain, or is answered, this is tried again
            directs.drop(self.bucket)
            return None
        if page is None:
            (directs.drop if answer.status >= 500 else directs.refuse)(self.bucket)
            return None
        told = {"HTTPStatusCode": answer.status, "RequestId": answer.request_id}
        self.log(asked.told({"ResponseMetadata": told}, None, attempts=1))
        return AskedPage(page.columns, page.truncated, page.following, True, self._way(direct))

    def _by_boto3(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        parameters = self._parameters | {_PARAMETERS[word]: value for word, value in words.items()}
        with page_parser.columns_wanted():
            answer = self._connection.call(self._operation, **parameters)
        is_plain = page_parser.is_plain(answer)
        directs = self._connection.directs
        if wants_way and is_plain:
            directs.learn(self.bucket, self._connection.way(self.bucket, MOST_STREAMS))
        direct = directs.get(self.bucket, self._connection.keys())
        return AskedPage(
            page_parser.page_of(answer),
            answer.get("IsTruncated") is not False,
            page_parser.following_of(answer),
            is_plain,
            self._way(direct) if direct else None,
        )

    def _way(self, direct: Direct) -> Way:
        return replace(direct.way, query=self._query)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
