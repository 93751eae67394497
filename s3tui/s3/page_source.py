"""Where a `Reader` gets the pages that it doesn't get from children."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from s3tui.s3 import line, page_parser
from s3tui.s3.calls import logged
from s3tui.s3.columns import Columns
from s3tui.s3.direct import Answer, Direct, Way
from s3tui.s3.fan_out import PAGE_SIZE, Plan
from s3tui.s3.requests import LoggedRequest

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

MOST_STREAMS = 24
_PARAMETERS = {  # of boto3, by the words of a query
    "prefix": "Prefix",
    "delimiter": "Delimiter",
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
        self._page_size = page_size
        self._query = {"versions": ""} if plan.versions else {"list-type": "2"}
        self._query |= {"encoding-type": "url", "prefix": _text(plan.prefix), "max-keys": str(page_size)}
        if plan.delimiter:
            self._query["delimiter"] = _text(plan.delimiter)

    def page(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        """See `Pages.page`."""
        direct = self._direct()
        if direct and (page := self._directly(direct, words)):
            return page
        page = self._by_boto3(words, wants_way)
        if direct:
            self._connection.directs.doubt(self.bucket, direct)
        return page

    def _direct(self) -> Direct | None:
        try:
            keys = self._connection.keys()
        except Exception:  # of botocore, of any kind: it is asked for them again, and what is wrong is told
            return None
        return self._connection.directs.get(self.bucket, keys)

    def _directly(self, direct: Direct, words: dict[str, str]) -> AskedPage | None:
        """None when boto3 has to ask, with its retries, redirects and typed errors."""
        asked = logged(self._operation, {"Bucket": self.bucket})
        answer, page, failure = Answer(0, b"", "", 0.0, 0.0), None, None
        try:
            answer = direct.get(self._query | words)
            page = page_parser.page_for(self._query, answer.body) if answer.status == 200 else None
        except (line.NotPlain, page_parser.NotPlain, OSError) as error:
            failure = error
        told = {"HTTPStatusCode": answer.status, "RequestId": answer.request_id}
        self.log(asked.told({"ResponseMetadata": told}, failure, attempts=1))
        if page is None:
            return None
        direct.doubts = 0
        return AskedPage(page.columns, page.truncated, page.following, True, replace(direct.way, query=self._query))

    def _by_boto3(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        asked = self._query | words
        parameters: dict[str, Any] = {name: asked[word] for word, name in _PARAMETERS.items() if word in asked}
        with page_parser.columns_wanted():
            answer = self._connection.call(self._operation, Bucket=self.bucket, MaxKeys=self._page_size, **parameters)
        is_plain = page_parser.is_plain(answer)
        way = self._connection.way(self.bucket, MOST_STREAMS) if wants_way and is_plain else None
        if way:
            self._connection.directs.learn(self.bucket, way)
        return AskedPage(
            page_parser.page_of(answer),
            answer.get("IsTruncated") is not False,
            page_parser.following_of(answer),
            is_plain,
            replace(way, query=self._query) if way else None,
        )


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
