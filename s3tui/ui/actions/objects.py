"""Commands on objects."""

from __future__ import annotations

from typing import Any, Literal

from s3tui import background
from s3tui.profiles.model import Profile
from s3tui.s3.uri import S3Uri
from s3tui.ui import detail_content
from s3tui.ui.actions import restore
from s3tui.ui.screens.browser import Browser


def upload(browser: Browser) -> None:
    browser.ask(_upload)


async def _upload(browser: Browser) -> None:
    from s3tui.ui.dialogs.upload import UploadForm

    connection = browser.connection
    assert connection is not None
    here = browser.bucket_tree.current if browser.bucket_tree.has_focus else browser.place
    target = here or S3Uri(browser.current_bucket)  # the hits of a search need not have begun at a place
    requests = await browser.app.push_screen_wait(UploadForm(connection, target, journal=browser.queue.journal))
    if requests:
        await background.run(background.LOCAL, browser.queue.submit_all, connection, requests)


def download(browser: Browser) -> None:
    browser.ask(_download)


async def _download(browser: Browser) -> None:
    from s3tui.transfers.sync_compare import Stored
    from s3tui.ui.dialogs.download import DownloadForm
    from s3tui.ui.dialogs.download_below import DownloadBelowForm

    connection = browser.connection
    assert connection is not None
    chosen: restore.Chosen = [] if _is_tree(browser) else browser.chosen_objects
    prefixes = _prefixes(browser)
    if chosen:
        chosen = await restore.readable(browser, connection, chosen)
    requests: list[Any] | None = None
    if prefixes:
        objects = [Stored(connection, uri, row.size, row.etag) for uri, row in chosen]
        requests = await browser.app.push_screen_wait(DownloadBelowForm(connection, prefixes, objects))
    elif chosen:
        form = DownloadForm(connection, [uri for uri, _ in chosen], [row.size for _, row in chosen])
        requests = await browser.app.push_screen_wait(form)
    if requests:
        await background.run(background.LOCAL, browser.queue.submit_all, connection, requests)


def _is_tree(browser: Browser) -> bool:
    """Whether the tree of buckets and prefixes is where a choice is made."""
    return browser.bucket_tree.has_focus or browser.places.view is None


def _prefixes(browser: Browser) -> list[S3Uri]:
    """Those that are chosen, or the one under the cursor."""
    return [uri for uri in _sources(browser) if uri.is_prefix and uri not in dict(browser.chosen_objects)]


def sync(browser: Browser) -> None:
    browser.ask(_sync)


async def _sync(browser: Browser) -> None:
    from s3tui.ui.dialogs.sync import SyncForm
    from s3tui.ui.syncing import Syncs

    connection = browser.connection
    assert connection is not None
    here = browser.bucket_tree.current if browser.bucket_tree.has_focus else browser.place
    syncs = browser.syncs = browser.syncs or Syncs(browser)
    others = _other_profiles(browser)
    form = SyncForm(connection, here or S3Uri(browser.current_bucket), others, browser.app.ask_mfa, syncs.given_up)
    if requests := await browser.app.push_screen_wait(form):
        assert form.asked is not None
        browser.run_worker(syncs.carry_out(form.asked, requests), group="syncing", exit_on_error=False)


def copy_to(browser: Browser) -> None:
    browser.ask(_bring, "copy")


def move(browser: Browser) -> None:
    browser.ask(_bring, "move")


async def _bring(browser: Browser, kind: Literal["copy", "move"]) -> None:
    from s3tui.ui.dialogs.copy import CopyForm

    connection = browser.connection
    assert connection is not None
    form = CopyForm(connection, _sources(browser), kind, _other_profiles(browser), browser.app.ask_mfa)
    if requests := await browser.app.push_screen_wait(form):
        await background.run(background.LOCAL, browser.queue.submit_all, connection, requests)


