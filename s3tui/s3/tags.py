"""The tags of an object: read, checked against S3's limits, replaced as a whole."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from s3tui.errors import BadInput
from s3tui.s3 import capabilities, errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri

# S3 user guide, "Categorizing your storage using tags"
MOST = 10
NAME_LIMIT = 128  # characters
VALUE_LIMIT = 256
_SIGNS = frozenset("+-=._:/@")


def read(connection: Connection, uri: S3Uri) -> dict[str, str]:
    """The tags of the object or version. Raises `errors.Unsupported` where the endpoint has no tags, `errors.S3Error`.

    The endpoint is asked first whether it knows tags: one that doesn't may answer with the whole object.
    """
    capabilities.require_object(connection, uri, "tagging")
    try:
        answer = connection.call("get_object_tagging", **uri.parameters)
    except errors.NotSet:
        return {}
    return {str(tag["Key"]): str(tag["Value"]) for tag in answer.get("TagSet") or ()}


def replace(connection: Connection, uri: S3Uri, before: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Set the tags to `new` and return what the endpoint then holds.

    Raises `BadInput` when `new` breaks a rule, `errors.Changed` when the tags are no longer `before`,
    `errors.Unsupported` where the endpoint has no tags, and `errors.S3Error`, also when it kept something else.
    """
    refuse_writing(connection)
    if complaints := problems(new, kept=before):
        raise BadInput(complaints[0])
    if read(connection, uri) != dict(before):
        raise errors.Changed(
            f"The tags of “{uri.key}” were changed by someone else meanwhile.",
            "Look at them again before you change them.",
        )
    write(connection, uri, new)
    now = read(connection, uri)
    if now != dict(new):
        raise errors.S3Error(f"The endpoint accepted the tags of “{uri.key}”, but kept others.", "Look at them again.")
    return now


def write(connection: Connection, uri: S3Uri, tags: Mapping[str, str]) -> None:
    """Set the tags without looking first. Only for an endpoint that was seen to know tags."""
    if not tags:
        connection.call("delete_object_tagging", **uri.parameters)
        return
    pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
    connection.call("put_object_tagging", **uri.parameters, Tagging={"TagSet": pairs})


def refuse_writing(connection: Connection) -> None:
    """Raises `errors.ReadOnly` on a read-only connection, before anything is sent."""
    if connection.read_only:
        raise errors.ReadOnly(
            "This profile is read-only: nothing was sent.", "It was made so by the profile, by --read-only or by R."
        )


def problems(tags: Mapping[str, str] | Iterable[tuple[str, str]], kept: Mapping[str, str] | None = None) -> list[str]:
    """Every rule of S3 that `tags` break, one sentence each. Pairs may hold a name twice; a mapping can't.

    Tags that are `kept` from before may be ones that only this server allows.
    """
    pairs = list(tags.items() if isinstance(tags, Mapping) else tags)
    if not pairs:
        return []
    there = set((kept or {}).items())
    return [*_count_problems(pairs), *_pair_problems(pair for pair in pairs if pair not in there)]


def _count_problems(pairs: Iterable[tuple[str, str]]) -> list[str]:
    names = Counter(name for name, _ in pairs)
    found = [f"The tag “{name}” is there twice." for name, count in names.items() if count > 1]
    if (count := names.total()) > MOST:
        found.append(f"There are {count} tags; S3 allows {MOST} on an object.")
    return found


def _pair_problems(pairs: Iterable[tuple[str, str]]) -> list[str]:
    found = []
    for name, value in pairs:
        if not name:
            found.append("A tag has no name.")
        if len(name) > NAME_LIMIT:
            found.append(f"The name “{name[:20]}…” has {len(name)} characters; S3 allows {NAME_LIMIT}.")
        if len(value) > VALUE_LIMIT:
            found.append(f"The value of “{name}” has {len(value)} characters; S3 allows {VALUE_LIMIT}.")
        if name.lower().startswith("aws:"):
            found.append(f"“{name}”: names that start with “aws:” belong to AWS.")
        if odd := "".join(dict.fromkeys(character for character in name + value if not _allowed(character))):
            found.append(f"“{name}” holds {odd!r}; S3 allows letters, digits, spaces and + - = . _ : / @.")
    return found


def _allowed(character: str) -> bool:
    return character in _SIGNS or unicodedata.category(character)[0] in "LNZ"
