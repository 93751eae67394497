"""The browser: walking, finding, and what it says when it can't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Static

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.upload import UploadRequest
from tests.ui.browsing import browsing, said, shown
from tests.ui.waiting import settle, until


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    """A bucket with prefixes and objects."""
    for number in range(3):
        connection.call("put_object", Bucket=bucket, Key=f"docs/{number}.txt", Body=b"x" * (number + 1) * 1000)
    connection.call("put_object", Bucket=bucket, Key="docs/deep/er/file.json", Body=b'{"a": 1}')
    connection.call("put_object", Bucket=bucket, Key="readme.md", Body=b"# hello", Metadata={"by": "us"})
    return bucket


async def test_walking_down_and_up(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/") as (pilot, browser):
        table = browser.objects.table
        assert [row.key for row in (table.cursor_row,) if row] == ["docs/"]
        await pilot.press("enter")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/docs/"
        assert "1 prefix, 3 objects · 5.9 KiB · complete" in shown(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/docs/deep/"
        await pilot.press("h", "backspace")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/"
        assert browser.current_uri is not None
        assert browser.current_uri.key == "docs/"  # where we came from


async def test_the_tree_opens_prefixes(profile: Profile, full: str) -> None:
    async with browsing(profile) as (pilot, browser):
        tree = browser.bucket_tree
        node = next(node for node in tree.root.children if node.data == S3Uri(full))
        tree.move_cursor(node)
        await pilot.press("right")
        await settle(pilot)
        assert [str(child.label) for child in node.children] == ["docs/"]
        await pilot.press("down", "enter")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/docs/"


async def test_the_tree_follows_the_table_as_far_as_it_is_open(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/deep/") as (pilot, browser):
        tree = browser.bucket_tree
        assert str(tree.current) == f"s3://{full}/"
        for key in ("shift+tab", "right", "tab", "h"):
            await pilot.press(key)
            await settle(pilot)
        assert str(tree.current) == f"s3://{full}/docs/"


async def test_a_region_that_does_not_fit_is_left_out(profile: Profile, connection: Connection) -> None:
    name = "a-bucket-with-some-name"
    connection.call("create_bucket", Bucket=name)
    async with browsing(profile, size=(200, 40)) as (pilot, _):
        assert f"{name}  us-east-1" in shown(pilot)
    async with browsing(profile, size=(80, 24)) as (pilot, _):
        assert name in shown(pilot)
        assert f"{name}  us" not in shown(pilot)


async def test_the_detail_pane_shows_every_tab(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/readme.md", size=(160, 40)) as (pilot, browser):
        await settle(pilot)
        expected = {
            "overview": "7 bytes",
            "metadata": "us",
            "tags": "No tags",
            "versions": "1 version",
            "preview": "# hello",
        }
        for tab, text in expected.items():
            browser.detail.query_one("Tabs").active = tab  # type: ignore[attr-defined]
            await settle(pilot)
            assert text in shown(pilot), tab


async def test_filter_and_sort_keep_the_selection(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        table = browser.objects.table
        await pilot.press("down", "space")
        chosen = [row.key for row in table.selected]
        assert chosen == ["docs/0.txt"]
        await pilot.press("slash", *"2.t", "enter")
        await settle(pilot)
        assert table.shown == 1
        status = str(browser.objects.query_one("#status", Static).content)
        assert "1 of 4 selected (1 hidden) · 1000 B · 1 of 4" in status
        assert str(browser.detail.uri) == f"s3://{full}/docs/2.txt"
        assert [row.key for row in table.selected] == chosen
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("s", "down", "enter")
        await settle(pilot)
        assert table.shown == 4
        assert table.sorted_by == ("size", True)
        assert [row.key for row in table.selected] == chosen
        assert "1 of 4 selected · 1000 B" in shown(pilot)


async def test_going_to_a_place_by_name(profile: Profile, full: str) -> None:
    async with browsing(profile) as (pilot, browser):
        await pilot.press("ctrl+g", *f"{profile.endpoint}/{full}/docs/1.txt?X-Amz-Signature=aa", "enter")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/docs/"
        assert str(browser.current_object) == f"s3://{full}/docs/1.txt"
        await pilot.press("ctrl+g", "ctrl+u", *"ftp://x", "enter")
        assert "not a place in S3" in shown(pilot)


async def test_an_empty_bucket_and_a_missing_one_say_so(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, _):
        assert "This bucket is empty" in shown(pilot)
    async with browsing(profile, f"s3://{bucket}/nothing/here/") as (pilot, _):
        assert "No key starts with this prefix" in shown(pilot)
    async with browsing(profile, "s3://no-such-bucket-here/") as (pilot, browser):
        assert "There is no bucket" in shown(pilot)
        assert "complete" not in shown(pilot).replace("incomplete", "")
        assert all("no-such-bucket" not in str(node.label) for node in browser.bucket_tree.root.children)


async def test_an_endpoint_that_refuses_says_so(profile: Profile) -> None:
    nowhere = replace(profile, name="nowhere", endpoint="http://127.0.0.1:9")
    async with browsing(nowhere) as (pilot, _):
        assert "✗" in shown(pilot)
        assert "r tries again" in shown(pilot)


async def test_a_command_that_cannot_run_says_why(profile: Profile) -> None:
    async with browsing(profile) as (pilot, _):
        await pilot.press("P", "d")
        assert "Choose an object or a prefix first" in said(pilot)


async def test_the_keys_of_the_profile_list_mean_profiles_only(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/readme.md") as (pilot, browser):
        anonymous = [known.name for known in browser.profiles.profiles].index("anonymous")
        browser.profiles.focus()
        browser.profiles.highlighted = anonymous
        for key in ("D", "e"):
            await pilot.press(key)
            await settle(pilot)
            assert pilot.app.screen is browser, key
        assert "Delete profile This profile is built in" in said(pilot)
        assert "Edit profile" in said(pilot)


async def test_read_only_is_a_switch_unless_the_profile_says_so(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/") as (pilot, browser):
        await pilot.press("R", "u")
        assert browser.connection is not None
        assert browser.connection.read_only
        assert "read-only" in said(pilot)
        await pilot.press("R")
        assert not browser.connection.read_only
    locked = replace(profile, name="locked", read_only=True, credentials="anonymous")
    async with browsing(locked, f"s3://{full}/") as (pilot, browser):
        await pilot.press("R")
        assert browser.connection is not None
        assert browser.connection.read_only


async def test_help_and_palette_list_commands(profile: Profile) -> None:
    async with browsing(profile) as (pilot, _):
        await pilot.press("question_mark")
        await pilot.pause()
        assert "Move, rename" in shown(pilot)
        await pilot.press("escape", "colon")
        await pilot.press(*"downlo")
        await settle(pilot)
        assert "Can't run now: Choose an object or a prefix first" in shown(pilot)


async def test_tab_goes_round_all_panes(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/") as (pilot, browser):
        seen = []
        for _ in range(4):
            await pilot.press("tab")
            await pilot.pause()
            seen.append(browser.focused)
        tabs = browser.detail.query_one("Tabs")
        assert seen == [tabs, browser.profiles, browser.bucket_tree, browser.objects.table]


async def test_tab_goes_round_and_unfolds_the_detail_on_a_narrow_terminal(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/readme.md", size=(80, 24)) as (pilot, browser):
        assert not browser.detail.display
        await pilot.press("tab")
        await settle(pilot)
        assert browser.detail.display
        assert "7 bytes" in shown(pilot)
        await pilot.press("shift+tab")
        await settle(pilot)
        assert not browser.detail.display
        assert browser.focused is browser.objects.table


async def test_when_the_terminal_gets_narrow_the_pane_stays_that_is_worked_in(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/readme.md", size=(160, 40)) as (pilot, browser):
        await pilot.press("enter")
        await settle(pilot)
        await pilot.resize_terminal(40, 12)
        await settle(pilot)
        assert browser.objects.table.has_focus
        assert "readme.md" in shown(pilot)
        assert not browser.detail.display
        await pilot.press("tab")
        await pilot.resize_terminal(160, 40)
        await settle(pilot)
        await pilot.resize_terminal(40, 12)
        await settle(pilot)
        assert browser.detail.display
        assert browser.detail.has_focus_within


async def test_the_detail_scrolls_by_keyboard_and_escape_leads_back(
    profile: Profile, connection: Connection, full: str
) -> None:
    connection.call("put_object", Bucket=full, Key="docs/long.txt", Body=b"\n".join(b"line %d" % n for n in range(500)))
    async with browsing(profile, f"s3://{full}/docs/long.txt", size=(80, 24)) as (pilot, browser):
        await pilot.press("enter")
        await settle(pilot)
        assert browser.detail.display
        await pilot.press("right", "right", "right", "right")
        await settle(pilot)
        assert "line 3" in shown(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "line 499" in shown(pilot))
        await pilot.press("g", "j")
        await until(pilot, lambda: "line 3" in shown(pilot) and "line 499" not in shown(pilot))
        await pilot.press("escape")
        await settle(pilot)
        assert not browser.detail.display
        assert browser.objects.table.has_focus


async def test_another_profile_starts_with_an_empty_table(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        assert "3 objects" in shown(pilot)
        browser.use(replace(profile, endpoint="http://127.0.0.1:1"))
        await until(pilot, lambda: "Nothing listens" in shown(pilot))
        assert f"s3://{full}/" not in shown(pilot)
        assert "3 objects" not in shown(pilot)


async def test_nothing_is_done_with_the_rows_of_the_profile_before(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        await pilot.press("space")
        browser.use(replace(profile, endpoint="http://127.0.0.1:1"))
        await until(pilot, lambda: "Nothing listens" in shown(pilot))
        for key in ("x", "U", "d"):
            await pilot.press(key)
            await settle(pilot)
            assert pilot.app.screen is browser, key
        assert "Export Nothing is listed here." in said(pilot)
        assert "Bring back Put the cursor on an object first." in said(pilot)
        assert browser.objects.table.selected_count == 0


@pytest.mark.parametrize("pane", ["profiles", "bucket_tree"])
async def test_what_is_listed_is_meant_from_every_pane(
    pane: str, profile: Profile, connection: Connection, bucket: str
) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    async with browsing(profile) as (pilot, browser):
        getattr(browser, pane).focus()
        await pilot.press("x", "V")
        assert "Export Nothing is listed here." in said(pilot)
        assert "Show deleted Open a bucket first." in said(pilot)
        for key in ("a", "gone"):
            connection.call("put_object", Bucket=bucket, Key=key, Body=b"x")
        connection.call("delete_object", Bucket=bucket, Key="gone")
        browser.go(S3Uri(bucket))
        await settle(pilot)
        getattr(browser, pane).focus()
        await pilot.press("x")
        await settle(pilot)
        assert f"Export s3://{bucket}/" in shown(pilot)
        await pilot.press("escape", "V")
        await settle(pilot)
        assert "gone" in shown(pilot)


async def test_transfers_that_end_together_are_told_together(
    profile: Profile, connection: Connection, full: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        for key in ("docs/1.txt", "docs/a.txt", "docs/b.txt"):
            browser.queue.submit(connection, UploadRequest(tmp_path / "notes.txt", S3Uri(full, key)))
        await until(pilot, lambda: "2 verified, 1 failed. “s3://" in said(pilot))
        assert len(said(pilot).splitlines()) == 1


async def test_going_to_an_object_that_is_not_there_says_so(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/1.txt") as (pilot, browser):
        assert said(pilot) == ""
        browser.go(S3Uri(full, "docs/one.txt"))
        await until(pilot, lambda: "There is no object “one.txt” here. w finds out why." in said(pilot))
