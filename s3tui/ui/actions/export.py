"""Write what the table shows to a file."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from s3tui import display
from s3tui.s3.listing import COMPLETE, Completeness, Listing
from s3tui.ui.panes import status
from s3tui.ui.screens.browser import Browser
from s3tui.ui.widgets.arrangement import Order, arrange

if TYPE_CHECKING:
    from s3tui.ui.dialogs.export import Choice
    from s3tui.ui.places import View
    from s3tui.ui.widgets.object_table import ObjectTable

_SOME = 10_000  # rows that are looked at in one go, in which the screen can't do anything


def export(browser: Browser) -> None:
    browser.ask(_export)


async def _export(browser: Browser) -> None:
    from s3tui.ui.dialogs.export import ExportForm, told

    pane = browser.objects
    heading = pane.title or str(pane.uri)
    assert pane.view is not None
    form = ExportForm(f"Export {heading}", _choices(pane.table, pane.view), _name(heading))
    written = await browser.app.push_screen_wait(form)
    if written is None:
        return
    is_all = written.completeness == COMPLETE and not written.part
    known = "" if is_all else f" {told(written.completeness, written.part)}"
    browser.say(f"{display.counted(written.rows, 'row')}, {display.size(written.size)}, in {written.path}.{known}")


def _choices(table: ObjectTable, view: View) -> list[Choice]:
    """The selected rows first, if there are any: whoever selected some means those."""
    from s3tui.ui.dialogs.export import Choice

    listing, order = table.listing, table.order
    assert listing is not None
    kept = view.kept

    def known() -> Completeness:
        is_old = view.again is not None or view.kept is not kept or kept.age >= status.OLD
        return listing.completeness.as_of(kept.begun) if is_old else listing.completeness

    part = "" if order.filter.is_empty else f"the rows that fit “{order.filter.text}”"
    choices = [Choice(part, listing, lambda: _arranged(listing, order), known)]
    selected = table.selected_ids
    if selected:
        part = f"the {display.counted(len(selected), 'selected row')}"
        choices.insert(0, Choice(part, listing, lambda: selected, known))
    return choices


def _arranged(listing: Listing, order: Order) -> Sequence[int]:
    """All rows as the table shows them, or soon will: it may not have taken in the last that came."""
    skip = len(listing.prefix.encode("utf-8", "surrogateescape"))
    rows = iter(arrange(listing.columns, order, skip).shown_rows())
    numbers = array("Q")
    while some := array("Q", islice(rows, _SOME)):
        numbers += some
    return numbers


def _name(heading: str) -> str:
    """A name for the file: the words of the heading, without what is no part of a file's name."""
    words = re.findall(r"\w[\w.]*", heading.removeprefix("s3://"))
    return "-".join(words)[:60].rstrip(".") or "export"
