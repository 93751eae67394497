"""Sending one part of a file in one request, with checksums that the endpoint compares as it arrives."""

from __future__ import annotations

from typing import Any, NamedTuple

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers.checksums import PartSums, crc64_of, etag_of, sums_of
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Progress
from s3tui.transfers.source import Source, SourceBody, Stopped, count_what_is_sent


class Sent(NamedTuple):
    """What was sent, and what the endpoint answered."""

    sums: tuple[PartSums, ...]
    multipart: bool
    answered_etag: str
    version_id: str | None

    @property
    def size(self) -> int:
        return sum([part.length for part in self.sums])

    @property
    def etag(self) -> str:
        """The ETag that S3 gives to what was sent."""
        return etag_of(self.sums, self.multipart)


def uses_crc64(connection: Connection) -> bool:
    """Whether the endpoint is told CRC64NVME checksums (AWS); elsewhere Content-MD5 is what all know."""
    return connection.profile.checksum_mode == "when_supported"


def sums_to_send(connection: Connection, source: Source, part: Part, token: CancelToken) -> PartSums:
    """What the endpoint is told of `part`, computed. Raises `FileChanged`, `LocalFailure`, `Cancelled`."""
    if uses_crc64(connection):
        return crc64_of(lambda: source.chunks(part, token))
    return sums_of(source.chunks(part, token))


def checks(connection: Connection, sums: PartSums) -> dict[str, str]:
    """The parameters by which the endpoint compares a body as it arrives."""
    return {"ChecksumCRC64NVME": sums.checksum} if uses_crc64(connection) else {"ContentMD5": sums.content_md5}


def send_part(
    connection: Connection,
    operation: str,
    parameters: dict[str, Any],
    part: Part,
    sums: PartSums,
    source: Source,
    progress: Progress,
    token: CancelToken,
) -> dict[str, Any]:
    """Call `operation` with `part` of `source` as its body and return the answer.

    Raises `FileChanged`, `LocalFailure`, `Cancelled`, `errors.S3Error`.
    """
    body = SourceBody(source, part, progress, token)
    count_what_is_sent(connection.client(str(parameters["Bucket"])))
    try:
        answer = connection.quickly(
            operation, **parameters, **checks(connection, sums), Body=body if part.length else b""
        )
    except (errors.S3Error, Stopped):
        body.give_back()
        if body.failure:
            raise body.failure from None
        token.check()
        raise
    body.finish()
    return answer
