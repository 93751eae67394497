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
STOPPED = "cancelled"  # why a list ends that was left, or stopped by the user
OLD = timedelta(minutes=1)  # from then on, the age of what is listed matters


def line(view: View, table: ObjectTable, width: int = 0) -> Content:
    """What there is to say of `view` as `table` shows it; without what matters least, if that makes it fit into
    `width` cells."""
    lines = [_joined(view, table, brief) for brief in (0, 1, 2)]
    return next((line for line in lines if line.cell_length <= width), lines[0])


def _joined(view: View, table: ObjectTable, brief: int) -> Content:
    parts = [*_amounts(view, table, brief), _end(view, brief), _age(view, brief), _way_back(view, brief)]
    return Content(" · ").join([part for part in parts if part])


def _amounts(view: View, table: ObjectTable, brief: int) -> list[Content]:
    columns = (table.listing or view.listing).columns
    filtered = table.shown != len(columns)
    deleted = _deleted(view)
    shown = Content.styled(f"{table.shown:,} of {len(columns):,}", "$text-accent")
    if table.selected_count:
        return [*_selected(table, len(columns), brief), *([shown] if filtered else [])]
    hidden_again = "" if brief else ", V hides them"
    dead = [] if deleted is None else [Content.styled(f"{deleted:,} deleted{hidden_again}", "$text-accent")]
    if filtered:
        return [shown, *dead]
    total = [Content(display.size(columns.total_size))] if columns.total_size and not brief else []
    if view.is_hits:
        return [Content(display.counted(len(columns), "hit")), *total]
    if not len(columns) and not view.listing.completeness.is_complete:  # nothing is known
        return []
    if view.is_read and not view.listing.completeness.is_complete:  # how many is said at the end
        return [*total, *dead]
    return [Content(_counted(columns.prefix_count, columns.object_count - (deleted or 0))), *total, *dead]


def _selected(table: ObjectTable, count: int, brief: int) -> list[Content]:
    """How many of `count` rows are selected, and how many bytes; a prefix has none."""
    chosen = table.selected_count
    amount = f"all {count:,}" if chosen == count > 1 else f"{chosen:,} of {count:,}"
    hidden = f" ({table.hidden_selected:,} hidden)" if table.hidden_selected else ""
    total = [Content(display.size(table.selected_size))] if table.selected_size and not brief else []
    return [Content.styled(f"{amount} selected{hidden}", "$text-accent"), *total]


def _deleted(view: View) -> int | None:
    """How many of the rows are deleted keys; None where these aren't shown."""
    from s3tui.s3.deleted import WithDeleted

    return view.listing.deleted_count if isinstance(view.listing, WithDeleted) else None


def _end(view: View, brief: int) -> Content:
    """Whether this is all."""
    known = view.listing.completeness
    if view.again is not None:
        count = f" {view.again.listed:,}" if view.again.listed and brief < 2 else ""
        return Content.styled(f"listing again …{count}", "$text-warning")
    if view.is_read:
        return Content.styled(_progress(view, brief), "$text-warning")
    if known.is_complete:
        return Content.styled("complete", "$text-success")
    if not len(view.listing.columns):  # the place of the table says why, and how to go on
        return Content.styled("incomplete" if view.is_hits else "not listed", "$text-error")
    if known.state == "stopped" and known.reason == STOPPED:
        return Content.styled(
            f"incomplete: you stopped it, r {'searches' if view.is_hits else 'lists'} again", "$text-error"
        )
    return Content.styled(f"incomplete: {visible(known.reason or 'not all was listed.')} r tries again.", "$text-error")


def _progress(view: View, brief: int) -> str:
    if view.is_hits:
        return f"{view.listing.listed:,} looked at{'' if brief else ' so far'}, Esc stops"
    return f"{view.listing.listed:,} listed so far" if view.listing.listed else "listing …"


def _age(view: View, brief: int) -> Content:
    """How old the list is, once that matters; of one that isn't read just now, that it is from before."""
    age = view.kept.age
    if view.is_read or view.is_hits or brief > 1 or (age < OLD and not view.is_from_cache):
        return Content("")
    if age < OLD:
        return Content("listed just now")
    return Content(f"listed {_ago(age)}{'' if brief else ', r lists again'}")


def _ago(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min ago" if minutes < 120 else f"{round(minutes / 60)} h ago"


def _counted(prefixes: int, objects: int) -> str:
    below = display.counted(prefixes, "prefix", "prefixes")
    here = display.counted(objects, "object")
    return f"{below}, {here}" if prefixes and objects else below if prefixes else here


def _way_back(view: View, brief: int) -> Content:
    """Where Escape leads, where one may not know it."""
    if view.is_hits:
        return Content("" if view.is_read else "Esc: back" if brief else "Esc goes back")
    is_below_hits = view.before is not None and view.before.is_hits
    return Content("" if not is_below_hits else "Esc: hits" if brief else "Esc goes back to the hits")
