"""A folder as it is: its files by their path below it, and what is there that can't be taken for one."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from s3tui.background import CancelToken
from s3tui.transfers.failures import local_failure
from s3tui.transfers.source import identity_of

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}\.part", re.DOTALL)  # see `new_file.part_of`


class Seen(NamedTuple):
    """A regular file as it was."""

    size: int  # bytes
    changed: int  # time of modification, ns since 1970
    inode: int


class Unknown(NamedTuple):
    """Something that is there, and was not looked into. `skip`: by rule; `refuse`: it could not be."""

    action: Literal["skip", "refuse"]
    why: str


@dataclass(slots=True)
class Tree:
    """Paths are below `folder`, with `/`."""

    folder: Path
    files: dict[str, Seen] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    unknown: dict[str, Unknown] = field(default_factory=dict)

    def unknown_at(self, name: str) -> str:
        """Why nothing is known of `name`: it, or a folder above it, was not looked into. Empty when it was."""
        above = _above(name) if self.unknown else ()
        return next((f"“{each}”: {self.unknown[each].why}" for each in above if each in self.unknown), "")

    def in_the_way_of(self, name: str) -> str:
        """Why no file can get this name; empty when one can."""
        if name in self.folders:
            return f"“{name}” is a folder here, and would have to be a file."
        if file := next((each for each in _above(name) if each != name and each in self.files), ""):
            return f"“{file}” is a file here, and would have to be a folder."
        return self.unknown_at(name)


def _above(name: str) -> Iterator[str]:
    """`name` and the folders that it is in."""
    yield name
    yield from map(str, list(PurePosixPath(name).parents)[:-1])


def tree_of(folder: Path, follow: bool, token: CancelToken, tell: Callable[[int], object]) -> Tree:
    """Everything below `folder`; `tell(files)` says how many there are so far.

    With `follow` a link to a file is that file; otherwise it is unknown, as links to folders always are: they may lead
    anywhere. Raises `LocalFailure` when `folder` can't be read, and `Cancelled`.
    """
    tree, waiting = Tree(folder), [""]
    while waiting:
        token.check()
        above = waiting.pop()
        try:
            with os.scandir(folder / above) as found:
                for entry in found:
                    name = above + entry.name
                    if _take_in(tree, entry, name, follow):
                        tree.folders.add(name)
                        waiting.append(f"{name}/")
        except OSError as error:
            failure = local_failure(error, folder / above)
            if not above:
                raise failure from error
            tree.unknown[above.removesuffix("/")] = Unknown("refuse", failure.sentence)
        tell(len(tree.files))
    return tree


def _take_in(tree: Tree, entry: os.DirEntry[str], name: str, follow: bool) -> bool:
    """Whether it is a folder to look into."""
    try:
        told = entry.stat(follow_symlinks=follow)
    except OSError as error:  # it went away just now, or is a link to nothing
        why = "It is a link to nothing." if entry.is_symlink() else local_failure(error, tree.folder / name).sentence
        tree.unknown[name] = Unknown("skip" if entry.is_symlink() else "refuse", why)
        return False
    if entry.is_dir(follow_symlinks=False):
        return True
    if entry.is_symlink() and (entry.is_dir() or not follow):
        tree.unknown[name] = Unknown("skip", "It is a symbolic link, which is not followed.")
    elif not stat.S_ISREG(told.st_mode):
        tree.unknown[name] = Unknown("skip", "It is a device, a pipe or a socket.")
    elif _UNFINISHED.fullmatch(entry.name):
        tree.unknown[name] = Unknown("skip", "It belongs to a download that isn't finished.")
    else:
        tree.files[name] = Seen(*identity_of(told))
    return False
