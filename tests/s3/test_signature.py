"""Our signatures beside those of botocore's own signer."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

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
