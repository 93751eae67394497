"""The line below the table: how much is listed, how much of it is shown or selected, and whether that is all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from s3tui import display
from s3tui.display import visible

if TYPE_CHECKING:
    from s3tui.ui.places import View
    from s3tui.ui.widgets.object_table import ObjectTable

TICK = 10.0  # s; how often an age is shown anew
_OLD = timedelta(minutes=1)  # from then on, the age of what is listed matters


def line(view: View, table: ObjectTable, listed_again: int | None = None) -> Content:
    """What there is to say of `view` as `table` shows it."""
    parts = [_problem(table), *_amounts(view, table), _end(view, listed_again), _age(view), _way_back(view)]
    return Content(" · ").join([part for part in parts if part])


def _problem(table: ObjectTable) -> Content:
    """What is wrong with the filter that is being typed; the last one that was right holds."""
    return Content.styled(f"✗ {visible(table.filter_problem)}", "$text-error") if table.filter_problem else Content("")


def _amounts(view: View, table: ObjectTable) -> list[Content]:
    columns = (table.listing or view.listing).columns
    filtered = table.shown != len(columns)
    deleted = _deleted(view)
    hidden_again = [] if deleted is None else [Content.styled(f"{deleted:,} deleted, V hides them", "$text-accent")]
    if table.selected_count:
        size = f", {display.size(table.selected_size)}" if table.selected_size else ""  # a prefix has none
        hidden = f" ({table.hidden_selected:,} hidden)" if table.hidden_selected else ""
        selected = Content.styled(f"{table.selected_count:,} selected{hidden}{size}", "$text-accent")
        shown = [Content.styled(f"{table.shown:,} shown", "$text-accent")] if filtered else []
        return [selected, Content(f"of {len(columns):,}"), *shown]
    if filtered:
        return [Content.styled(f"{table.shown:,} of {len(columns):,}", "$text-accent"), *hidden_again]
    total = [Content(display.size(columns.total_size))] if columns.total_size else []
    if view.is_hits:
        return [Content(display.counted(len(columns), "hit")), *total]
    if view.is_read and not view.listing.completeness.is_complete:  # how many is said at the end
        return [*total, *hidden_again]
    return [Content(_counted(columns.prefix_count, columns.object_count - (deleted or 0))), *total, *hidden_again]


def _deleted(view: View) -> int | None:
    """How many of the rows are deleted keys; None where these aren't shown."""
    from s3tui.s3.deleted import WithDeleted

    return view.listing.deleted_count if isinstance(view.listing, WithDeleted) else None


def _end(view: View, listed_again: int | None) -> Content:
    """Whether this is all."""
    known = view.listing.completeness
    if listed_again is not None:
        return Content.styled(f"listing again … {listed_again:,}", "$text-warning")
    if view.is_read:
        return Content.styled(_progress(view), "$text-warning")
    if known.is_complete:
        return Content.styled("complete", "$text-success")
    # Without rows, the place of the table says how to go on.
    way_on = " r tries again." if len(view.listing.columns) else ""
    return Content.styled(f"incomplete: {visible(known.reason or 'not all was listed.')}{way_on}", "$text-error")


def _progress(view: View) -> str:
    if view.is_hits:
        return f"{view.listing.listed:,} looked at so far, Esc stops"
    return f"{view.listing.listed:,} listed so far"


def _age(view: View) -> Content:
    """How old the list is, once that matters."""
    age = view.kept.age
    if view.is_read or view.is_hits or (age < _OLD and not view.is_from_cache):
        return Content("")
    return Content(f"listed {_ago(age)} · r lists again")


def _ago(age: timedelta) -> str:
    seconds = age.total_seconds()
    if seconds < 60:
        return "just now"
    minutes = round(seconds / 60)
    return f"{minutes} min ago" if minutes < 120 else f"{round(minutes / 60)} h ago"


def _counted(prefixes: int, objects: int) -> str:
    below = display.counted(prefixes, "prefix", "prefixes")
    here = display.counted(objects, "object")
    return f"{below}, {here}" if prefixes and objects else below if prefixes else here


def _way_back(view: View) -> Content:
    """Where Escape leads, where one may not know it."""
    if view.is_hits:
        return Content("" if view.is_read else "Esc goes back")
    return Content("Esc goes back to the hits" if view.before and view.before.is_hits else "")
