"""Showing a local file in the desktop's file manager, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def reveal(path: str) -> bool:
    """Open the folder of `path`. Whether there is something to open it with. Blocks on the disk."""
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    folder = Path(path).parent
    if not screen or not shutil.which(opener) or not folder.is_dir():
        return False
    quiet = subprocess.DEVNULL
    subprocess.Popen([opener, str(folder)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    return True
