"""What the first frame may import: the screen must be there before boto3 and the keyring are."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, sys

async def main():
    from s3tui.ui.app import S3tuiApp
    app = S3tuiApp()
    heavy = ("boto3", "botocore", "keyring", "moto", "tree_sitter", "textual.widgets._text_area", "s3transfer", "awscrt", "tomlkit")
    first = []
    app.load_profiles = lambda first_time=False, **_: None
    async with app.run_test() as pilot:
        await pilot.pause()
        print(",".join(name for name in heavy if name in sys.modules))

asyncio.run(main())
"""


def test_the_first_frame_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
