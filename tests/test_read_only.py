"""A read-only profile can't write, by any key and by any command."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s3tui.cli.main import DONE, main
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui import keymap
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.commands import COMMANDS
from tests.ui.browsing import browsing
from tests.ui.waiting import idle, settle

pytestmark = pytest.mark.long

READS = ("Get", "Head", "List", "GET ", "HEAD ")
# These only move, or leave the program.
NOT_PRESSED = {"quit", "palette", "profiles", "next_pane", "previous_pane", "filter", "sort", "help"}


@pytest.fixture
def held(connection: Connection, bucket: str) -> str:
    """A bucket with one object and one rule."""
    connection.call("put_object", Bucket=bucket, Key="docs/a.txt", Body=b"abc", Metadata={"by": "us"}, Tagging="a=b")
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    connection.call("put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    return bucket


def everything(connection: Connection, bucket: str) -> dict[str, Any]:
    """All that could have been changed."""
    head = connection.call("head_object", Bucket=bucket, Key="docs/a.txt")
    return {
        "buckets": [found["Name"] for found in connection.call("list_buckets")["Buckets"]],
        "keys": [found["Key"] for found in connection.call("list_objects_v2", Bucket=bucket)["Contents"]],
        "object": (head["LastModified"], head["ETag"], head["Metadata"], head["ContentType"]),
        "tags": connection.call("get_object_tagging", Bucket=bucket, Key="docs/a.txt")["TagSet"],
        "rules": connection.call("get_bucket_lifecycle_configuration", Bucket=bucket)["Rules"],
        "uploads": connection.call("list_multipart_uploads", Bucket=bucket).get("Uploads"),
    }


async def test_no_key_writes(profile: Profile, connection: Connection, held: str) -> None:
    before = everything(connection, held)
    async with browsing(replace(profile, read_only=True), f"s3://{held}/docs/") as (pilot, browser):
        assert browser.connection is not None
        browser.connection.read_only = False  # must not help: the profile says so
        for command in COMMANDS:
            if command.id in NOT_PRESSED or command.where != "anywhere":
                continue
            browser.objects.table.focus()
            await pilot.press(keymap.keys_of(command, {})[0])
            await idle(pilot)
            if pilot.app.screen is not browser or pilot.app.focused is not browser.objects.table:
                # Whatever opened: fill something in, save it, say yes.
                await pilot.press("x", "ctrl+s", "tab", "enter", "ctrl+s", "enter")
                await idle(pilot)
            while len(pilot.app.screen_stack) > 1:
                pilot.app.pop_screen()
                await idle(pilot)
            browser.go(S3Uri(held, "docs/"))
            await idle(pilot)
        await settle(pilot)
        refused = [entry for entry in browser.connection.log.newest() if not entry.operation.startswith(READS)]
        assert [entry for entry in refused if entry.status or entry.error != "ReadOnly"] == []
    assert everything(connection, held) == before


async def test_the_option_holds_for_every_profile_that_is_chosen_later(profile: Profile, held: str) -> None:
    app = S3tuiApp(Start(profile=profile, read_only=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("P", "enter")
        await settle(pilot)
        browser = app.browser
        assert browser is not None and browser.connection is not None
        assert browser.connection.read_only
        await pilot.press("R")  # must not help
        assert browser.connection.read_only
        with pytest.raises(errors.ReadOnly):
            browser.connection.call("put_object", Bucket=held, Key="new", Body=b"")


@pytest.mark.parametrize(
    "words",
    [
        ["put", "file.txt", "s3://{bucket}/docs/"],
        ["put", "--overwrite", "file.txt", "s3://{bucket}/docs/a.txt"],
        ["rm", "s3://{bucket}/docs/a.txt"],
        ["rm", "-r", "--yes", "--uploads", "s3://{bucket}/docs/"],
        ["rm", "-r", "--yes", "--versions", "s3://{bucket}"],
        ["meta", "set", "s3://{bucket}/docs/a.txt", "cache-control=no-store"],
        ["bucket", "lifecycle", "set", "{bucket}", "rules.json"],
        ["bucket", "lifecycle", "rm", "{bucket}"],
        ["bucket", "cors", "set", "{bucket}", "cors.json"],
        ["bucket", "cors", "rm", "{bucket}"],
    ],
)
def test_no_command_writes(
    words: list[str], connection: Connection, held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.txt").write_text("new")
    rule = {"ID": "n", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    (tmp_path / "rules.json").write_text(json.dumps({"Rules": [rule]}))
    (tmp_path / "cors.json").write_text(json.dumps([{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_ENDPOINT_URL", connection.profile.endpoint or "")
    before = everything(connection, held)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = main(["--read-only", *(word.format(bucket=held) for word in words)])
    assert everything(connection, held) == before
    # Removing what isn't set is done before anything is sent.
    assert code != DONE or words[1:3] == ["cors", "rm"]
    assert code == DONE or "read-only" in said.getvalue()
