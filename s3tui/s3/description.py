"""HeadObject's answers about objects that come by the thousand, most of which say the same about most things.

What is said of one is told in full by `ObjectInfo`, which takes longer to make than the request takes to send. Whoever
has met an object that is `alike` knows the rest without it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import NamedTuple, TypeAlias, TypeVar

from s3tui.s3.header_values import moment
from s3tui.s3.line import NotPlain
from s3tui.s3.metadata import USER_PREFIX, differences
from s3tui.s3.objects import ObjectInfo, bare_etag, from_head
from s3tui.s3.shape import Shape, members
from s3tui.s3.uri import S3Uri

_MOST = 256  # sorts of answers that are remembered
_OWN = ("etag", "content-length", "last-modified", "x-amz-version-id")
_OWN_SUM = "x-amz-checksum-"

H = TypeVar("H", bound=Hashable)
T = TypeVar("T")


class Description(NamedTuple):
    """What each object has for itself, as in an `ObjectInfo`. `alike` is the same for those that differ in nothing but
    that, and the values of checksums and user metadata; None when that isn't known."""

    uri: S3Uri
    size: int
    modified: datetime
    etag: str
    version_id: str | None
    alike: Hashable
    user: Hashable  # values of user metadata, which those that are alike call the same
    tell: Callable[[], ObjectInfo]
    request_id: str = ""

    @property
    def quoted_etag(self) -> str:
        """As `If-Match` wants it."""
        return f'"{self.etag}"'


Described: TypeAlias = ObjectInfo | Description  # in full or in brief


def of(info: ObjectInfo) -> Description:
    """The same of one that was told in full."""
    own = info.uri, info.size, info.modified, info.etag, info.version_id
    return Description(*own, None, None, lambda: info)


def is_same(now: Described, before: Described) -> bool:
    """Whether an object is what it was. Its time is told in seconds: within one, the same bytes may have been written
    with other metadata."""
    if _identity(now) != _identity(before):
        return False
    in_brief = _in_brief(now)
    if in_brief and in_brief == _in_brief(before):
        return True
    return not differences(_in_full(now).metadata, _in_full(before).metadata)


def _identity(described: Described) -> tuple[object, ...]:
    return described.etag, described.size, described.modified, described.version_id


def _in_brief(described: Described) -> tuple[Hashable, Hashable] | None:
    """What is told besides, where that is known."""
    return (described.alike, described.user) if isinstance(described, Description) and described.alike else None


def _in_full(described: Described) -> ObjectInfo:
    return described.tell() if isinstance(described, Description) else described


class Descriptions:
    """Reads answers to HeadObject. Thread-safe, as single steps on a dict are."""

    def __init__(self) -> None:
        self._sorts: dict[tuple[str, ...], _Sort] = {}  # by the names of the headers

    def read(self, shape: Shape, uri: S3Uri, headers: dict[str, str]) -> Description | None:
        """Of the object at `uri`, by HeadObject's `shape`. None when it is told in a way that is left to botocore."""
        names = tuple(headers)
        sort = self._sorts.get(names) or _remember(self._sorts, names, _Sort(shape, names))
        try:
            modified, alike = moment(headers["last-modified"]), sort.alike(headers)
        except (KeyError, ValueError, NotPlain):
            return None
        etag, version_id = headers.get("etag", ""), headers.get("x-amz-version-id")
        return Description(
            uri,
            int(headers["content-length"]),
            modified,
            bare_etag(etag.rstrip(" \t")),
            version_id and version_id.rstrip(" \t"),
            alike,
            sort.user(headers),
            partial(_told, shape, uri, headers),
            headers.get("x-amz-request-id", ""),
        )


class _Sort:
    """Answers with the same headers."""

    def __init__(self, shape: Shape, names: tuple[str, ...]) -> None:
        self._shape = shape
        # `carried` and `copy_here` go by the server's name.
        told = [name for name in names if name in shape.answered or name == "server"]
        common = [name for name in told if name not in _OWN and not _is_sum(name)]
        self._values = itemgetter(*common) if common else lambda _: None
        user = [name for name in names if name.startswith(USER_PREFIX)]
        self.user: Callable[[dict[str, str]], Hashable] = itemgetter(*user) if user else lambda _: ()
        self._known: dict[Hashable, object] = {}

    def alike(self, headers: dict[str, str]) -> object:
        """Raises `NotPlain` when some value can't be understood."""
        values = self._values(headers)
        if found := self._known.get(values):
            return found
        members(self._shape, headers)
        return _remember(self._known, values, object())


def _remember(known: dict[H, T], name: H, what: T) -> T:
    if len(known) >= _MOST:
        known.clear()
    return known.setdefault(name, what)


def _is_sum(name: str) -> bool:
    return name.startswith(_OWN_SUM) and name != "x-amz-checksum-type"


def _told(shape: Shape, uri: S3Uri, headers: dict[str, str]) -> ObjectInfo:
    stripped = {name: value.rstrip(" \t") for name, value in headers.items()}
    return from_head(uri, members(shape, stripped) | {"ResponseMetadata": {"HTTPHeaders": stripped}})
