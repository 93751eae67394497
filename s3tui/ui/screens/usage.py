"""How much a prefix holds: bars that one walks into, while they still grow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from s3tui import background, display
from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted, visible
from s3tui.errors import S3tuiError
from s3tui.s3 import usage_report
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.s3.usage import Usage, measure
from s3tui.s3.usage_tree import Level, State, Tally
from s3tui.ui.dialogs.base import plain
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.key_line import KeyLine
from s3tui.ui.widgets.row_layout import fit
from s3tui.ui.widgets.usage_bars import ORDER, SHADES, Parts, SortBy, UsageBars, arranged

_EVERY = 0.25  # s; how often the sums are looked at while they grow
_PAUSE = 5  # times as long as the look took
_CLASSES = 4  # lines
_NARROW, _WIDE = 16, 20  # cells of a class's name
_NOUNS: dict[State, tuple[str, str]] = {
    "current": ("Current", "object"),
    "noncurrent": ("Noncurrent", "version"),
    "marker": ("Deleted", "marker"),
    "part": ("Unfinished", "part"),
}
_FOLDED = "The prefixes below were too many to keep. Enter on this one, a level up, measures it by itself."


class UsageScreen(KeyedScreen[S3Uri | None]):
    """Measures `uri` and is dismissed with a place to go to, or with None."""

    BINDINGS = [
        Binding("escape,q,z", "leave", "Stop or back", key_display="Esc"),
        Binding("s", "sort", "Sort"),
        Binding("o", "open", "Browse"),
        Binding("x,e", "export", "Export"),
        Binding("r", "again", "Again"),
    ]
    DEFAULT_CSS = """
    UsageScreen #place { height: 1; padding: 0 1; text-style: bold; color: $text-primary; }
    UsageScreen #sums { height: 6; padding: 0 1; border-bottom: solid $surface-lighten-2; }
    UsageScreen #states { width: 52; }
    UsageScreen #classes { width: 1fr; }
    UsageScreen #known { height: auto; min-height: 1; max-height: 4; padding: 0 1; background: $panel; color: $text-muted; }
    """

    def __init__(self, connection: Connection, uri: S3Uri) -> None:
        super().__init__()
        self.connection, self.uri = connection, uri
        self.usage = Usage(uri)
        self.prefix = self.usage.start  # what is shown
        self.by: SortBy = "size"
        self.measuring = False
        self._stopped = False  # by the user
        self._error: S3tuiError | None = None
        self._token = CancelToken()
        self._cursor_on = ""  # the prefix we came out of

    def compose(self) -> ComposeResult:
        yield Static(id="place")
        with Horizontal(id="sums"):
            yield Static(id="states")
            yield Static(id="classes")
        yield UsageBars()
        yield Static(id="known")
        yield KeyLine()

    def on_mount(self) -> None:
        self.bars.focus()
        self.action_again()

    def on_unmount(self) -> None:
        self._token.cancel()

    @property
    def bars(self) -> UsageBars:
        return self.query_one(UsageBars)

    @property
    def current(self) -> S3Uri:
        """The prefix under the cursor, or the one that is shown."""
        entry = self.bars.current
        name = entry.name if entry and entry.kind == "prefix" else ""
        return self.uri.with_key(self.prefix + name if name or self.prefix != self.usage.start else self.uri.key)

    # ---- measuring

    def action_again(self) -> None:
        """Measure anew; what was known is forgotten."""
        self._token.cancel()
        self._token, self.usage, self._error = CancelToken(), Usage(self.uri), None
        self.measuring, self._stopped = True, False
        self._measure()
        self._follow()

    @work(exclusive=True, group="measure", exit_on_error=False)
    async def _measure(self) -> None:
        usage, token = self.usage, self._token
        failure: Exception | None = None
        try:
            await background.run(background.LISTING, measure, usage, self.connection, token, token=token)
        except (Cancelled, S3tuiError) as error:
            failure = error
        if usage is self.usage:
            self._stopped = isinstance(failure, Cancelled)  # the user gave no MFA code
            self._error = failure if isinstance(failure, S3tuiError) else None
            self.measuring = False
            self._follow()

    @work(exclusive=True, group="follow", exit_on_error=False)
    async def _follow(self) -> None:
        """Show what is known, and again and again as long as it grows."""
        while True:
            usage, measuring = self.usage, self.measuring
            began = time.monotonic()
            level, parts = await background.run(background.ROWS, _look, usage, self.prefix, self.by)
            if level is None:  # it was added to the small ones
                self.prefix = self.uri.with_key(self.prefix).parent.key
                continue
            self._show(usage, level, parts)
            if not measuring:
                return
            # Of very many prefixes it costs something: then less often.
            await asyncio.sleep(max(_EVERY, _PAUSE * (time.monotonic() - began)))

    # ---- showing

    def _show(self, usage: Usage, level: Level, parts: Parts) -> None:
        total = level.tally.total
        shown = self.uri.with_key(level.prefix if level.prefix != usage.start else self.uri.key)
        known = "" if usage.completeness.is_complete else "at least "
        holds = f"  holds {known}{display.size(total.size)}" if known == "" or total.count else ""
        self.query_one("#place", Static).update(plain(f"{shown}{holds}"))
        self.query_one("#states", Static).update(_states(level.tally, usage.unknown, self.measuring))
        self.query_one("#classes", Static).update(_classes(level.tally, _WIDE if self.size.width >= 100 else _NARROW))
        said = _FOLDED if not level.kept else "" if self.measuring else self._nothing()
        self.bars.show(parts, total, said, self._cursor_on)
        self._cursor_on = ""
        self.query_one("#known", Static).update(self._known(usage))

    def _nothing(self) -> str:
        return "Nothing is here." if self.usage.completeness.is_complete else "Nothing is known."

    def _known(self, usage: Usage) -> Content:
        """How much of it is known, and what can't be."""
        listed = f"{usage.rows:,} listed"
        if self.measuring:
            first = Content.styled(f"{usage.doing} … {usage.rows:,} listed so far. Escape stops.", "$text-warning")
        elif usage.completeness.is_complete:
            first = Content.assemble(Content.styled("complete", "$text-success"), f" · {listed}")
        else:
            why = "you stopped it" if self._stopped else str(self._error or usage.completeness.reason)
            first = Content.styled(f"incomplete: {visible(why)} · {listed} · r measures again", "$text-error")
        evidence = [self._error.evidence] if self._error and self._error.evidence else []
        return Content("\n").join([first, *(plain(note) for note in (*usage.notes, *evidence))])

    # ---- walking

    @on(UsageBars.Into)
    def _into(self, event: UsageBars.Into) -> None:
        event.stop()
        if event.entry.kind != "prefix":
            self.notify(
                "o opens it in the browser." if event.entry.kind == "here" else "They are told together only.",
                markup=False,
            )
            return
        self._enter(self.prefix + event.entry.name)

    @work(exclusive=True, group="enter", exit_on_error=False)
    async def _enter(self, prefix: str) -> None:
        """Show what is below; where that was not kept, measure it by itself."""
        level = await background.run(background.ROWS, self.usage.level, prefix)
        if level is None:
            return
        if level.kept:
            self.prefix = prefix
            self._follow()
            return
        place = await self.app.push_screen_wait(UsageScreen(self.connection, self.uri.with_key(prefix)))
        if place is not None:
            self.dismiss(place)

    @on(UsageBars.Out)
    def _out(self) -> None:
        if self.prefix == self.usage.start:
            self.notify("This is where it was measured from. Escape goes back.", markup=False)
            return
        left = self.uri.with_key(self.prefix)
        self.prefix, self._cursor_on = left.parent.key, left.name
        self._follow()

    @on(UsageBars.SortWanted)
    def _sort_wanted(self, event: UsageBars.SortWanted) -> None:
        self.by = event.by
        self._follow()

    def action_sort(self) -> None:
        """By size, by count, by name, and again."""
        self.by = ORDER[(ORDER.index(self.by) + 1) % len(ORDER)]
        self._follow()

    def action_open(self) -> None:
        self.dismiss(self.current)

    def action_leave(self) -> None:
        """Stop measuring; when nothing is measured any more, go back."""
        if not self.measuring:
            self.dismiss(None)
            return
        self.measuring, self._stopped = False, True
        self.workers.cancel_group(self, "measure")  # and its token: a dead endpoint isn't waited for
        self._follow()

    @work(exclusive=True, group="export", exit_on_error=False)
    async def action_export(self) -> None:
        """Write what is shown, and all that is kept below it, to a file."""
        from s3tui.ui.dialogs.choose import Choose
        from s3tui.ui.dialogs.save_text import SaveText

        titles = {"csv": "CSV, for a spreadsheet", "jsonl": "JSON Lines, for a program"}
        usage, prefix = self.usage, self.prefix
        chosen = await self.app.push_screen_wait(Choose("Export as", list(titles.items())))
        if chosen is None:
            return
        format = next(each for each in usage_report.FORMATS if each == chosen)
        text = await background.run(background.ROWS, usage_report.text, usage, prefix, format)
        # Not the key: it may be anything.
        start = Path(f"s3tui-usage-{datetime.now(UTC):%Y%m%d-%H%M%S}.{format}")
        saved = await self.app.push_screen_wait(SaveText("Export to", text, start))
        if saved:
            self.notify(visible(f"Saved as {saved}"), markup=False)


