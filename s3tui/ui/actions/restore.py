"""`A`: archived objects are restored before they can be read; and what a download of one says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.display import counted
from s3tui.s3.columns import Row
from s3tui.s3.uri import S3Uri
from s3tui.ui import detail_content
from s3tui.ui.screens.browser import Browser

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.s3.objects import ObjectInfo

Chosen = Sequence[tuple[S3Uri, Row]]


def restore(browser: Browser) -> None:
    browser.ask(_restore_chosen)


async def _restore_chosen(browser: Browser) -> None:
    from s3tui.s3.objects import ARCHIVE_CLASSES

    connection = browser.connection
    assert connection is not None
    chosen = browser.chosen_objects
    if not chosen:
        browser.say("Only prefixes are selected; choose objects.")
        return
    may_be = (*ARCHIVE_CLASSES, "INTELLIGENT_TIERING")
    asked = [uri for uri, row in chosen if len(chosen) == 1 or row.storage_class in may_be]
    infos = await _heads(connection, asked)
    if under_way := [info for info in infos if info.restore and info.restore.ongoing]:
        browser.say(f"{counted(len(under_way), 'restore')} of these under way: Overview says when it is done.")
    wanted = [info for info in infos if (info.archived or info.restore) and info not in under_way]
    if wanted:
        await _ask(browser, connection, wanted)
    elif not under_way:
        browser.say("Nothing of this is archived: it can be read.")


async def _ask(browser: Browser, connection: Connection, archived: Sequence[ObjectInfo]) -> None:
    from s3tui.ui.dialogs.restore import Restore

    if asked := await browser.app.push_screen_wait(Restore(connection, archived)):
        detail_content.load_again(browser)
        browser.say(f"{counted(asked, 'restore')} asked for. The object's overview says when it can be read.")


async def readable(browser: Browser, connection: Connection, chosen: Chosen) -> Chosen:
    """Of what is to be downloaded, what can be read now. For what is archived a restore is offered."""
    from s3tui.s3 import restore as restores
    from s3tui.s3.objects import ARCHIVE_CLASSES
    from s3tui.ui.dialogs.choose import Choose

    suspects = [uri for uri, row in chosen if row.storage_class in ARCHIVE_CLASSES]
    archived = [
        info
        for info in await _heads(connection, suspects)
        if await background.run(background.METADATA, restores.is_archived, connection, info)
    ]
    if not archived:
        return chosen
    away = {info.uri for info in archived}
    others = [(uri, row) for uri, row in chosen if uri not in away]
    choices = [("restore", f"Restore {counted(len(archived), 'archived object')} first")]
    if others:
        choices.append(("others", f"Download the other {len(others):,}"))
    heading = f"{counted(len(archived), 'object')} of {len(chosen):,} archived: not to be read until restored"
    answer = await browser.app.push_screen_wait(Choose(heading, choices))
    if answer == "restore":
        under_way = [info for info in archived if info.restore and info.restore.ongoing]
        if len(under_way) == len(archived):
            browser.say("A restore is under way already: try again when it is done.")
        else:
            await _ask(browser, connection, [info for info in archived if info not in under_way])
    return others if answer == "others" else ()


async def _heads(connection: Connection, uris: Sequence[S3Uri]) -> list[ObjectInfo]:
    from s3tui.s3 import objects

    return await asyncio.gather(*(background.run(background.METADATA, objects.head, connection, uri) for uri in uris))
