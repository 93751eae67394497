"""The tests with hostile names can fail: what they look for is found where it is."""

from __future__ import annotations

import pytest

from tests import hostile

DRIVING = [value for value in hostile.SEQUENCES.values() if value not in hostile.SHOWN_ONLY]


@pytest.mark.parametrize("sequence", DRIVING)
def test_a_terminal_that_was_driven_is_noticed(sequence: str) -> None:
    try:
        found = hostile.controls(sequence.encode())
    except AssertionError:
        return
    assert found - {"place", "colour", "\n"}


@pytest.mark.parametrize("sequence", hostile.SEQUENCES.values())
def test_a_command_that_prints_them_is_noticed(sequence: str) -> None:
    with pytest.raises(AssertionError):
        hostile.printed(sequence)
