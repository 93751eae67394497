"""Templates of keys and metadata: what they take, what they say, and that values are never taken for fields."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.transfers.template import Template, literal, own_fields

ISO = "isos/server-{server_id}-{hostname}-{version}-{date}.iso"


def test_the_keys_of_the_systems_we_serve() -> None:
    values = {"server_id": "01", "hostname": "r630-01.example.com", "version": "4.18.0", "date": "20250414"}
    assert Template(ISO).fill(values) == "isos/server-01-r630-01.example.com-4.18.0-20250414.iso"
    assert Template("openshift/{version}/agent.x86_64.iso").fill(values) == "openshift/4.18.0/agent.x86_64.iso"
    assert own_fields([ISO, "{uuid4}{ext}", "{version}"]) == ("server_id", "hostname", "version")


def test_braces_of_its_own() -> None:
    assert Template("a{{b}}{{{{{name}}}}}").fill({"name": "{x}"}) == "a{b}{{{x}}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a{", "“{” without its other half at character 2"),
        ("a}b", "“}” without its other half at character 2"),
        ("{name", "“{” without its other half at character 1"),
        ("{}", "an empty field at character 1"),
        ("{a b}", "can't be a field"),
        ("{name!r}", "can't be a field"),
        ("{date:%Y}", "can't be a field"),
        ("{0}", "can't be a field"),
        ("{name.__class__}", "can't be a field"),
        ("{{a{b}c}", "“}” without its other half"),
    ],
)
def test_what_is_malformed_is_said(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        Template(text)
    assert said in str(caught.value)


@given(st.text())
@example("{{}{}")
def test_whatever_stands_in_a_template_is_taken_or_refused_in_a_sentence(text: str) -> None:
    try:
        template = Template(text)
    except BadInput as error:
        assert str(error).endswith(".")
    else:
        template.fill(dict.fromkeys(template.fields, "x"))


@given(st.lists(st.tuples(st.text(), st.sampled_from(["name", "own-1", "b_2"]))), st.text(), st.text())
def test_text_and_values_come_out_as_they_went_in(parts: list[tuple[str, str]], rest: str, value: str) -> None:
    template = Template("".join(f"{literal(text)}{{{name}}}" for text, name in parts) + literal(rest))
    assert set(template.fields) == {name for _, name in parts}
    filled = template.fill({"name": value, "own-1": "{name}", "b_2": "}}"})
    values = {"name": value, "own-1": "{name}", "b_2": "}}"}
    assert filled == "".join(text + values[name] for text, name in parts) + rest
