"""Metadata: S3's limits, encodings, differences, settings."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.s3 import metadata
from s3tui.s3.metadata import FIELDS, Difference, Metadata, differences, problems, readable, sent, set_value


def test_fields_cover_metadata() -> None:
    assert {field.attribute for field in FIELDS} | {"user"} == {item.name for item in fields(Metadata)}


def test_from_answer_reads_every_header() -> None:
    answer = {
        "ContentType": "text/plain",
        "CacheControl": "no-cache",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "nl",
        "ExpiresString": "0",
        "WebsiteRedirectLocation": "/x",
        "Metadata": {"b": "2", "a": "caf\xc3\xa9"},
    }
    assert metadata.from_answer(answer) == Metadata(
        "text/plain", "no-cache", "inline", "gzip", "nl", "0", "/x", (("a", "café"), ("b", "2"))
    )


def test_from_answer_takes_a_date_without_its_text() -> None:
    answer = {"Expires": datetime(2026, 10, 21, 7, 28, tzinfo=UTC)}
    assert metadata.from_answer(answer).expires == "Wed, 21 Oct 2026 07:28:00 GMT"


def test_latin_1_that_is_no_utf_8_stays() -> None:
    assert metadata.from_answer({"Metadata": {"a": "caf\xe9"}}).user == (("a", "café"),)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_is_sent_reads_back(value: str) -> None:
    on_the_wire = sent(value)
    assert on_the_wire.isascii()
    if not value.isascii():
        assert readable(on_the_wire) == value


@pytest.mark.parametrize("value", ["=?nonsense?Q?a?=", "=?UTF-8?B?!!?=", "a =? b", "=?utf-8?q?caf=C3?=", "=?"])
def test_broken_encoded_words_are_harmless(value: str) -> None:
    assert isinstance(readable(value), str)


def test_encoded_words_of_both_kinds_are_read() -> None:
    assert readable("=?UTF-8?Q?caf=C3=A9?=") == readable("=?UTF-8?B?Y2Fmw6k=?=") == "café"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Metadata(cache_control="a\nb"), "Cache-Control"),
        (Metadata(content_type="text/é"), "Content-Type"),
        (Metadata(content_disposition='attachment; filename="é"'), "filename*="),
        (Metadata(content_language=" en"), "space"),
        (Metadata(expires="tomorrow"), "not a date"),
        (Metadata(website_redirect="elsewhere"), "redirect"),
        (Metadata(user=(("", "x"),)), "empty"),
        (Metadata(user=(("a b", "x"),)), "can't be a name"),
        (Metadata(user=(("é", "x"),)), "can't be a name"),
        (Metadata(user=(("a:", "x"),)), "can't be a name"),
        (Metadata(user=(("a", "x\r\nHost: evil"),)), "control"),
        (Metadata(user=(("a", "x\ud800"),)), "half a character"),
        (Metadata(user=(("a", "x "),)), "space"),
        (Metadata(user=(("A", "1"), ("a", "2"))), "twice"),
        (Metadata(user=(("a", "x" * 2048),)), "2,049 bytes"),
        (Metadata(user=(("a", "é" * 800),)), "bytes"),
        (Metadata(cache_control="x" * 2048), "The headers take"),
    ],
)
def test_each_limit_is_explained(broken: Metadata, said: str) -> None:
    found = problems(broken)
    assert len(found) == 1
    assert said in found[0]
    with pytest.raises(BadInput):
        metadata.parameters(broken)


def test_what_is_allowed_has_no_problem() -> None:
    allowed = Metadata(
        "text/html; charset=utf-8",
        "max-age=0",
        "inline; filename*=UTF-8''caf%C3%A9",
        "gzip",
        "de, en",
        "2026-10-21T07:28:00Z",
        "https://example.org/",
        (("a-b_c.d", "x" * 2040), ("e", "")),
    )
    assert problems(allowed) == []
    assert metadata.parameters(allowed)["Expires"] == datetime(2026, 10, 21, 7, 28, tzinfo=UTC)


def test_parameters_name_what_is_set_only() -> None:
    assert metadata.parameters(Metadata(content_type="a/b", user=(("n", "ü"),))) == {
        "ContentType": "a/b",
        "Metadata": {"n": "=?UTF-8?B?w7w=?="},
    }


def test_differences() -> None:
    old = Metadata("text/plain", cache_control="no-cache", user=(("gone", "1"), ("kept", "2"), ("new", "3")))
    new = Metadata("text/html", content_language="en", user=(("came", "9"), ("kept", "2"), ("new", "4")))
    assert differences(old, new) == [
        Difference("changed", "Content-Type", "text/plain", "text/html"),
        Difference("removed", "Cache-Control", "no-cache", ""),
        Difference("added", "Content-Language", "", "en"),
        Difference("added", "came", "", "9"),
        Difference("removed", "gone", "1", ""),
        Difference("changed", "new", "3", "4"),
    ]
    assert [str(item)[0] for item in differences(old, new)] == ["~", "-", "+", "+", "-", "~"]


def test_an_empty_value_is_a_value() -> None:
    assert differences(Metadata(), Metadata(user=(("a", ""),))) == [Difference("added", "a", "", "")]
    assert differences(Metadata(user=(("a", ""),)), Metadata()) == [Difference("removed", "a", "", "")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Metadata(user=(("a", "é"),)), Metadata(user=(("A", "=?UTF-8?Q?=C3=A9?="),))),
        (Metadata(expires="Wed, 21 Oct 2026 07:28:00 GMT"), Metadata(expires="2026-10-21T09:28:00+02:00")),
        (Metadata(), Metadata(content_type="binary/octet-stream")),
    ],
)
def test_the_same_in_another_form_is_no_difference(old: Metadata, new: Metadata) -> None:
    assert differences(old, new) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("content-type", Metadata(content_type="v")),
        ("Content-Type", Metadata(content_type="v")),
        ("website-redirect", Metadata(website_redirect="v")),
        ("x-amz-website-redirect-location", Metadata(website_redirect="v")),
        ("x-amz-meta-Foo", Metadata(user=(("Foo", "v"),))),
        ("foo", Metadata(user=(("foo", "v"),))),
    ],
)
def test_set_value(name: str, expected: Metadata) -> None:
    changed = set_value(Metadata(), name, "v")
    assert changed == expected
    assert set_value(changed, name, "") == Metadata()


def test_set_value_replaces_whatever_the_case() -> None:
    assert set_value(Metadata(user=(("Foo", "1"),)), "foo", "2").user == (("foo", "2"),)
