"""What the table lists, and how it comes there: a place, or what a search finds.

`Places` belongs to the browser, which asks it to go somewhere; it reads in the background and hands what comes to
the pane. Of what was left nothing is shown any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.background import CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3.listing import Listing
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.ui.screens.browser import Browser

# `read(listing, connection, token, on_page)`, as `s3.listing.read`: called in a pool thread, calls `on_page` whenever
# rows came, raises `S3Error` and `Cancelled`, and leaves the listing's completeness as it is then.
Reader = Callable[[Listing, "Connection", CancelToken, Callable[[object], object]], None]
PAINT_EVERY = 0.1  # s; rows that come faster are shown together


@dataclass(eq=False)
class View:
    """What the table shows, and who reads it."""

    place: S3Uri | None  # of hits, the place that the search was started from; None where there was none
    listing: Listing
    read: Reader
    title: str = ""  # what was searched for; empty for a place
    came_from: str = ""  # of hits, the key that the cursor was on before
    token: CancelToken = field(default_factory=CancelToken)

    @property
    def is_hits(self) -> bool:
        """Whether these are the hits of a search."""
        return bool(self.title)


class Places:
    """Where the browser is."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.view: View | None = None
        self.with_deleted = False

    @property
    def uri(self) -> S3Uri | None:
        """The prefix that is listed, or from which the search was started."""
        return self.view.place if self.view else None

    def leave(self) -> None:
        """Stop what is read, and show nothing."""
        if self.view:
            self.view.token.cancel()
        self.view = None
        self._browser.objects.leave()

    def go(self, uri: S3Uri, cursor_on: str = "", focus: bool = True) -> None:
        """List `uri` (its parent, when it is an object) and put the cursor on `cursor_on`."""
        sought = "" if uri.is_prefix else uri.key
        if sought:
            uri, cursor_on = uri.parent, sought
        self._show(self._view_of(uri), focus)
        self._browser.start("listing", self._read, cursor_on, sought)

    def _view_of(self, uri: S3Uri) -> View:
        """The place with nothing listed yet."""
        from s3tui.s3 import deleted
        from s3tui.s3 import listing as listings

        if self.with_deleted:
            return View(uri, deleted.WithDeleted(uri.bucket, uri.key), deleted.read)
        return View(uri, Listing(uri.bucket, uri.key), listings.read)

    def toggle_deleted(self) -> None:
        """Show deleted keys among the others, here and wherever the user goes, or hide them again."""
        self.with_deleted = not self.with_deleted
        if self.view and self.view.place:
            self.go(self.view.place, self._browser.cursor_key)

    def show_hits(self, listing: Listing, title: str, read: Reader) -> None:
        """Show what a search finds while `read` finds it; see `Browser.show_hits`."""
        before = self.view
        came_from = before.came_from if before and before.is_hits else self._browser.cursor_key
        self._show(View(self.uri, listing, read, title, came_from), focus=True)
        self._browser.start("listing", self._read, "", "")

    def back(self) -> None:
        """From the hits to where the search began, or to the tree."""
        view, browser = self.view, self._browser
        if view and view.place:
            self.go(view.place, view.came_from)
        else:
            self.leave()
            browser.objects.say("empty", "Choose a bucket.", "Enter opens it; → shows its prefixes.")
            browser.bucket_tree.focus()

    def _show(self, view: View, focus: bool) -> None:
        browser = self._browser
        if self.view:
            self.view.token.cancel()
        self.view = view
        browser.objects.start(view.place, view.listing, view.title)
        if focus:
            browser.detail.show(view.place)
            browser.objects.table.focus()

    async def _read(self, browser: Browser, cursor_on: str, sought: str) -> None:
        view, pane, connection = self.view, browser.objects, browser.connection
        assert view is not None and connection is not None

        def show() -> None:
            if self.view is not view:
                return
            if view.place and not view.is_hits:
                browser.bucket_tree.ensure(view.place)
            pane.page_arrived()
            if cursor_on:
                pane.table.move_to(cursor_on)

        arrivals = _Arrivals(browser, view.token, show)
        try:
            await background.run(
                background.LISTING, view.read, view.listing, connection, view.token, arrivals.page, token=view.token
            )
        except S3tuiError as error:
            if self.view is view:
                pane.fail(error)
            return
        show()
        if self.view is view:
            pane.finish()
            if sought and view.place and pane.table.lacks(sought):
                browser.say(f"There is no object “{view.place.with_key(sought).name}” here. w finds out why.")


class _Arrivals:
    """Has what comes in a thread shown on the event loop: the first page at once, then not oftener than one sees."""

    def __init__(self, browser: Browser, token: CancelToken, show: Callable[[], None]) -> None:
        self._browser = browser
        self._token = token
        self._show = show
        self._is_waiting = False
        self._shown_at = 0.0

    def page(self, _: object) -> None:
        """Called in the thread that reads."""
        if not self._is_waiting and not self._token.cancelled:
            self._is_waiting = True
            self._browser.app.call_later(self._due)

    def _due(self) -> None:
        wait = self._shown_at + PAINT_EVERY - time.monotonic()
        if wait > 0:
            self._browser.set_timer(wait, self._now)
        else:
            self._now()

    def _now(self) -> None:
        self._is_waiting = False
        self._shown_at = time.monotonic()
        self._show()
