"""Where this program keeps its files: `platformdirs` decides."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs

APP = "s3tui"


def config_file() -> Path:
    """The settings and profiles (TOML). It holds no secrets."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def state_folder() -> Path:
    """Backups of bucket documents, and the journal of transfers."""
    return _state_folder or _user_state_folder(os.environ.get("XDG_STATE_HOME"), os.environ.get("HOME"))


@cache
def _user_state_folder(*_: str | None) -> Path:
    """Thousands of small transfers ask for it."""
    return Path(platformdirs.user_state_dir(APP, appauthor=False))


def transfers_folder() -> Path:
    """The journal of transfers, and what tells which processes run them."""
    return _below(state_folder())


@cache
def _below(folder: Path) -> Path:
    return folder / "transfers"


def keep_state_in(folder: Path) -> None:
    """Use `folder` for the rest of this run: the demo's is gone with its server."""
    global _state_folder
    _state_folder = folder


_state_folder: Path | None = None
