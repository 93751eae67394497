"""Where this program keeps its files: `platformdirs` decides."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import platformdirs

APP = "s3tui"
_DECIDING = ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")  # what platformdirs looks at


def config_file() -> Path:
    """The settings and profiles (TOML). It holds no secrets."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def state_folder() -> Path:
    """Backups of bucket documents, and the journal of transfers."""
    return _state_folder or Path(platformdirs.user_state_dir(APP, appauthor=False))


def transfers_folder() -> Path:
    """The journal of transfers, and what tells which processes run them."""
    return _transfers_folder(_state_folder, *map(os.environ.get, _DECIDING))


@functools.lru_cache(maxsize=1)
def _transfers_folder(*_deciding: object) -> Path:
    """It is asked for by every transfer, and platformdirs takes longer than a small one."""
    return state_folder() / "transfers"


def keep_state_in(folder: Path) -> None:
    """Use `folder` for the rest of this run: the demo's is gone with its server."""
    global _state_folder
    _state_folder = folder


_state_folder: Path | None = None