def _look(usage: Usage, prefix: str, by: SortBy) -> tuple[Level | None, Parts]:
    level = usage.level(prefix)
    return level, arranged(level.entries, by) if level else Parts()


def _states(tally: Tally, unknown: Collection[State], measuring: bool) -> Content:
    """A line for each state: its shade in the bars, how many, how many bytes."""
    lines = []
    for state, (title, noun) in _NOUNS.items():
        amount = tally.of_state(state)
        count, size = counted(amount.count, noun), display.size(amount.size) if state != "marker" else ""
        if state in unknown and not amount.count:
            count, size = "not yet known" if measuring else "not known", ""
        line = f"{SHADES[state]} {title:<11}{count:>22}{size:>13}"
        lines.append(Content.styled(line, "" if amount.count else "$foreground-muted"))
    total = tally.total
    together = f"{total.count:>22,}{display.size(total.size):>13}" if total.count or not unknown else ""
    lines.append(Content.styled(f"  {'Together':<11}{together}", "bold"))
    return Content("\n").join(lines)


def _classes(tally: Tally, width: int) -> Content:
    """A line for each storage class, the largest first."""
    names = tally.classes
    lines = []
    for name in names[: _CLASSES if len(names) > _CLASSES + 1 else _CLASSES + 1]:
        amount = tally.of_class(name)
        lines.append(f"{fit(visible(name), width)}{display.size(amount.size):>10}")
    if len(names) > len(lines):
        lines.append(f"and {counted(len(names) - len(lines), 'more class', 'more classes')}")
    return Content("\n".join(lines))
