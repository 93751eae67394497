"""What may be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui import display

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_nothing_shown_can_drive_a_terminal(text: str) -> None:
    shown = display.visible(text)
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)
    shown.encode()  # lone surrogates would fail here


@given(st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert display.visible(text) == text


def test_controls_become_visible() -> None:
    assert display.visible("a\x1b[31m\n\x7f") == "a␛[31m␊␡"
    assert display.visible("\u202egpj.exe") == "\\u{202e}gpj.exe"
    assert display.visible("a\u00a0b\ud800") == "a\\u{a0}b\\u{d800}"


def test_lines_stay_lines() -> None:
    assert display.visible_lines("a\r\nb\tc\n\x1b") == "a\nb   c\n␛"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
        (1024**2 - 1, "1.0 MiB"), (5 * 1024**3, "5.0 GiB"), (2**70, "1048576.0 PiB"),
    ],
)  # fmt: skip
def test_sizes(count: int, text: str) -> None:
    assert display.size(count) == text


def test_durations_and_counts() -> None:
    assert [display.duration(s) for s in (0, 59.4, 65, 3600 * 2 + 600, 86400 * 3 + 14400)] == [
        "0 s", "59 s", "1 min 05 s", "2 h 10 min", "3 d 4 h",
    ]  # fmt: skip
    assert display.counted(1, "object") == "1 object"
    assert display.counted(20000, "object") == "20,000 objects"
    assert display.counted(2, "prefix", "prefixes") == "2 prefixes"
