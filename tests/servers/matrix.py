"""The table of servers and capabilities: what each can't do, and what this run found."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from s3tui.errors import BadInput
from s3tui.s3 import errors

# Capabilities in the order of the table.
CAPABILITIES = (
    "buckets",
    "listing",
    "odd keys",
    "long lists",
    "cancel and go on",
    "usage",
    "search",
    "deleted keys",
    "export",
    "lists follow writes",
    "signatures checked",
    "policies",
    "tls",
    "upload, download",
    "bulk upload",
    "multipart",
    "create-only",
    "delete",
    "copy, move",
    "multipart copy",
    "sync",
    "1 GiB there and back",
    "goes on after a kill",
    "faults on the way",
    "metadata",
    "tags",
    "storage class",
    "versions",
    "unfinished uploads",
    "preview",
    "lifecycle",
    "lifecycle fires",
    "transitions",
    "cors",
    "nothing harmed",
    "never deletes a full bucket",
    "read-only",
    "why",
    "the story by keyboard",
)


@dataclass(frozen=True)
class Cannot:
    """What a server can't do: `error` is what our services make of it, `note` is for the table.

    `AssertionError` and `fail.Exception` stand for what a server quietly does otherwise, where no service of ours
    could know.
    """

    error: type[BaseException] | tuple[type[BaseException], ...]
    note: str


# What some tests need of a server before they can ask anything of us. An archive that can't be read is moto's alone:
# what others keep in a class named GLACIER lies on a disk like any other. SeaweedFS takes 20 s until it is there again.
HAVE: dict[str, set[str]] = {
    "moto": {"versions", "archive", "documents"},
    "rclone": {"signatures", "no sub-resources", "room", "restarts"},
    "seaweedfs": {"signatures", "versions", "customer keys", "room", "documents"},
    "ceph": {
        "signatures",
        "versions",
        "customer keys",
        "policies",
        "tls",
        "short days",
        "room",
        "restarts",
        "documents",
    },
    "minio": {"signatures", "versions", "room", "restarts", "documents"},
}

# A behaviour listed here must be refused by us with that error, and must harm nothing. When a newer server can do
# it after all, the suite says so and the line goes.
CANNOT: dict[str, dict[str, Cannot]] = {
    "moto": {
        "signatures checked": Cannot(pytest.fail.Exception, "it accepts every key"),
    },
    "rclone": {
        "multipart copy": Cannot(errors.Unsupported, "it takes the copy of a part for an empty part"),
        "versions": Cannot(errors.Unsupported, "it keeps none"),
        "deleted keys": Cannot(BadInput, "it keeps no versions"),
        "tags": Cannot(
            errors.Unsupported, "it answers ?tagging with the object, and takes a write of it for the object"
        ),
        "lifecycle": Cannot(errors.Unsupported, "it answers ?lifecycle with a listing"),
        "cors": Cannot(errors.Unsupported, "it answers ?cors with a listing"),
    },
    "seaweedfs": {
        "transitions": Cannot(errors.Unsupported, "its lifecycle deletes, and moves nothing"),
    },
    "ceph": {},
    "minio": {
        "cors": Cannot(errors.Unsupported, "CORS is set for the whole server, not for a bucket"),
        "transitions": Cannot(errors.Refused, "a tier must be set up with its own tool first"),
        "storage class": Cannot(errors.Refused, "it knows STANDARD and REDUCED_REDUNDANCY only"),
    },
}

# What a server makes of a key without saying so.
KEYS_IT_CHANGES = {"seaweedfs": {"back\\slash": "back/slash"}}

# To whom two keys are one when they differ only in how their letters are composed: é, and e with an accent.
TAKE_COMPOSED_FOR_ONE = {"rclone"}

# Who makes “server-id” of metadata called “server_id”.
CHANGE_UNDERSCORES = {"ceph"}

# Whose lists go on for a while to show the folder in which the last object was deleted.
KEEP_EMPTY_FOLDERS = {"seaweedfs"}

LEGEND = "yes: shown here    no: refused by us, and nothing harmed    -: not asked of this server"
YES, NO, WRONG = "yes", "no", "WRONG"


@dataclass
class Table:
    """What was found: server -> capability -> word. A single failure outweighs every success."""

    cells: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    measured: list[str] = field(default_factory=list)  # what tests want to be known, a line each

    def record(self, server: str, capability: str, word: str) -> None:
        row = self.cells.setdefault(server, {})
        if row.get(capability) != WRONG:
            row[capability] = word if row.get(capability, word) == word or word == WRONG else "in part"

    def lines(self) -> list[str]:
        """The table as text, and a line for each server that was not tested."""
        servers = [server for server in CANNOT if server in self.cells]
        width = max(len(name) for name in CAPABILITIES) + 2
        lines = ["".join([" " * width, *(f"{server:<12}" for server in servers)])]
        for capability in CAPABILITIES:
            words = [self.cells[server].get(capability, "-") for server in servers]
            if set(words) != {"-"}:
                lines.append("".join([f"{capability:<{width}}", *(f"{word:<12}" for word in words)]).rstrip())
        notes = [
            f"{server} can't do {capability}: {CANNOT[server][capability].note}"
            for server in servers
            for capability, word in self.cells[server].items()
            if word != YES and capability in CANNOT[server]
        ]
        notes += [
            f"{server} changes keys: {before} becomes {after}"
            for server in servers
            for before, after in KEYS_IT_CHANGES.get(server, {}).items()
        ]
        absent = [f"{server} was not tested: {why}" for server, why in self.missing.items()]
        return [*lines, "", LEGEND, "", *notes, *absent, *self.measured]
