"""What a download of many objects comes to, found out before byte one: files, sizes, conflicts, room on the disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.display import counted, size
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3 import listing
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import Tell
from s3tui.transfers.download import DownloadRequest, seen_at
from s3tui.transfers.failures import local_failure, no_room
from s3tui.transfers.names import local_paths, numbered
from s3tui.transfers.plan import Conflict, Plan, Step
from s3tui.transfers.sync_compare import Stored, file_and_object
from s3tui.transfers.together import together

_MOST_NAMES = 1000  # that are tried

Item = tuple[Stored, Path]


def below(connection: Connection, prefix: S3Uri, token: CancelToken, tell: Tell) -> list[Stored]:
    """Every object below `prefix`, without the empty ones that stand for folders.

    Raises `errors.S3Error` when the list isn't complete, and `Cancelled`.
    """
    found = list[Stored]()
    for page in listing.stream(connection, prefix.bucket, prefix.key, "", token):
        for row in page:
            if row.size or not row.key.endswith("/"):
                found.append(Stored(connection, prefix.with_key(row.key), row.size, row.etag))
        tell(f"listing {prefix}", len(found), None)
    return found


def placed(found: Sequence[Stored], base: str, folder: Path) -> list[Item]:
    """Each object with the file below `folder` that it becomes: what follows `base` in its key, made safe."""
    paths = local_paths(folder, [stored.uri.key[len(base) :] for stored in found])
    return [(stored, paths[stored.uri.key[len(base) :]]) for stored in found]


def plan(items: Sequence[Item], root: Path | None, if_exists: Conflict, token: CancelToken, tell: Tell) -> Plan:
    """The plan of receiving `items`, none of whose files leaves `root`. Nothing is written.

    A step whose file is there already has a `decide`, whatever was decided by `if_exists`. `decide` may read the file
    and ask the endpoint (“different”), so call it where waiting is allowed. Raises `NoSpace`, `LocalFailure`,
    `BadInput` when no free name is found, and `Cancelled`.
    """
    planning = _Planning(items, root)
    made = Plan([])
    clashing = list[tuple[int, Item]]()
    for number, item in enumerate(items):
        token.check()
        step = planning.step(item)
        if step.decide:
            clashing.append((number, item))
        made.steps.append(step)
        tell("looking at files", number + 1, len(items))

    def decide(numbered: tuple[int, Item]) -> None:
        number, item = numbered
        made.steps[number] = planning.decided(item, token, if_exists)
        tell("comparing", number + 1, len(items))

    if if_exists == "different":
        together(decide, clashing)
    elif if_exists != "ask":
        for each in clashing:
            decide(each)
    if items:
        folder = root or items[0][1].parent
        check_room(folder, made)
        if any(made.requests()) and (said := will_be_made(folder)):
            made.remarks.append(said)
    return made


def will_be_made(folder: Path) -> str:
    """That `folder` isn't there yet, as a sentence; empty when it is."""
    return "" if folder.exists() else f"The folder “{folder}” is not there: it will be made."


def check_room(folder: Path, made: Plan) -> None:
    """Raise `NoSpace` when the disk that `folder` is on, or will be, lacks the room for all of it."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        raise local_failure(error, there) from error
    if made.size > free:
        raise no_room(folder / "all of it", made.size, free)


class _Planning:
    def __init__(self, items: Sequence[Item], root: Path | None) -> None:
        self._root = root
        self._used = {path for _, path in items}  # a new name must be free among these, too
        self._obstacles: dict[Path, str] = {}  # by folder

    def step(self, item: Item) -> Step:
        """What there is to do for one, or to be decided."""
        stored, path = item
        if why := self._obstacle(path):
            return Step("refuse", str(stored.uri), str(path), stored.size, why)
        if os.path.lexists(path):
            return self.decided(item, CancelToken(), "ask")
        return Step("new", str(stored.uri), str(path), stored.size, "", self._request(item))

    def decided(self, item: Item, token: CancelToken, choice: Conflict) -> Step:
        """The step that `choice` makes of one whose file is there."""
        token.check()
        stored, path = item
        make = partial(
            Step, source=str(stored.uri), size=stored.size, decide=partial(self.decided, item, CancelToken())
        )
        seen, why = seen_at(path), _there(path)  # before it is compared: what is replaced is what was
        if choice == "rename":
            new = self._free(path)
            return make("rename", target=str(new), why=why, request=self._request((stored, new)))
        if choice == "different":
            same, why = _same(path, stored, token)
            if same:
                return make("same", target=str(path), why=why)
        if choice in ("overwrite", "different"):
            return make("replace", target=str(path), why=why, request=self._request(item).replacing(seen))
        return make("skip" if choice == "skip" else "ask", target=str(path), why=why)

    def _request(self, item: Item) -> DownloadRequest:
        stored, path = item
        return DownloadRequest(stored.uri, path, root=self._root, size=stored.size)

    def _obstacle(self, path: Path) -> str:
        """Why `path` can't become a file."""
        if path.is_dir():
            return f"“{path}” is a folder."
        folder = path.parent
        if folder not in self._obstacles:
            there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
            self._obstacles[folder] = "" if there.is_dir() else f"“{there}” is there, and is no folder."
        return self._obstacles[folder]

    def _free(self, path: Path) -> Path:
        for number in range(2, _MOST_NAMES):
            new = path.with_name(numbered(path.name, number))
            if new not in self._used and not os.path.lexists(new):
                self._used.add(new)
                return new
        raise BadInput(f"No free name was found for “{path}”.", "Choose another folder.")


def _there(path: Path) -> str:
    try:
        told = path.lstat()
    except OSError:
        return "It was there."
    if not stat.S_ISREG(told.st_mode):
        return "It is there already, and is no regular file."
    return f"It is there already, with {size(told.st_size)}."


def _same(path: Path, stored: Stored, token: CancelToken) -> tuple[bool, str]:
    """Whether the file has the object's content as far as anybody can tell, and how that is known."""
    try:
        told = path.stat().st_size
        if told != stored.size:
            return False, f"The object has {counted(stored.size, 'byte')}, the file {told:,}."
        found = file_and_object(path, stored, token)
    except OSError as error:
        return False, local_failure(error, path).sentence
    except S3tuiError as error:
        return False, f"Whether it is the same can't be told: {error.sentence}"
    return bool(found.same), found.why
