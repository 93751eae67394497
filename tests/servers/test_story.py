"""The story of the first sentence by keyboard, in a terminal of 80x24."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import keyboard_story
from tests.servers.conftest import Place
from tests.servers.matrix import CANNOT


@pytest.mark.capability("the story by keyboard")
@pytest.mark.needs("documents")
def test_the_story_by_keyboard(place: Place, tmp_path: Path) -> None:
    keyboard_story.tell(place.connection, place.make_bucket(), tmp_path, cors="cors" not in CANNOT[place.server.name])
