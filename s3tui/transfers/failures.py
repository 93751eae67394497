"""What can go wrong on our side of a transfer, as types. What the endpoint says is in `s3.errors`."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from s3tui.display import size, when
from s3tui.errors import S3tuiError

if TYPE_CHECKING:
    from s3tui.transfers.request import Request


class TransferError(S3tuiError):
    """A transfer failed for a reason that isn't the endpoint's answer."""


class AlreadyExists(TransferError):
    """The target is there already and nobody chose to replace it. `place` is its URI or path."""

    def __init__(self, place: str, advice: str = "Choose to overwrite it, or another name.") -> None:
        super().__init__(f"“{place}” already exists; nothing was replaced.", advice)
        self.place = place


class ChangedSinceSeen(AlreadyExists):
    """The target is not the object that somebody saw, and chose to replace."""

    def __init__(self, place: str) -> None:
        super().__init__(
            place,
            "Look at it, then overwrite it as it is now (o in the list of transfers, or “s3tui transfers retry "
            "--overwrite”), or plan anew.",
        )
        self.sentence = f"“{place}” has changed since you looked; nothing was replaced."


class SameObject(TransferError):
    """What is to be copied or moved is already there: both ends are one object."""

    def __init__(self, place: str, other: str = "") -> None:
        """`other` is a name that seems to be one more of the same object."""
        why = (
            f": “{other}” has the same ETag, size and time, so it may be that object under another name"
            if other
            else ""
        )
        super().__init__(f"“{place}” can't be copied or moved onto itself{why}.", "Choose another target.")


class Interrupted(TransferError):
    """The process that moved it has ended in the middle: what it noted is what is known."""

    def __init__(self) -> None:
        super().__init__("Interrupted: the process that moved it was killed.", "Resume it to go on.")


class Hung(Interrupted):
    """The process that moved it stood still, and was killed by us."""

    def __init__(self) -> None:
        TransferError.__init__(
            self, "Interrupted: the process that moved it hung, again, and was ended.", "Resume it to go on."
        )


class CannotLook(TransferError):
    """Whether the target exists can't be found out, so writing could replace something unseen."""


class FileChanged(TransferError):
    """The local file changed while it was being sent.

    `now` is what it was like then (`Source.identity`), None when it may still be changing; `again` is the request that
    takes it so.
    """

    now: tuple[int, int, int] | None = None
    again: Request | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(f"“{path}” changed while it was being sent; nothing was kept of it.", "Send it again.")


class FileChangedSince(FileChanged):
    """The local file is not the one whose upload was begun earlier. The parts of that one are still there."""

    def __init__(self, path: Path, now: tuple[int, int, int]) -> None:
        self.now = now
        TransferError.__init__(
            self,
            f"“{path}” has changed since its upload was begun; nothing more was sent.",
            "Start anew, which throws away what was sent, or put the file back as it was.",
        )


class FileChangedSincePlanned(FileChanged):
    """The local file is not the one that its key or metadata was made of."""

    def __init__(self, path: Path) -> None:
        TransferError.__init__(
            self,
            f"“{path}” has changed since the plan was made, and its key or metadata tell of its content; nothing was "
            "sent.",
            "Plan it anew.",
        )


class FileChangedWaiting(FileChanged):
    """The local file is not as it was when its upload was asked for."""

    def __init__(self, path: Path, then: tuple[int, int, int], now: tuple[int, int, int]) -> None:
        self.now = now
        TransferError.__init__(
            self,
            f"“{path}” has changed since it was queued: {_difference(then, now)}. Nothing was sent.",
            "Try it again to send it as it is now.",
        )


def _difference(then: tuple[int, int, int], now: tuple[int, int, int]) -> str:
    """Two `Source.identity`."""
    if then[0] != now[0]:
        return f"it had {then[0]:,} bytes, and has {now[0]:,} now"
    if then[1] != now[1]:
        before, after = (when(datetime.fromtimestamp(each[1] / 1e9, UTC)) for each in (then, now))
        return f"it was written at {before} UTC then, and at {after} UTC now"
    return "it is another file under the same name"


class Differs(TransferError):
    """What arrived is not what was sent."""


class LocalFailure(TransferError):
    """A local file can't be read or written."""


class NoSpace(LocalFailure):
    """The disk is full, or would be."""


def local_failure(error: OSError, path: Path) -> LocalFailure:
    """An `OSError` about `path` in the user's terms."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"There is no room left for “{path}”.", "Make room, or choose another folder.")
    said = error.strerror or type(error).__name__
    return LocalFailure(f"“{path}”: {said[:1].lower()}{said[1:]}.")


def no_room(path: Path, needed: int, free: int) -> NoSpace:
    """Refused before anything was written: `needed` and `free` are bytes."""
    return NoSpace(
        f"“{path.name}” needs {size(needed)}, but only {size(free)} are free in “{path.parent}”.",
        "Make room, or choose another folder.",
    )


class LeftBehind(TransferError):
    """A failed or cancelled upload could not be aborted: its parts still take room."""

    def __init__(self, key: str, upload_id: str, reason: S3tuiError) -> None:
        super().__init__(
            f"The unfinished upload of “{key}” could not be aborted: {reason.sentence}",
            f"Abort it later (upload id {upload_id}); until then its parts take room.",
        )


_UNCHECKED = "To send it all the same, turn the check off (--no-check-sums)."


class WrongSum(TransferError):
    """The file is not the one that a checksum file beside it is about."""

    def __init__(self, path: Path, sums: Path, algorithm: str, expected: str, found: str) -> None:
        super().__init__(
            f"“{path}” is not what “{sums.name}” says: its {algorithm} is {found}, and should be {expected}. "
            "Nothing was sent.",
            f"It is damaged or another file: get it again. {_UNCHECKED}",
        )
        self.path, self.sums, self.algorithm, self.expected, self.found = path, sums, algorithm, expected, found


class SumsDisagree(TransferError):
    """Two lines of checksum files say different things of one file."""

    def __init__(self, path: Path, one: Path, other: Path) -> None:
        place = (
            f"“{one.name}” says two different things" if one == other else f"“{one.name}” and “{other.name}” disagree"
        )
        super().__init__(f"{place} about “{path.name}”; nothing was sent.", f"Mend them. {_UNCHECKED}")


class NoSum(TransferError):
    """No checksum file names the file, and it must not go up without."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"No checksum file beside “{path}” names it; nothing was sent.",
            "Put its SHA256SUMS, *.sha256 or CHECKSUM beside it, or send it without --check.",
        )
