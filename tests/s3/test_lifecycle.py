"""Lifecycle rules as people paste them, what they mean, and each in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3 import documents, lifecycle
from s3tui.s3.document_kinds import Rule
from s3tui.s3.rule_differences import differences, meaning
from tests.s3.lifecycle_samples import BASIC, errors_of, read, rule, warnings_of


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
