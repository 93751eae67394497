"""Which file and which object belong together, whichever of the two was there first."""

from __future__ import annotations

from collections.abc import Collection, Container
from pathlib import Path

from s3tui.transfers.names import local_paths


def files_of(keys: Collection[str], files: Container[str]) -> dict[str, str]:
    """The file of each key, below one folder that holds `files`; no two keys have the same one.

    It is the one that a download makes. Where that isn't there, but a file is that is called exactly like the key, as
    an upload of it would be, it is that one.
    """
    made = {key: path.as_posix() for key, path in local_paths(Path(), keys).items()}
    taken = set(made.values())
    return {key: key if name not in files and key in files and key not in taken else name for key, name in made.items()}
