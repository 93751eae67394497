"""Serves ready-made pages of ListObjectsV2, so that a listing's time is the client's own."""

from __future__ import annotations

import re
import socketserver
import sys

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>flat</Name><Prefix></Prefix><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys>"
    "<EncodingType>url</EncodingType>"
)
ROW = (
    "<Contents><Key>warehouse/events/part-{0:012}.json.gz</Key><LastModified>2026-11-20T15:{1:02}:{2:02}.000Z"
    "</LastModified><ETag>&quot;{0:032x}&quot;</ETag><Size>{0}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
TOKEN = re.compile(rb"continuation-token=(\d+)")


def answers(count: int) -> list[bytes]:
    """The whole HTTP answer of each page."""
    ready = []
    for page in range(count):
        numbers = range(page * 1000, page * 1000 + 1000)
        rows = "".join(ROW.format(number, number // 60 % 60, number % 60) for number in numbers)
        more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{page + 1}</NextContinuationToken>"
        tail = more if page + 1 < count else "<IsTruncated>false</IsTruncated>"
        body = f"{HEAD}{tail}{rows}</ListBucketResult>".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        ready.append(head.encode() + body)
    return ready


class Pages(socketserver.StreamRequestHandler):
    """Any request gets the page that its continuation token names."""

    ready: list[bytes] = []

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            match = TOKEN.search(line)
            self.wfile.write(self.ready[int(match[1]) if match else 0])


def main() -> None:
    """Print the endpoint, then serve until killed."""
    Pages.ready = answers(int(sys.argv[1]))
    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Pages) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
