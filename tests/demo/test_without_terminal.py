"""`s3tui demo` without a terminal tells its story, and says so by its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from s3tui.demo import server


def test_it_drives_the_screen_and_leaves_only_the_picture(tmp_path: Path) -> None:
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    before = sorted(path for path in tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "s3tui", "demo"],
        cwd=here,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(server.__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "the server holds" in done.stdout
    [picture] = sorted(path for path in tmp_path.rglob("*") if path not in before and path.is_file())
    assert picture.parent == here
    assert picture.read_text().startswith("<svg")
    assert server.SECRET_ACCESS_KEY not in picture.read_text() + done.stdout + done.stderr
