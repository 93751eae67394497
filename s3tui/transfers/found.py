"""Many keys looked for by listing what is between the first and the last of them, instead of one HEAD each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s3tui.background import CancelToken
from s3tui.s3 import errors, page_parser
from s3tui.s3.client import Connection
from s3tui.transfers.names import shared_prefix

Found = tuple[int, str]  # bytes, ETag
_PAGE = 1000
_BETWEEN = 50  # others that the first page has room for
_SPARE = 4  # pages more than would be needed if nothing else were there


def found_among(connection: Connection, bucket: str, keys: Sequence[str], token: CancelToken) -> dict[str, Found]:
    """Size and ETag of those of `keys` that were listed.

    A key that is missing may be there all the same: the listing is given up when it fails, or when too much else
    stands between. Raises `Cancelled`.
    """
    found: dict[str, Found] = {}
    wanted = {key for key in keys if _is_text(key)}
    if not wanted:
        return found
    # UTF-8 sorts as the numbers of its characters do.
    last, prefix = max(wanted).encode(), shared_prefix(wanted)
    before = min(wanted)[:-1]  # sorts before the first of them
    more: dict[str, Any] = {"StartAfter": before} if len(before) > len(prefix) else {}
    more["MaxKeys"] = min(len(wanted) + _BETWEEN, _PAGE)
    for _ in range(len(wanted) // _PAGE + 1 + _SPARE):
        token.check()
        try:
            with page_parser.columns_wanted():
                answer = connection.call("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
        except errors.S3Error:
            break
        page = page_parser.page_of(answer)
        sizes = memoryview(page.column("sizes")).cast("q")
        rows = zip(page.keys(), sizes, page.etags(), strict=True)
        found.update((key, (size, etag)) for key, size, etag in rows if key in wanted)
        following = str(answer.get("NextContinuationToken") or "")
        if not following or (page.last_key or b"") >= last:
            break
        more = {"ContinuationToken": following, "MaxKeys": _PAGE}
    return found


def _is_text(key: str) -> bool:
    """Whether it can be asked for: bytes that aren't UTF-8 can't."""
    if key.isascii():
        return True
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
