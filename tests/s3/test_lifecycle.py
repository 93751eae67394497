"""Lifecycle rules as people paste them: shapes, S3's rules with their lines, meaning, sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3 import documents, lifecycle
from s3tui.s3.document_kinds import Rule
from s3tui.s3.rule_differences import differences, meaning

BASIC: Rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}


def read(document: Any, aws: bool = False) -> Any:
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    return documents.read("lifecycle", text, aws)


def rule(**changes: Any) -> Rule:
    return {name: value for name, value in {**BASIC, **changes}.items() if value is not None}


def errors_of(document: Any, aws: bool = False) -> list[str]:
    return [complaint.text for complaint in read(document, aws).complaints if not complaint.warning]


def warnings_of(document: Any, aws: bool = False) -> list[str]:
    return [complaint.text for complaint in read(document, aws).complaints if complaint.warning]


# --- shapes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {"Rules": [BASIC]},
        [BASIC],
        BASIC,
        {"LifecycleConfiguration": {"Rules": [BASIC]}},
        {"rules": [{"id": "a", "status": "Enabled", "filter": {"prefix": "logs/"}, "expiration": {"days": 30}}]},
        {"Rule": {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}},
        {"status": "success", "target": "m/b", "config": {"Rules": [BASIC]}, "updatedAt": "2026-01-01T00:00:00Z"},
        {"Rules": [{**BASIC, "Prefix": None, "Transitions": []}]},
        {"Rules": [{**BASIC, "Filter": {"And": {"Prefix": "logs/"}}}]},
    ],
)
def test_every_tools_shape_is_the_same_document(document: Any) -> None:
    reading = read(document)
    assert reading.complaints == ()
    assert reading.rules == (BASIC,)


def test_what_aws_prints_beside_the_rules_is_kept() -> None:
    reading = read({"TransitionDefaultMinimumObjectSize": "varies_by_storage_class", "Rules": [BASIC]})
    assert reading.ok
    assert reading.extras == {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}


def test_the_zeros_of_an_old_mc_say_nothing() -> None:
    """`mc ilm export` of 2020 prints every member, empty or not."""
    dumped = {
        "AbortIncompleteMultipartUpload": {},
        "Expiration": {"Date": "0001-01-01T00:00:00Z", "Days": 3, "ExpiredObjectDeleteMarker": False},
        "ID": "cgj3k0i3k0ivmr3i8a10",
        "Filter": {"And": {}, "Prefix": "tmp/"},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 0},
        "NoncurrentVersionTransition": {},
        "Status": "Enabled",
        "Transition": {"Date": "0001-01-01T00:00:00Z"},
    }
    reading = read({"Rules": [dumped]})
    assert reading.complaints == ()
    assert reading.rules == (
        {
            "ID": "cgj3k0i3k0ivmr3i8a10",
            "Status": "Enabled",
            "Filter": {"Prefix": "tmp/"},
            "Expiration": {"Days": 3},
        },
    )


def test_a_zero_that_a_person_wrote_is_complained_about() -> None:
    assert errors_of([rule(Expiration=None, NoncurrentVersionExpiration={"NoncurrentDays": 0})]) == [
        "NoncurrentDays must be at least 1, not 0."
    ]


def test_mc_leaves_the_filter_out_for_a_whole_bucket() -> None:
    exported = {"Expiration": {"Days": 3}, "ID": "cgj3k0i3k0ivmr3i8a10", "Status": "Enabled"}
    reading = read({"Rules": [exported]})
    assert reading.ok
    assert reading.rules[0]["Filter"] == {"Prefix": ""}
    assert "This deletes every object of the bucket." in warnings_of({"Rules": [exported]})
    assert errors_of({"Rules": [{**exported, "ID": "mine"}]}) == [
        'Filter is missing. For the whole bucket write "Filter": {"Prefix": ""}.'
    ]


def test_mcs_single_transition_is_a_list_of_one() -> None:
    reading = read([rule(Expiration=None, Transition={"Days": 60, "StorageClass": "COLDTIER"})])
    assert reading.complaints == ()
    assert reading.rules[0]["Transitions"] == [{"Days": 60, "StorageClass": "COLDTIER"}]


# --- JSON -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Line 1: The document is empty (column 1)."),
        ('{\n "Rules": [\n  {"ID": "a",}\n ]\n}', "Line 3: The last comma has nothing after it (column 13)."),
        ('{\n "Rules"\n []}', "Line 3: A colon is missing after “Rules” (column 2)."),
        ('[\n {"ID": "a" "Status": 1}]', "Line 2: A comma or “}” is missing here (column 13)."),
        ('[\n {"ID": "a\n"}]', "Line 2: These quotes are not closed on the same line (column 9)."),
        ("[\n {ID: 1}]", "Line 2: A name in double quotes is missing here (column 3)."),
        ("[] x", "Line 1: Nothing may follow the document's end (column 4)."),
        ("[" * 60, "Line 1: This is nested too deeply (column 42)."),
        ('["\\q"]', "Line 1: A “\\” in this text means nothing in JSON (column 2)."),
        ("[NaN]", "Line 1: This is not JSON (column 2)."),
    ],
)
def test_broken_json_is_pointed_at(text: str, complaint: str) -> None:
    assert [str(found) for found in read(text).complaints] == [complaint]


def test_a_name_that_comes_twice_is_complained_about_on_its_line() -> None:
    text = '[{\n"ID": "a",\n"Status": "Enabled",\n"Filter": {},\n"Expiration": {"Days": 1},\n"Status": "Disabled"\n}]'
    assert [str(found) for found in read(text).complaints] == ["Line 6: “Status” comes twice in the same place."]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values, st.sampled_from([None, 1, 4]))
def test_our_reader_reads_what_json_reads(value: Any, indent: int | None) -> None:
    from s3tui.s3.document_text import parse, plain

    text = json.dumps(value, indent=indent)
    node, complaints = parse(text)
    assert node is not None
    assert not complaints
    assert plain(node) == json.loads(text)


@given(st.text(alphabet='{}[]":,truefalsn0123.-\\ \n', max_size=40))
def test_our_reader_refuses_what_json_refuses(text: str) -> None:
    from s3tui.s3.document_text import parse

    try:
        json.loads(text)
        valid = True
    except ValueError:
        valid = False
    assert (parse(text)[0] is not None) == valid


# --- S3's rules -----------------------------------------------------------------------------------------------


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


# --- meaning --------------------------------------------------------------------------------------------------

TAG = {"Key": "a", "Value": "b"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Filter": None, "Prefix": "logs/"}, {}),
        ({"Filter": {}}, {"Filter": {"Prefix": ""}}),
        ({"Filter": None, "Prefix": ""}, {"Filter": {}}),
        ({"Filter": {"And": {"Tags": [TAG]}}}, {"Filter": {"Tag": TAG}}),
        ({"Filter": {"Prefix": "p", "Tag": TAG}}, {"Filter": {"And": {"Prefix": "p", "Tags": [TAG]}}}),  # Ceph
        ({"ID": "other"}, {}),
        ({"Expiration": {"Days": 30, "ExpiredObjectDeleteMarker": False}}, {}),
        ({"Transitions": []}, {}),
    ],
)
def test_written_differently_but_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert meaning(lifecycle.KIND, rule(**one)) == meaning(lifecycle.KIND, rule(**other))


@pytest.mark.parametrize(
    "changes",
    [
        {"Status": "Disabled"},
        {"Expiration": {"Days": 31}},
        {"Filter": {"Prefix": "logs"}},
        {"Filter": {"Prefix": ""}},
        {"Filter": {"And": {"Prefix": "logs/", "ObjectSizeGreaterThan": 0}}},
        {"Filter": {"And": {"Prefix": "logs/", "Tags": [TAG]}}},
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
    ],
)
def test_whatever_changes_what_happens_is_a_difference(changes: dict[str, Any]) -> None:
    found = differences(lifecycle.KIND, [BASIC], [rule(**changes)])
    assert [difference.change for difference in found] == ["changed"]
    assert found[0].details
    assert not found[0].harmless


def test_rules_are_matched_by_id_then_meaning_then_objects() -> None:
    before = [rule(ID="keep"), rule(ID="gone", Filter={"Prefix": "x/"}), rule(ID="old name", Filter={"Prefix": "y/"})]
    after = [
        rule(ID="new name", Filter={"Prefix": "y/"}),
        rule(ID="keep", Expiration={"Days": 60}),
        rule(ID="new", Filter={"Prefix": "z/"}),
    ]
    found = differences(lifecycle.KIND, before, after)
    assert [(difference.change, difference.name) for difference in found] == [
        ("removed", "gone"),
        ("renamed", "new name"),
        ("changed", "keep"),
        ("added", "new"),
    ]
    assert found[2].details == ("Expiration.Days: 30 → 60",)


def test_the_order_of_lifecycle_rules_means_nothing() -> None:
    rules = [rule(ID="a"), rule(ID="b", Filter={"Prefix": "b/"})]
    assert differences(lifecycle.KIND, rules, rules[::-1]) == []


# --- sentences ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Objects under “logs/” are deleted 30 days after they were created."),
        ({"Status": "Disabled"}, "Switched off: objects under “logs/” are deleted 30 days after they were created."),
        ({"Filter": {}}, "All objects are deleted 30 days after they were created."),
        (
            {"Filter": {"And": {"Prefix": "a", "Tags": [TAG], "ObjectSizeGreaterThan": 1024}}},
            "Objects whose key starts with “a” tagged a=b larger than 1.0 KiB are deleted 30 days after they were "
            "created.",
        ),
        (
            {"Transitions": [{"Days": 0, "StorageClass": "GLACIER_IR"}, {"Days": 9, "StorageClass": "DEEP_ARCHIVE"}]},
            "Objects under “logs/” move to GLACIER_IR as soon as they are created, move to DEEP_ARCHIVE 9 days after "
            "they were created and are deleted 30 days after they were created.",
        ),
        (
            {
                "Expiration": {"Date": "2031-01-01T00:00:00Z"},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 3},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
            "Objects under “logs/” are deleted on 2031-01-01; old versions of them are deleted 1 day after they were "
            "replaced, except the newest 3; unfinished uploads there are aborted 1 day after they began.",
        ),
        (
            {"Expiration": {"ExpiredObjectDeleteMarker": True}},
            "Delete markers of objects under “logs/” are removed once no version is left behind them.",
        ),
        (
            {"Expiration": None, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
            "Unfinished uploads of objects under “logs/” are aborted 7 days after they began.",
        ),
    ],
)
def test_a_rule_is_one_english_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert documents.sentence("lifecycle", rule(**changes)) == sentence


def test_the_text_shows_what_could_not_be_seen() -> None:
    text = documents.text_of("lifecycle", [rule(ID="a\u202eb\u200b")])
    assert "a\\u202eb\\u200b" in text
    assert documents.read("lifecycle", text).rules == (rule(ID="a\u202eb\u200b"),)


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
days = st.integers(1, 4000)
tags = st.dictionaries(names.filter(bool).filter(lambda key: len(key) <= 128), names.filter(lambda v: len(v) <= 256))
rules = st.fixed_dictionaries(
    {
        "Status": st.sampled_from(["Enabled", "Disabled"]),
        "Filter": st.fixed_dictionaries(
            {
                "And": st.fixed_dictionaries(
                    {
                        "Prefix": names,
                        "Tags": tags.map(lambda d: [{"Key": k, "Value": v} for k, v in list(d.items())[:10]]),
                    },
                    optional={"ObjectSizeGreaterThan": st.integers(0, 10**13)},
                )
            }
        ),
        "Expiration": days.map(lambda d: {"Days": d}),
    },
    optional={
        "NoncurrentVersionExpiration": st.fixed_dictionaries(
            {"NoncurrentDays": days}, optional={"NewerNoncurrentVersions": st.integers(1, 100)}
        )
    },
)


@given(rules)
def test_tidying_and_reading_back_change_no_meaning(rule: Rule) -> None:
    tidied = lifecycle.tidy(rule)
    assert lifecycle.tidy(tidied) == tidied
    assert meaning(lifecycle.KIND, tidied) == meaning(lifecycle.KIND, rule)
    reading = documents.read("lifecycle", documents.text_of("lifecycle", [rule]), aws=True)
    assert reading.ok, reading.complaints
    assert reading.rules == (tidied,)
    assert differences(lifecycle.KIND, [rule], reading.rules) == []
