"""Pages that are fetched without botocore: asked for and signed as botocore does, whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.direct import Direct, Way
from s3tui.s3.line import NotPlain
from tests.s3.stub_server import Answer, Asked, Stub, stub

PAGE = b"<ListBucketResult>" + b"x" * 200_000 + b"</ListBucketResult>"
CHUNKED = {"Transfer-Encoding": "chunked", "x-amz-request-id": "id"}
words = st.dictionaries(
    st.sampled_from(["continuation-token", "prefix", "start-after"]), st.text("a+/= %é\U0001f600~", max_size=8)
)


def way_to(server: Stub, **changes: Any) -> Way:
    url, keys = f"{server.endpoint}/bucket", ("AKIASTUB", "not-a-secret", "a-token")
    plain = Way(url, {}, "eu-north-1", "s3", keys, authorities="", proxies={}, timeouts=(5, 60), streams=2)
    return replace(plain, **changes)


def in_chunks(body: bytes, sizes: list[int]) -> bytes:
    """`body` in chunks of these sizes, and a last one with the rest."""
    pieces = []
    for size in sizes:
        pieces, body = [*pieces, body[:size]], body[size:]
    written = (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, body) if piece)
    return b"".join(written) + b"0\r\n\r\n"


def listed(_: Asked) -> Answer:
    return Answer(200, b"<ListBucketResult/>", {"x-amz-request-id": "id"})


@given(words)
def test_a_page_is_asked_for_as_botocore_asks(query: dict[str, str]) -> None:
    with stub(listed) as server:
        way = way_to(server)
        assert Direct(way).get({"list-type": "2"} | query).request_id == "id"
        [asked] = server.asked
    request = AWSRequest("GET", way.url, params={"list-type": "2"} | query)
    request.headers["Host"] = urlsplit(way.url).netloc
    for name in ("x-amz-content-sha256", "x-amz-date", "x-amz-security-token"):
        request.headers[name] = asked.headers[name]
    request.context["timestamp"] = asked.headers["x-amz-date"]
    assert way.keys is not None
    signer = S3SigV4Auth(Credentials(*way.keys), way.service, way.region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert asked.headers["authorization"].endswith(f"Signature={signature}")
    text = urlsplit(asked.path).query
    assert parse_qsl(text, keep_blank_values=True) == sorted(({"list-type": "2"} | query).items())
    assert "+" not in text


@pytest.mark.parametrize("sizes", [[], [1], [3, 1, 65_536, 5], [70_000, 70_000]])
def test_a_page_in_chunks_is_whole(sizes: list[int]) -> None:
    with stub(lambda _: Answer(200, in_chunks(PAGE, sizes), CHUNKED)) as server:
        direct = Direct(way_to(server))
        for _ in range(2):  # the connection is kept, and nothing of one answer is taken for the next
            assert direct.get({"list-type": "2"}).body == PAGE


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (in_chunks(PAGE, [5])[:-5], OSError),
        (in_chunks(PAGE, [5])[:9], OSError),
        (b"zz\r\nhello\r\n", NotPlain),
        (b"5;name=value\r\nhello\r\n0\r\n\r\n", NotPlain),
        (b"4\r\nhello\r\n0\r\n\r\n", NotPlain),
        (b"5\r\nhello\r\n0\r\n\r\nmore", NotPlain),
        (b"5\r\nhello\r\n0\r\nchecksum: x\r\n\r\n", NotPlain),
    ],
    ids=["no end", "cut", "no number", "extension", "longer", "more", "trailer"],
)
def test_odd_chunks_are_no_page(body: bytes, wrong: type[Exception]) -> None:
    ending = {**CHUNKED, "Connection": "close"}
    with stub(lambda _: Answer(200, body, ending)) as server, pytest.raises(wrong):
        Direct(way_to(server)).get({"list-type": "2"})


def test_behind_a_proxy_it_is_asked_through_that() -> None:
    with stub(listed) as server:
        way = way_to(server)
        nowhere = replace(way, url="http://only.the.proxy.knows.invalid/bucket", proxies={"http": server.endpoint})
        answer = Direct(nowhere).get({"list-type": "2", "prefix": "a b"})
        [asked] = server.asked
    assert (answer.status, answer.body, answer.request_id) == (200, b"<ListBucketResult/>", "id")
    assert asked.path == "http://only.the.proxy.knows.invalid/bucket?list-type=2&prefix=a%20b"
    assert asked.headers["host"] == "only.the.proxy.knows.invalid"
    assert "Signature=" in asked.headers["authorization"]


def test_an_unsigned_way_sends_no_signature() -> None:
    with stub(listed) as server:
        Direct(way_to(server, keys=None)).get({"list-type": "2"})
        assert "authorization" not in server.asked[0].headers
