"""Our signatures beside those of botocore's own signer."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.form import Form
from s3tui.s3.signature import UNSIGNED, Keys, Signer

KEYS: Keys = ("AKIAEXAMPLE", "not/a+secret", None)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def signature_of_botocore(keys: Keys, url: str, headers: dict[str, str]) -> str:
    """Of a PUT with these headers, made at the moment that `x-amz-date` says."""
    signer = S3SigV4Auth(Credentials(*keys), "s3", "eu-west-9")
    request = AWSRequest("PUT", url, headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    wanted = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(wanted, request))


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    query=st.dictionaries(st.text("abcxyz-", min_size=1), printable, max_size=3),
    values=st.dictionaries(st.text("abcxyz", min_size=1), printable, max_size=3),
    token=st.none() | st.text("abcxyz=/+", min_size=1),
    unsigned=st.booleans(),
)
def test_a_signature_is_that_of_botocore(
    key: str, query: dict[str, str], values: dict[str, str], token: str | None, unsigned: bool
) -> None:
    keys: Keys = (*KEYS[:2], token)
    path = f"/bucket/{quote(key, safe='/-_.~')}"
    words = "&".join(f"{name}={quote(query[name], safe='-_.~')}" for name in sorted(query))
    headers = {"host": "127.0.0.1:9000", **{f"x-amz-meta-{name}": value for name, value in values.items()}}
    payload = UNSIGNED if unsigned else hashlib.sha256(b"body").hexdigest()
    made = Signer("eu-west-9", "s3").headers(keys, "PUT", path, words, headers, payload)
    authorization = made.pop("authorization")
    url = f"http://127.0.0.1:9000{path}" + (f"?{words}" if words else "")
    assert authorization.endswith(f"Signature={signature_of_botocore(keys, url, headers | made)}")
    assert ("x-amz-security-token" in made) == (token is not None)


def test_another_secret_makes_another_key() -> None:
    signer = Signer("eu-west-9", "s3")
    made = [signer.headers(keys, "GET", "/b/k", "", {"host": "h"}, UNSIGNED) for keys in (KEYS, ("A", "other", None))]
    assert made[0]["authorization"][-64:] != made[1]["authorization"][-64:]
    again = Signer("eu-west-9", "s3").headers(("A", "other", None), "GET", "/b/k", "", {"host": "h"}, UNSIGNED)
    assert again["x-amz-date"] != made[1]["x-amz-date"] or again == made[1]


def test_nothing_that_is_shown_holds_the_secret() -> None:
    signer = Signer("eu-west-9", "s3")
    made = signer.headers(KEYS, "GET", "/b/k", "", {"host": "h"}, UNSIGNED)
    assert "not/a+secret" not in repr(signer) + repr(made)


plain = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    values=st.dictionaries(st.text("abcxyz", min_size=1), plain, max_size=3),
    token=st.none() | st.text("abcxyz=/+", min_size=1),
    unsigned=st.booleans(),
)
def test_what_a_form_writes_is_signed_as_botocore_signs_it(
    key: str, values: dict[str, str], token: str | None, unsigned: bool
) -> None:
    keys: Keys = (*KEYS[:2], token)
    path = f"/bucket/{quote(key, safe='/-_.~')}"
    payload = UNSIGNED if unsigned else hashlib.sha256(b"body").hexdigest()
    form = Form(
        "PUT",
        "127.0.0.1:9000",
        {name: f"x-amz-meta-{name}" for name in values},
        Signer("eu-west-9", "s3"),
        bool(token),
        {},
    )
    filled = form.values(values)
    assert filled is not None
    first, *lines = form.head(filled, path, keys, payload, 4).decode().removesuffix("\r\n\r\n").split("\r\n")
    assert first == f"PUT {path} HTTP/1.1"
    headers = dict(line.split(": ", 1) for line in lines)
    assert {name: headers[f"x-amz-meta-{name}"] for name in values} == values
    assert headers["content-length"] == "4"
    authorization = headers.pop("authorization")
    signed = {name: headers[name] for name in authorization.split("SignedHeaders=")[1].split(",")[0].split(";")}
    assert headers.keys() - signed.keys() == {"content-length", "user-agent", "accept-encoding"}
    assert authorization.endswith(f"Signature={signature_of_botocore(keys, f'http://127.0.0.1:9000{path}', signed)}")


@pytest.mark.parametrize("value", ["a b", " a", "", "é", "a\r\nb: c", 7, None])
def test_a_form_leaves_what_is_not_sure_to_others(value: object) -> None:
    assert Form("PUT", "h", {"Name": "x-amz-meta-name"}, None, False, {}).values({"Name": value}) is None
