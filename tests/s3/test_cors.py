"""CORS rules as people paste them: shapes, S3's rules with their lines, meaning, sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from s3tui.s3 import cors, documents
from s3tui.s3.document_kinds import Rule
from s3tui.s3.rule_differences import differences

FULL: Rule = {
    "ID": "a",
    "AllowedOrigins": ["https://example.com"],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 3000,
}
CONSOLE = [{"AllowedHeaders": [], "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": []}]


def rule(**changes: Any) -> Rule:
    return {name: value for name, value in {**FULL, **changes}.items() if value is not None}


def complaints(document: Any, aws: bool = False) -> list[str]:
    return [str(found) for found in documents.read("cors", json.dumps(document), aws).complaints]


@pytest.mark.parametrize(
    "document",
    [
        {"CORSRules": [FULL]},
        [FULL],
        FULL,
        {"CORSConfiguration": {"CORSRule": FULL}},
        {"CORSRule": [{**FULL, "AllowedHeaders": "*", "ExposeHeaders": "ETag", "AllowedOrigins": "https://example.com"}]},
        {"cors_rules": [{"id": "a", "allowed_origins": ["https://example.com"], "allowed_methods": ["GET", "PUT"],
                         "allowed_headers": ["*"], "expose_headers": ["ETag"], "max_age_seconds": 3000}]},
        [{"id": "a", "allowedOrigin": ["https://example.com"], "allowedMethod": ["GET", "PUT"], "allowedHeader": ["*"],
          "exposeHeader": ["ETag"], "maxAgeSeconds": 3000}],
    ],
)  # fmt: skip
def test_every_tools_shape_is_the_same_document(document: Any) -> None:
    reading = documents.read("cors", json.dumps(document))
    assert reading.complaints == ()
    assert reading.rules == (FULL,)


def test_the_consoles_array_with_empty_lists() -> None:
    reading = documents.read("cors", json.dumps(CONSOLE))
    assert reading.complaints == ()
    assert reading.rules == ({"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"AllowedMethods": []}, "AllowedMethods is missing: at least one of GET PUT POST DELETE HEAD."),
        ({"AllowedMethods": ["get"]}, "A method is one of GET PUT POST DELETE HEAD, not “get”."),
        ({"AllowedMethods": ["PATCH"]}, "A method is one of GET PUT POST DELETE HEAD, not “PATCH”."),
        ({"AllowedMethods": ["OPTIONS"]}, "OPTIONS can't be named: S3 answers the browser's question by itself."),
        ({"AllowedOrigins": None}, 'AllowedOrigins is missing: at least one, like "https://example.com".'),
        ({"AllowedOrigins": [""]}, "An origin can't be empty."),
        ({"AllowedOrigins": ["https://*.a.*"]}, "An origin takes one wildcard: “https://*.a.*” has 2."),
        ({"AllowedHeaders": ["x-*-*"]}, "A header takes one wildcard: “x-*-*” has 2."),
        ({"AllowedHeaders": ["a b"]}, "“a b” can't be the name of a header."),
        ({"ExposeHeaders": ["a:"]}, "“a:” can't be the name of a header."),
        ({"ID": "x" * 256}, "An ID has at most 255 characters; this one has 256."),
        ({"MaxAgeSeconds": -1}, "MaxAgeSeconds can't be negative."),
        ({"MaxAgeSeconds": "60"}, "MaxAgeSeconds must be a whole number, without quotes."),
        ({"AllowedOrigin": "*"}, "“AllowedOrigins” is here twice, written in two ways."),
        ({"Origin": "*"}, "S3 knows no “Origin” in a rule."),
    ],
)
def test_each_rule_of_s3_is_checked(changes: dict[str, Any], complaint: str) -> None:
    found = complaints([rule(**changes)])
    assert len(found) == 1
    assert found[0].startswith(f"Line 1: {complaint}")


def test_complaints_name_their_lines() -> None:
    text = (
        '[\n {\n  "AllowedMethods": [\n   "GET",\n   "PATCH"\n  ],\n  "AllowedOrigins": [\n   "http://*.*"\n  ]\n }\n]'
    )
    assert [found.line for found in documents.read("cors", text).complaints] == [5, 8]


def test_at_most_a_hundred_rules_and_64_kib() -> None:
    assert complaints([rule(ID=str(number)) for number in range(101)]) == [
        "Line 1: S3 takes at most 100 rules; there are 101."
    ]
    assert complaints([rule(ID=str(number)) for number in range(100)]) == []
    origins = [f"https://{number:0200}.example" for number in range(300)]
    assert complaints([rule(AllowedOrigins=origins)]) == ["S3 takes at most 64.0 KiB; this is about 73.2 KiB."]


def test_ids_are_unique() -> None:
    assert complaints([FULL, FULL]) == ["Line 1: The ID “a” is taken by the rule on line 1."]
    assert complaints([rule(ID=None), rule(ID=None)]) == []


def test_an_exposed_wildcard_is_refused_by_aws_alone() -> None:
    assert complaints([rule(ExposeHeaders=["*"])], aws=True) == [
        "Line 1: ExposeHeaders takes no wildcards on AWS: name each header."
    ]
    assert documents.read("cors", json.dumps([rule(ExposeHeaders=["*"])])).ok


@pytest.mark.parametrize("origin", ["https://example.com/", "http://a.example/path", "example.com", "localhost:3000"])
def test_an_origin_that_no_browser_sends_is_warned_of(origin: str) -> None:
    found = documents.read("cors", json.dumps([rule(AllowedOrigins=[origin])]))
    assert found.ok
    assert len(found.warnings) == 1


@pytest.mark.parametrize("origin", ["*", "null", "https://*.example.com", "http://localhost:3000", "https://*"])
def test_an_origin_that_browsers_send_is_fine(origin: str) -> None:
    assert complaints([rule(AllowedOrigins=[origin])]) == []


def test_headers_have_no_case_and_zero_seconds_are_as_good_as_none() -> None:
    before = [rule(AllowedHeaders=["X-A", "x-b"], MaxAgeSeconds=None)]
    assert differences(cors.KIND, before, [rule(AllowedHeaders=["x-b", "x-a"], MaxAgeSeconds=0)]) == []


def test_the_order_of_cors_rules_has_a_meaning() -> None:
    rules = [rule(ID="a"), rule(ID="b", AllowedOrigins=["*"])]
    found = differences(cors.KIND, rules, rules[::-1])
    assert [(difference.change, difference.after) for difference in found] == [
        ("reordered", "They are tried in this order now: b, a.")
    ]
    assert differences(cors.KIND, rules, rules) == []


def test_a_changed_rule_without_an_id_is_found_by_its_origins() -> None:
    before, after = [rule(ID=None)], [rule(ID=None, MaxAgeSeconds=60)]
    found = differences(cors.KIND, before, after)
    assert [(difference.change, difference.name, difference.details) for difference in found] == [
        ("changed", "rule 1", ("MaxAgeSeconds: 3000 → 60",))
    ]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            FULL,
            "Pages from https://example.com may use GET and PUT with any header and may read the answer's ETag "
            "(browsers remember this for 50 min 00 s).",
        ),
        (
            {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
            "Pages from any site may use GET without headers of their own.",
        ),
        (
            {
                "AllowedOrigins": ["https://a", "https://b"],
                "AllowedMethods": ["GET", "HEAD", "PUT"],
                "AllowedHeaders": ["x-a"],
            },
            "Pages from https://a or https://b may use GET, HEAD and PUT with x-a.",
        ),
    ],
)
def test_a_rule_is_one_english_sentence(rule: Rule, sentence: str) -> None:
    assert documents.sentence("cors", rule) == sentence
