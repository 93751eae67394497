"""JSON with lines: it reads what `json` reads, and points at what is broken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.document_text import parse, plain
from tests.s3.lifecycle_samples import read


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
    text = json.dumps(value, indent=indent)
    node, complaints = parse(text)
    assert node is not None
    assert not complaints
    assert plain(node) == json.loads(text)


@given(st.text(alphabet='{}[]":,truefalsn0123.-\\ \n', max_size=40))
def test_our_reader_refuses_what_json_refuses(text: str) -> None:
    try:
        json.loads(text)
        valid = True
    except ValueError:
        valid = False
    assert (parse(text)[0] is not None) == valid