def _other_profiles(browser: Browser) -> list[Profile]:
    """Those that can be used and told from the one in use by their name; of several of one name the first."""
    found: dict[str, Profile] = {}
    for profile in browser.profiles.profiles:
        if not profile.problem:
            found.setdefault(profile.name, profile)
    if browser.connection:
        found.pop(browser.connection.profile.name, None)
    return [browser.as_started(profile) for profile in found.values()]


def _sources(browser: Browser) -> list[S3Uri]:
    """The selected objects and prefixes, or what is under the cursor; no bucket, and nothing that is deleted."""
    if browser.bucket_tree.has_focus or browser.places.view is None:
        here = browser.bucket_tree.current
        return [here] if here and here.key else []
    table = browser.objects.table
    listing = table.listing
    if listing is None:
        return []
    numbers = table.selected_ids or ([] if table.cursor_id is None else [table.cursor_id])
    return [listing.uri(number) for number in numbers if not listing.columns.row(number).is_deleted]


def edit_metadata(browser: Browser) -> None:
    browser.ask(_edit, "metadata")


def edit_tags(browser: Browser) -> None:
    browser.ask(_edit, "tags")


async def _edit(browser: Browser, what: str) -> None:
    from s3tui.s3 import objects
    from s3tui.ui.dialogs.edit_metadata import EditMetadata
    from s3tui.ui.dialogs.edit_tags import EditTags

    connection, uri = browser.connection, browser.current_object
    assert connection is not None and uri is not None
    info = await background.run(background.METADATA, objects.head, connection, uri)
    if what == "metadata":
        written = await browser.app.push_screen_wait(EditMetadata(connection, info)) is not None
    else:
        written = await browser.app.push_screen_wait(EditTags(connection, info)) is not None
    detail_content.load_again(browser)  # also after a write that didn't keep everything
    if written:
        browser.say(f"The {what} of {uri.name} was written, read back and compared.")
        if what == "metadata":
            browser.written(uri)


def why(browser: Browser) -> None:
    """Ask for a URI, with what is under the cursor filled in, then find out."""
    browser.ask(_why)


async def _why(browser: Browser) -> None:
    from s3tui.ui.dialogs.goto import WhichObject
    from s3tui.ui.screens.why import Why

    connection = browser.connection
    assert connection is not None
    asked = WhichObject(
        browser.current_uri, connection.profile.endpoint, browser.current_bucket, browser.bucket_tree.buckets
    )
    uri = await browser.app.push_screen_wait(asked)
    if uri is None:
        return
    found: S3Uri | None = await browser.app.push_screen_wait(Why(connection, uri))
    if found is not None:
        browser.go(found)


def copy(browser: Browser) -> None:
    browser.ask(_copy)


async def _copy(browser: Browser) -> None:
    from s3tui.ui.dialogs.choose import Choose

    connection, uri = browser.connection, browser.current_uri
    assert connection is not None and uri is not None
    forms = _forms(uri, connection.profile.endpoint)
    row = browser.objects.table.cursor_row
    if row is not None and not row.is_prefix and browser.current_object == uri:
        forms["ETag"] = row.etag
    name = await browser.app.push_screen_wait(
        Choose("Copy", [(name, f"{name:<12}{text}") for name, text in forms.items()])
    )
    if name is not None:
        browser.app.copy_to_clipboard(forms[name])
        browser.say(f"Copied: {forms[name]}")


def _forms(uri: S3Uri, endpoint: str | None) -> dict[str, str]:
    """The ways to write a place down. None holds a secret."""
    import shlex

    option = f" --endpoint-url {shlex.quote(endpoint)}" if endpoint else ""
    verb = "ls" if uri.is_prefix else "cp"
    target = "" if uri.is_prefix else " ."
    forms = {"URI": str(uri), "Key": uri.key, "URL": uri.url(endpoint), "ARN": uri.arn}
    forms["aws command"] = f"aws s3 {verb} {shlex.quote(str(uri))}{target}{option}"
    return {name: text for name, text in forms.items() if text}
