"""Which file belongs to which key, when names look like one another's downloads."""

from __future__ import annotations

import pytest

from s3tui.transfers.sync_names import files_of


@pytest.mark.parametrize(
    ("keys", "files", "found"),
    [
        ({"a"}, set(), {"a": "a"}),
        ({"x:y"}, {"x%3Ay"}, {"x:y": "x%3Ay"}),
        ({"x:y"}, {"x:y"}, {"x:y": "x:y"}),
        ({"x:y"}, {"x:y", "x%3Ay"}, {"x:y": "x%3Ay"}),
        ({"x:y", "x%3Ay"}, {"x%3Ay", "x%253Ay"}, {"x:y": "x%3Ay", "x%3Ay": "x%253Ay"}),
        ({"x:y", "x%3Ay"}, {"x:y", "x%3Ay"}, {"x:y": "x:y", "x%3Ay": "x%3Ay"}),
        ({"x:y", "x%3Ay"}, {"x%3Ay"}, {"x:y": "x%3Ay", "x%3Ay": "x%253Ay"}),
        (
            {"x:y", "x%3Ay", "x%253Ay"},
            {"x:y", "x%3Ay", "x%253Ay"},
            {"x:y": "x:y", "x%3Ay": "x%3Ay", "x%253Ay": "x%253Ay"},
        ),
    ],
)
def test_each_key_has_its_file(keys: set[str], files: set[str], found: dict[str, str]) -> None:
    assert files_of(keys, files) == found
