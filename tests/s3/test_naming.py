from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from s3tui.s3.naming import problems


@pytest.mark.parametrize("name", ["abc", "a-b", "r630-switchbot-isos", "a.b.c", "1" * 63, "1.2.3", "cyn-org2"])
def test_good_names(name: str) -> None:
    assert problems(name) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "at least 3"),
        ("ab", "at least 3"),
        ("a" * 64, "at most 63"),
        ("Abc", "Capital"),
        ("a_b", "Underscores"),
        ("a b", "Only lower-case"),
        ("caf\u00e9", "Only lower-case"),
        ("abc\n", "Only lower-case"),
        ("-abc", "begins"),
        (".abc", "begins"),
        ("abc-", "ends"),
        ("abc.", "ends"),
        ("a..b", "Two dots"),
        ("192.168.5.4", "IP address"),
        ("xn--abc", "“xn--”"),
        ("sthree-abc", "“sthree-”"),
        ("amzn-s3-demo-abc", "“amzn-s3-demo-”"),
        ("abc-s3alias", "“-s3alias”"),
        ("abc--ol-s3", "“--ol-s3”"),
        ("abc.mrap", "“.mrap”"),
        ("abc--x-s3", "“--x-s3”"),
        ("abc--table-s3", "“--table-s3”"),
        ("abc-an", "“-an”"),
    ],
)
def test_each_rule_is_explained(name: str, said: str) -> None:
    assert any(said in problem for problem in problems(name))


def test_several_broken_rules_are_all_told() -> None:
    assert len(problems("-Ab..c-")) == 4


@given(some.text(max_size=70))
def test_a_name_without_problems_is_a_host_name(name: str) -> None:
    if not problems(name):
        assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]{1,61})[a-z0-9]", name)
