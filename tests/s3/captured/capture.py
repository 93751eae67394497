"""Start every server that is here, fill a bucket with odd names and keep the pages of its listings.

PATH=$PATH:/where/minio/is .venv/bin/python -m tests.s3.captured.capture [SERVER ...]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from botocore.handlers import set_list_objects_encoding_type_url

from s3tui.s3.client import Connection
from s3tui.s3.errors import S3Error
from tests.servers.launch import LAUNCHERS

FOLDER = Path(__file__).parent
BUCKET = "captured"
KEYS = [
    "plain.txt",
    "a folder/with space.txt",
    "a folder/plus+sign.txt",
    "a folder/%2B percent.txt",
    "logs/2026/10/app.log",
    "logs/2026/11/app.log",
    "marks/&amp; & <b> \"double\" 'single'",
    "marks/<Key>fake<|Key>",
    "marks/]]>",
    "texts/über/日本語/😀.txt",
    "texts/combining e\u0301",
    "white/line\nbreak",
    "white/tab\tstop",
    "white/ ends in a space ",
    "zz~!*()_-.,:;=@$^`{}[]|\\",
]
PART = 5 << 20  # bytes; the least that S3 takes


class Capture:
    """One server's listings."""

    def __init__(self, name: str, connection: Connection) -> None:
        self._name = name
        self._connection = connection
        self._client = connection.client(BUCKET)
        self._body = b""
        for operation in ("ListObjectsV2", "ListObjectVersions"):
            self._client.meta.events.register(f"before-parse.*.{operation}", self._keep)

    def _keep(self, response_dict: dict[str, Any], **_: Any) -> None:
        self._body = response_dict["body"]

    def fill(self) -> None:
        """Objects under odd names, one in parts, and where there are versions some old and some deleted ones."""
        self._try("create_bucket")
        for key in KEYS:
            self._try("put_object", Key=key, Body=key.encode())
        self._try("put_object", Key="cold.bin", Body=b"", StorageClass="STANDARD_IA")
        self._try("put_object", Key="summed.bin", Body=b"x", ChecksumAlgorithm="SHA256")
        self._in_parts("parts.iso")
        self._try("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        for key in ("plain.txt", "plain.txt", "logs/2026/10/app.log", "new & old"):
            self._try("put_object", Key=key, Body=b"newer")
        for key in ("plain.txt", "new & old", "never was", "a folder/plus+sign.txt"):
            self._try("delete_object", Key=key)
        self._try("put_object", Key="plain.txt", Body=b"back again")

    def _in_parts(self, key: str) -> None:
        upload = self._try("create_multipart_upload", Key=key).get("UploadId")
        parts = []
        for number, body in enumerate((bytes(PART), b"end"), 1):
            sent = self._try("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": sent.get("ETag")})
        self._try("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def _try(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            return self._connection.call(operation, Bucket=BUCKET, **parameters)
        except S3Error as error:
            print(f"{self._name}: {operation} {parameters.get('Key', '')!r}: {error}")
            return {}

    def list(self) -> None:
        """Write a file for each kind of listing."""
        objects, versions = "list_objects_v2", "list_object_versions"
        self._write("objects", objects)
        self._write("owners", objects, FetchOwner=True)
        self._write("folders", objects, Delimiter="/")
        self._write("paged", objects, MaxKeys=4, Delimiter="/")
        self._write("empty", objects, Prefix="nothing/")
        self._write("versions", versions)
        self._write("versions-folders", versions, Delimiter="/")
        self._write("versions-paged", versions, MaxKeys=4)
        events = self._client.meta.events
        for operation in ("ListObjectsV2", "ListObjectVersions"):
            events.unregister(f"before-parameter-build.s3.{operation}", set_list_objects_encoding_type_url)
        # What XML can't hold would make these pages unreadable for everyone.
        self._write("objects-unencoded", objects)
        self._write("folders-unencoded", objects, Delimiter="/")
        self._write("versions-unencoded", versions)

    def _write(self, what: str, operation: str, **parameters: Any) -> None:
        self._body = b""
        if self._try(operation, **parameters):
            (FOLDER / f"{self._name}.{what}.xml").write_bytes(self._body)


def main(names: list[str]) -> None:
    """Capture from these servers, or from all that can be started."""
    for name in names or list(LAUNCHERS):
        if why := LAUNCHERS[name].missing:
            print(f"{name}: {why}")
            continue
        with tempfile.TemporaryDirectory() as folder, LAUNCHERS[name].start(Path(folder)) as server:
            capture = Capture(name, server.connection())
            capture.fill()
            capture.list()


if __name__ == "__main__":
    main(sys.argv[1:])
