"""S3's rules for lifecycle rules, each complaint with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.s3.lifecycle_samples import BASIC, errors_of, read, rule, warnings_of


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"Status": None}, "Status is missing: “Enabled” or “Disabled”."),
        ({"Status": "enabled"}, "Status must be “Enabled” or “Disabled”, not “enabled”."),
        ({"Expiration": None}, "The rule does nothing: it needs one of "),
        ({"Expiration": {"Days": 0}}, "Days must be at least 1, not 0."),
        ({"Expiration": {"Days": -3}}, "Days must be at least 1, not -3."),
        ({"Expiration": {"Days": "30"}}, "Expiration.Days must be a whole number, without quotes."),
        ({"Expiration": {"Days": 1.5}}, "Expiration.Days must be a whole number, without quotes."),
        ({"Expiration": {"Days": True}}, "Expiration.Days must be a whole number, without quotes."),
        ({"Expiration": {"Days": 2**31}}, "Expiration.Days can't be more than 2,147,483,647."),
        ({"Expiration": {"Day": 3}}, "S3 knows no “Day” in Expiration. Is “Days” meant?"),
        ({"Expire": 3}, "S3 knows no “Expire” in a rule. Is “Expiration” meant?"),
        ({"Cost": 3}, "S3 knows no “Cost” in a rule. It may hold ID, Status, "),
        ({"expiration": {"Days": 3}}, "“Expiration” is here twice, written in two ways."),
        ({"Expiration": {"Days": 3, "Date": "2031-01-01"}}, "Expiration takes one of its members, not Days, Date."),
        ({"Expiration": {"Date": "2031-01-01T12:00:00Z"}}, "A Date must be midnight UTC"),
        ({"Expiration": {"Date": "2031-01-01T00:00:00+02:00"}}, "A Date must be midnight UTC"),
        ({"Expiration": {"Date": "soon"}}, "Expiration.Date must be a date like “2027-01-31T00:00:00Z”."),
        ({"ID": "x" * 256}, "An ID has at most 255 characters; this one has 256."),
        ({"ID": "a\u0000b"}, "ID holds a control character, which S3's XML can't carry."),
        ({"Prefix": "old/"}, "Prefix may not stand beside Filter: move it into Filter."),
        ({"Filter": None}, "Filter is missing."),
        ({"Filter": {"Prefix": "x" * 1025}}, "A prefix has at most 1,024 bytes."),
        ({"Filter": {"Prefix": "a/", "ObjectSizeGreaterThan": 5}}, "Filter takes one of its members, not Prefix, "),
        ({"Filter": {"Tag": {"Key": "", "Value": "x"}}}, "The tag has no Key."),
        ({"Filter": {"Tag": {"Key": "a"}}}, "The tag has no Value (it may be empty)."),
        ({"Filter": {"Tag": {"Key": "k" * 129, "Value": ""}}}, "A tag's Key has at most 128 characters."),
        ({"Filter": {"Tag": {"Key": "k", "Value": "v" * 257}}}, "A tag's Value has at most 256 characters."),
        (
            {"Filter": {"And": {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}}},
            "The tag “a” comes twice in one rule.",
        ),
        (
            {"Filter": {"And": {"ObjectSizeGreaterThan": 9, "ObjectSizeLessThan": 10}}},
            "No object is both larger than ObjectSizeGreaterThan and smaller than ObjectSizeLessThan.",
        ),
        ({"Filter": {"ObjectSizeLessThan": 0}}, "ObjectSizeLessThan must be at least 1."),
        ({"Filter": {"ObjectSizeGreaterThan": -1}}, "ObjectSizeGreaterThan can't be negative."),
        (
            {"Filter": {"Tag": {"Key": "a", "Value": ""}}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
            "ExpiredObjectDeleteMarker can't be limited by tags: delete markers have none.",
        ),
        ({"Transitions": [{"Days": 1}]}, "Transitions: StorageClass is missing."),
        ({"Transitions": [{"StorageClass": "GLACIER"}]}, "Transitions: Days or Date is missing."),
        ({"Transitions": [{"Days": 1, "StorageClass": "STANDARD"}]}, "Nothing can move to STANDARD."),
        ({"Transitions": [{"Days": -1, "StorageClass": "GLACIER"}]}, "Days can't be negative."),
        (
            {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]},
            "Deleting must come later than moving to GLACIER (30).",
        ),
        (
            {"Transitions": [{"Date": "2031-01-01", "StorageClass": "GLACIER"}]},
            "Days and Date may not be mixed in one rule.",
        ),
        (
            {"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}, {"Days": 2, "StorageClass": "GLACIER"}]},
            "Transitions: objects move to GLACIER twice in one rule.",
        ),
        (
            {"Transitions": [{"Days": 2, "StorageClass": "STANDARD_IA"}, {"Days": 1, "StorageClass": "GLACIER"}]},
            "Transitions: an object in GLACIER can't move to STANDARD_IA later.",
        ),
        (
            {"Transitions": [{"Days": 1, "StorageClass": "ONEZONE_IA"}, {"Days": 2, "StorageClass": "GLACIER_IR"}]},
            "Transitions: an object in ONEZONE_IA can't move to GLACIER_IR later.",
        ),
        (
            {"Transitions": [{"Days": 1, "StorageClass": "STANDARD_IA"}, {"Days": 1, "StorageClass": "GLACIER"}]},
            "Transitions: moving to GLACIER must come later than moving to STANDARD_IA.",
        ),
        (
            {"NoncurrentVersionTransitions": [{"StorageClass": "GLACIER"}]},
            "NoncurrentVersionTransitions: NoncurrentDays is missing.",
        ),
        (
            {
                "NoncurrentVersionTransitions": [{"NoncurrentDays": 9, "StorageClass": "GLACIER"}],
                "NoncurrentVersionExpiration": {"NoncurrentDays": 9},
            },
            "Deleting must come later than moving to GLACIER (9).",
        ),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 9, "NewerNoncurrentVersions": 101}},
            "NewerNoncurrentVersions must be 1 to 100.",
        ),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}}, "DaysAfterInitiation must be at least 1"),
        (
            {
                "Filter": {"Tag": {"Key": "a", "Value": ""}},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
            "Unfinished uploads have neither tags nor a size: give their rule a prefix alone.",
        ),
        ({"Filter": "logs/"}, "Filter must be { … }."),
    ],
)
def test_each_rule_of_s3_is_checked(changes: dict[str, Any], complaint: str) -> None:
    found = errors_of([rule(**changes)])
    assert len(found) == 1
    assert found[0].startswith(complaint)


def test_complaints_name_their_lines() -> None:
    text = json.dumps(
        {"Rules": [BASIC, {**BASIC, "Status": "on"}, rule(ID="b", Transitions=[{"Days": 99, "StorageClass": "X"}])]},
        indent=1,
    )
    lines = text.split("\n")
    found = {complaint.text: lines[complaint.line - 1].strip() for complaint in read(text).complaints}
    assert found == {
        "The ID “a” is taken by the rule on line 4.": '"ID": "a",',
        "Status must be “Enabled” or “Disabled”, not “on”.": '"Status": "on",',
        "Deleting must come later than moving to X (99).": '"Days": 30',
    }


def test_at_most_a_thousand_rules() -> None:
    rules = [rule(ID=str(number)) for number in range(1001)]
    assert errors_of(rules) == ["S3 takes at most 1,000 rules; there are 1,001."]
    assert errors_of(rules[:1000]) == []


def test_a_document_without_rules_is_not_one() -> None:
    assert errors_of({"Rules": []}) == ["There is no rule. To have none, remove the whole lifecycle instead."]
    assert errors_of({}) == ["There is no rule. To have none, remove the whole lifecycle instead."]
    assert errors_of('"x"')[0].startswith("The document must be")
    assert errors_of({"Rules": [BASIC], "Statement": []}) == ["“Statement” does not belong beside “Rules”."]


def test_what_only_aws_demands_is_a_warning_elsewhere() -> None:
    newer = [rule(NoncurrentVersionExpiration={"NewerNoncurrentVersions": 3})]
    assert errors_of(newer, aws=True) == ["NoncurrentVersionExpiration: AWS wants NoncurrentDays too."]
    assert warnings_of(newer) == ["NoncurrentVersionExpiration: AWS wants NoncurrentDays too."]
    tier = [rule(Transitions=[{"Days": 3, "StorageClass": "TAPE"}])]
    assert warnings_of(tier) == []
    assert warnings_of(tier, aws=True)[0].startswith("AWS may not know “TAPE”")
    early = [rule(Transitions=[{"Days": 3, "StorageClass": "STANDARD_IA"}])]
    assert warnings_of(early) == []
    assert warnings_of(early, aws=True) == [
        "STANDARD_IA is meant for objects that are 30 days old: AWS may refuse this."
    ]


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"Filter": {}}, "This deletes every object of the bucket."),
        ({"Filter": {"Prefix": ""}}, "This deletes every object of the bucket."),
        ({"Filter": None, "Prefix": ""}, "This deletes every object of the bucket."),
        ({"Filter": {"Prefix": "/logs/"}}, "Keys rarely start with “/”: this prefix may match nothing."),
        ({"Filter": {"Prefix": "logs/*"}}, "A prefix knows no wildcards: “*” is taken as it is."),
        ({"Expiration": {"Date": "2020-01-01"}}, "This Date has passed: the rule takes effect at once."),
    ],
)
def test_what_is_allowed_but_hardly_meant_is_warned_of(changes: dict[str, Any], warning: str) -> None:
    reading = read([rule(**changes)])
    assert reading.ok
    assert [complaint.text for complaint in reading.complaints] == [warning]


def test_a_rule_that_is_off_or_that_only_archives_deletes_nothing() -> None:
    assert warnings_of([rule(Filter={}, Status="Disabled")]) == []
    assert warnings_of([rule(Filter={}, Expiration=None, Transitions=[{"Days": 1, "StorageClass": "GLACIER"}])]) == []
