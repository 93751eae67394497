"""s3tui in a terminal, opened somewhere on the thin server."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from terminal import Terminal

ABOVE = "warehouse/"  # in here stands one row, the folder with all the objects
INSIDE = "warehouse/events/"
FIRST_ROW = "part-0000000"
ENTER = "\r"


def environment(home: str) -> dict[str, str]:
    """What a program needs to run and to sign, and nothing of who runs the benchmark."""
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    return {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", **keys}


def browser(endpoint: str, place: str, home: str, program: Sequence[str] = ("-m", "s3tui")) -> Terminal:
    """`program` is what comes behind the name of the interpreter."""
    options = ["--endpoint-url", endpoint, "--region", "us-east-1", f"s3://{place}"]
    return Terminal([sys.executable, *program, *options], environment(home))
