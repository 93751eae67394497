"""The whole story in a real terminal, on moto."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from s3tui.s3.client import Connection
from tests import keyboard_story
from tests.tmux import Tmux

pytestmark = pytest.mark.long


def test_the_story_by_keyboard(connection: Connection, bucket: str, tmp_path: Path) -> None:
    keyboard_story.tell(connection, bucket, tmp_path)


def test_the_demo_opens_and_closes(tmp_path: Path) -> None:
    with Tmux([sys.executable, "-m", "s3tui", "demo"], {}, tmp_path) as terminal:
        terminal.wait_for("built in", "r630-switchbot-isos")
        terminal.press("q")
        terminal.wait_for("ended with 0")
