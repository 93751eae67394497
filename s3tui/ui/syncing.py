"""Carrying out a sync from the screen: what brings something first, and deletes only when all of that went well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.s3.client import Connection
from s3tui.transfers import sync
from s3tui.transfers.request import Request

if TYPE_CHECKING:
    from s3tui.ui.screens.browser import Browser


async def carry_out(browser: Browser, connection: Connection, requests: list[Request]) -> None:
    """Give them to the queue in their turn. Nothing is deleted when one of the first was paused, or when the
    program was left before they ended."""
    brings, deletes = sync.in_turn(requests)
    transfers = await background.run(background.LOCAL, browser.queue.submit_all, connection, brings)
    if not deletes:
        return
    for transfer in transfers:
        await asyncio.shield(asyncio.wrap_future(transfer.future))
    if not all(each.state in sync.WENT_WELL for each in transfers):
        browser.say("Not everything was brought, so the sync has deleted nothing. Sync again when it is.")
        return
    await background.run(background.LOCAL, browser.queue.submit_all, connection, deletes)
