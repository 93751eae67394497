"""The story of the first sentence, told by keys in a real terminal of 80x24, on any server.

Pick a profile, walk a bucket and its prefixes, read an object, upload an ISO image, edit its metadata, set a
lifecycle and a CORS configuration. After each step the server is asked what it holds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from s3tui.profiles.credentials import keys_of
from s3tui.s3 import documents, objects
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.tmux import Tmux

PREFIX = "openshift/4.14/"


def tell(connection: Connection, bucket: str, folder: Path, cors: bool = True) -> None:
    """Tell it in the empty `bucket` of `connection`'s profile; `cors` False where the server has none for a bucket."""
    body = b'{"version": "4.14"}'
    connection.call("put_object", Bucket=bucket, Key=PREFIX + "about.json", Body=body, ContentType="application/json")
    image = folder / "new.x86_64.iso"
    image.write_bytes(os.urandom(300_000))
    os.utime(image, (0, 0))  # it is pointed out when a file has just been written
    command = [sys.executable, "-m", "s3tui"]
    with Tmux(command, environment_of(connection), folder) as terminal:
        walk(terminal, bucket)
        upload(terminal, image)
        target = S3Uri(bucket, PREFIX + image.name)
        info = objects.head(connection, target)
        assert (info.size, info.metadata.content_type) == (image.stat().st_size, "application/x-iso9660-image")
        edit_metadata(terminal)
        assert objects.head(connection, target).metadata.cache_control == "no-cache"
        terminal.press("b")
        terminal.wait_for(f"Settings of {bucket}", "Nothing is set")
        load_and_write(
            terminal, "delete-binaries", "Down"
        )  # the first template wants a storage class that not all have
        lifecycle = documents.get(connection, bucket, "lifecycle")
        assert lifecycle
        assert lifecycle.rules[0]["Expiration"]["Days"] == 30
        if cors:
            terminal.press("F2")
            terminal.wait_for("Nothing is set")
            load_and_write(terminal, "file-preview")
            rules = documents.get(connection, bucket, "cors")
            assert rules
            assert rules.rules[0]["AllowedMethods"] == ["GET"]
        terminal.press("Escape")
        terminal.wait_for(image.name)
        terminal.press("q")
        terminal.wait_for("ended with 0")


def environment_of(connection: Connection) -> dict[str, str]:
    """AWS's variables for the connection's profile."""
    keys = keys_of(connection.profile)
    assert keys
    return {
        "AWS_ENDPOINT_URL": connection.profile.endpoint or "",
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": connection.profile.region or "",
    }


def walk(terminal: Tmux, bucket: str) -> None:
    """The profile of the environment is picked, the bucket and its prefixes opened, an object read."""
    terminal.wait_for("environment", "Choose a bucket")
    terminal.press("C-g")
    terminal.wait_for("Go to")
    terminal.type(f"s3://{bucket}/")
    terminal.press("Enter")
    terminal.wait_for("openshift/", "complete")
    terminal.press("l")
    terminal.wait_for("4.14/", "complete")
    terminal.press("l")
    terminal.wait_for("about.json", "19 B")
    terminal.press("Tab")
    terminal.wait_for("Overview", "application/json", "19 bytes")
    terminal.press("BTab")
    terminal.wait_for("about.json", "19 B")


def upload(terminal: Tmux, image: Path) -> None:
    terminal.press("u")
    terminal.wait_for("Nothing yet", PREFIX)
    terminal.type(str(image))
    terminal.press("Enter")
    terminal.wait_for("1 file")
    terminal.press("C-s")
    terminal.wait_for("1 verified", image.name)


def edit_metadata(terminal: Tmux) -> None:
    """The image sorts behind the object that was there."""
    terminal.press("G")
    terminal.press("e")
    terminal.wait_for("Metadata of new", "Cache control")
    terminal.press("Tab")
    terminal.type("no-cache")
    terminal.press("C-s")
    terminal.wait_for("+ Cache-Control: no-cache")
    terminal.press("C-s")
    terminal.wait_for("read back and compared")


def load_and_write(terminal: Tmux, rule: str, *moves: str) -> None:
    """Take the template that `moves` lead to, and write it after its difference was shown."""
    terminal.press("C-t")
    terminal.wait_for("Load ")
    terminal.press(*moves, "Enter")
    terminal.wait_for(rule, "not saved yet")
    terminal.press("C-s")
    terminal.wait_for(f"+ added {rule}")
    terminal.press("Tab", "Enter")
    terminal.wait_for("the same in meaning")
