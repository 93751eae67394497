"""Which file and which object belong together, whichever of the two was there first."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from pathlib import Path

from s3tui.transfers.names import local_paths


def files_of(keys: Collection[str], files: Container[str]) -> dict[str, str]:
    """The file of each key, below one folder that holds `files`; no two keys have the same one.

    It is the one that a download makes. Where that isn't there, but a file is that is called exactly like the key, as
    an upload of it would be, it is that one.
    """
    found = {key: path.as_posix() for key, path in local_paths(Path(), keys).items()}
    key_of = {name: key for key, name in found.items()}
    for key in [key for key, name in found.items() if name not in files]:
        uploaded = _uploaded(key, key_of, files)
        found.update(zip(uploaded, uploaded, strict=True))
    return found


def _uploaded(key: str, key_of: Mapping[str, str], files: Container[str]) -> list[str]:
    """The key, then the one whose download would have the file called so, and so on, if each has a file that is called
    like it; otherwise none, since the file is a download."""
    found: list[str] = []
    following: str | None = key
    while following is not None and following not in found:
        if following not in files:
            return []
        found.append(following)
        following = key_of.get(following)
    return found
