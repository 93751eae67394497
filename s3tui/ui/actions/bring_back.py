"""`U`: a deleted object, or an older version of one, is the current one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from s3tui import background, display
from s3tui.errors import S3tuiError
from s3tui.s3.uri import S3Uri
from s3tui.ui import detail_content
from s3tui.ui.screens.browser import Browser

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.s3.versions import Version

_OFFERED = 200  # versions, the newest


def bring_back(browser: Browser) -> None:
    browser.ask(_bring_back)


async def _bring_back(browser: Browser) -> None:
    from s3tui.s3.versions import versions_of

    connection, uri = browser.connection, browser.cursor_uri
    assert connection is not None
    if browser.objects.table.selected_count:
        await _bring_back_all(browser, connection)
        return
    assert uri is not None
    found = await background.run(background.METADATA, versions_of, connection, uri)
    if found.versions and found.versions[0].is_delete_marker:
        await _undelete(browser, connection, uri)
        return
    older = [version for version in found.versions[1:_OFFERED] if not version.is_delete_marker]
    if not older:
        browser.say(f"There is no older version of {uri.name}.")
    elif await background.run(background.METADATA, _would_replace, connection, uri.bucket, found.versions):
        browser.say("Versioning is suspended here, so a version would be lost. c copies to another key.")
    else:
        await _choose(browser, connection, uri, found.versions[0], older)


def _would_replace(connection: Connection, bucket: str, versions: Sequence[Version]) -> bool:
    """Whether the copy may take the place of a version: what is written while versioning is suspended has the id
    `null`, and replaces what had it."""
    from s3tui.transfers.doomed import versioning_of

    has_null = any(version.version_id == "null" for version in versions)
    return has_null and versioning_of(connection, bucket) != "Enabled"


async def _undelete(browser: Browser, connection: Connection, uri: S3Uri) -> None:
    from s3tui.transfers.undelete import deletion_of, undelete
    from s3tui.ui.dialogs.confirm import Confirm

    version = (await background.run(background.METADATA, deletion_of, connection, uri)).versions[0]
    told = (
        f"Its version of {display.when(version.modified)} UTC, {display.size(version.size)}, is the current one then."
    )
    if not await browser.app.push_screen_wait(Confirm(f"Bring back “{uri.name}”?", told, "Bring back")):
        return
    outcome = await background.run(background.METADATA, undelete, connection, uri)
    browser.say(f"{uri.name}: {outcome.detail}")
    _show(browser, connection, uri)


async def _bring_back_all(browser: Browser, connection: Connection) -> None:
    """Of what is selected, all that is deleted."""
    from s3tui.ui.dialogs.confirm import Confirm

    table = browser.objects.table
    listing = table.listing
    assert listing is not None
    deleted = [listing.uri(number) for number in table.selected_ids if listing.columns.row(number).is_deleted]
    if not deleted:
        browser.say("Nothing of what is selected is deleted. V shows what is.")
        return
    many = display.counted(len(deleted), "object")
    told = "The newest version of each is the current one then. What else is selected stays as it is."
    if await browser.app.push_screen_wait(Confirm(f"Bring back {many}?", told, "Bring back")):
        browser.say(f"Bringing back {many} …")
        browser.run_worker(_undelete_all(browser, connection, deleted), group="bring back", exit_on_error=False)


async def _undelete_all(browser: Browser, connection: Connection, uris: Sequence[S3Uri]) -> None:
    """One that fails keeps the others from nothing."""
    from s3tui.transfers.undelete import undelete

    failed = []
    for uri in uris:
        try:
            outcome = await background.run(background.METADATA, undelete, connection, uri)
        except S3tuiError as error:
            failed.append(f"{uri.name}: {error}")
        else:
            if outcome.state != "verified":
                failed.append(f"{uri.name}: {outcome.detail}")
            if browser.connection is connection:
                browser.written(uri)
    browser.say(f"{len(uris) - len(failed):,} of {display.counted(len(uris), 'object')} are back.")
    if failed:
        more = f" And {len(failed) - 1:,} more." if len(failed) > 1 else ""
        browser.notify(display.visible(f"Not back: {failed[0]}{more}"), severity="error", markup=False, timeout=15)
    if browser.connection is connection:
        detail_content.load_again(browser)


async def _choose(browser: Browser, connection: Connection, uri: S3Uri, current: Version, older: list[Version]) -> None:
    """The version is copied on top of the one that is `current`, so that all that is there stays."""
    from s3tui.transfers.copy import CopyRequest
    from s3tui.transfers.stored import bare
    from s3tui.ui.dialogs.choose import Choose
    from s3tui.ui.dialogs.confirm import Confirm

    lines = {
        version.version_id: f"{display.when(version.modified)} UTC  {display.size(version.size)}" for version in older
    }
    chosen = await browser.app.push_screen_wait(Choose(f"Which version of “{uri.name}”?", list(lines.items())))
    if chosen is None:
        return
    told = (
        f"The version of {lines[chosen]} is copied on top, as a new version. What is current now stays as an older one."
    )
    if not await browser.app.push_screen_wait(Confirm(f"Go back with “{uri.name}”?", told, "Go back")):
        return
    etag = next(version.etag for version in older if version.version_id == chosen)
    request = CopyRequest(
        replace(uri, version_id=chosen), uri, overwrite=True, etag=bare(etag), replaces=bare(current.etag) or None
    )
    await background.run(background.LOCAL, browser.queue.submit, connection, request)


def _show(browser: Browser, connection: Connection, uri: S3Uri) -> None:
    if browser.connection is connection:
        browser.written(uri)
        detail_content.load_again(browser)
