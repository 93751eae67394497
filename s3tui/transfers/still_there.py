"""Looking once more at what is to be deleted: another object under that key is not what somebody chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Doomed, Failure
from s3tui.s3.uri import S3Uri
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.stored import bare, find


def unchanged(
    connection: Connection, bucket: str, batch: Sequence[Doomed], seen: Mapping[str, Found], token: CancelToken
) -> tuple[list[Doomed], list[Failure]]:
    """Those of `batch` that are still as they were `seen`, and a failure for each that isn't. Those that are gone are in
    neither. Raises `errors.S3Error`, `Cancelled`."""
    listed = found_among(connection, bucket, [doomed.key for doomed in batch], token)
    left, changed = list[Doomed](), list[Failure]()
    for doomed in batch:
        now = listed.get(doomed.key)
        if now is None:
            token.check()
            stored = find(connection, S3Uri(bucket, doomed.key))
            if stored is None:
                continue
            now = stored.size, stored.etag
        size, etag = seen[doomed.key]
        if (now[0], bare(now[1])) == (size, bare(etag)):
            left.append(doomed)
        else:
            sentence = f"“{doomed.key}” has changed since it was looked at; it was not deleted."
            changed.append(Failure(doomed, errors.Changed(sentence, "Look again.")))
    return left, changed
