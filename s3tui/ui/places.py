"""What the table lists, and how it comes there: a place, or what a search finds.

`Places` belongs to the browser, which asks it to go somewhere. It takes what is kept, or reads in the background and
hands what comes to the pane. Of what was left nothing is shown any more; its listing is kept, and gone on with when
the user comes back soon.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from s3tui import background
from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3.cache import Cache, Kept, Where
from s3tui.s3.listing import Listing
from s3tui.s3.uri import S3Uri
from s3tui.ui.arrivals import Arrivals
from s3tui.ui.writes import Writes

if TYPE_CHECKING:
    from s3tui.profiles.model import Profile
    from s3tui.s3.client import Connection
    from s3tui.ui.screens.browser import Browser

L = TypeVar("L", bound=Listing)
OnPage = Callable[[Listing], object]
TOGETHER = 0.1  # s in which a list has to come to be painted by the same frame as its title
# `read(listing, connection, token, on_page)`, as `s3.listing.read`: called in a pool thread, calls `on_page` whenever
# rows came, raises `S3Error` and `Cancelled`, and leaves the listing's completeness as it is then.
Reader = Callable[[L, "Connection", CancelToken, OnPage], None]


@dataclass(eq=False)
class View:
    """What the table shows, and how it is read."""

    place: S3Uri | None  # of hits, the place that the search was started from; None where there was none
    kept: Kept
    read: Callable[[Listing, Connection, CancelToken, OnPage], None]
    where: Where | None = None  # it is kept; None for hits
    title: str = ""  # what was searched for; empty for a place
    cursor_on: str = ""  # the key of a row
    sought: str = ""  # a key that the user asked for, and must be told when it isn't there
    before: View | None = None  # where Escape leads: from hits to the place, from a hit's place to the hits
    is_read: bool = False  # just now
    again: Listing | None = None  # what is read takes the place of what is shown when it has come
    was_begun: bool = False
    is_from_cache: bool = False
    token: CancelToken = field(default_factory=CancelToken)

    @property
    def listing(self) -> Listing:
        return self.kept.listing

    @property
    def is_hits(self) -> bool:
        """Whether these are the hits of a search."""
        return bool(self.title)


class Places:
    """Where the browser is."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.view: View | None = None
        self.cache = Cache()
        self.writes = Writes(browser, self)
        self._deleted_in = ""  # the bucket in which deleted keys are shown, too

    # ---- where

    @property
    def uri(self) -> S3Uri | None:
        """The prefix that is listed, or from which the search was started."""
        return self.view.place if self.view else None

    @property
    def is_reading(self) -> bool:
        """Whether something is being listed just now."""
        return self.view is not None and self.view.is_read

    @property
    def hits(self) -> View | None:
        """The hits of the search that are shown, or that Escape leads back to."""
        view = self.view
        return view if view is None or view.is_hits else view.before

    @property
    def _profile(self) -> Profile:
        connection = self._browser.connection
        assert connection is not None
        return connection.profile

    def forget(self) -> None:
        """What is kept of the profile in use is not trusted any more."""
        if self._browser.connection:
            self.cache.forget_profile(self._profile)

    def leave(self) -> None:
        """Stop what is read, and show nothing."""
        if self.view:
            self.view.token.cancel()
        self.view = None
        self._deleted_in = ""
        self.writes.forget()
        self._browser.objects.leave()

    def go(self, uri: S3Uri, cursor_on: str = "", focus: bool = True) -> None:
        """List `uri` (its parent, when it is an object) and put the cursor on `cursor_on`."""
        sought = "" if uri.is_prefix else uri.key
        if sought:
            uri, cursor_on = uri.parent, sought
        listing = self._empty(uri)
        where = Where.of(self._profile, listing)
        kept = self.cache.get(where)
        if kept and sought and kept.listing.columns.index_of(_encoded(sought)) is None:
            kept = None  # it may have come since
        view = View(uri, kept or Kept(listing), _read, where, cursor_on=cursor_on, sought=sought)
        view.is_from_cache = kept is not None
        self._open(view, focus)

    def _empty(self, uri: S3Uri) -> Listing:
        from s3tui.s3 import deleted

        return (deleted.WithDeleted if uri.bucket == self._deleted_in else Listing)(uri.bucket, uri.key)

    def show_hits(self, listing: L, title: str, read: Reader[L]) -> None:
        """Show what a search finds while `read` finds it; see `Browser.show_hits`."""
        before = self.view
        if before and before.is_hits:
            before = before.before
        elif before:
            before.cursor_on, before.before = self._browser.cursor_key, None
        view = View(self.uri, Kept(listing), read, title=title, before=before)  # type: ignore[arg-type]
        self._open(view, focus=True)

    def open_hit(self, uri: S3Uri) -> None:
        """Go to the place of a hit; Escape leads back to the hits."""
        hits = self.view
        if hits:
            hits.cursor_on = self._browser.cursor_key
        self.go(uri)
        if self.view and hits:
            self.view.before = hits

    def back(self) -> None:
        """Escape: stop a search that runs; else from the hits to where it began, or from a hit to the hits."""
        view = self.view
        if view is None:
            return
        if view.is_hits and view.is_read:
            view.token.cancel()
        elif view.before and view.before.is_hits:
            self._open(view.before, focus=True)
        elif view.is_hits:
            self.leave_hits()

    def leave_hits(self) -> None:
        """From the hits to where the search began, or to the tree."""
        browser, before = self._browser, self.view and self.view.before
        if before and before.place:
            self.go(before.place, before.cursor_on)
        else:
            self.leave()
            browser.objects.say("empty", "Choose a bucket.", "Enter opens it; → shows its prefixes.")
            browser.bucket_tree.focus()

    def toggle_deleted(self) -> None:
        """Show deleted keys among the others, everywhere in this bucket, or hide them again."""
        place = self.uri
        if place is None:
            return
        if place.bucket == self._deleted_in:
            self._deleted_in = ""
            self.go(place, self._browser.cursor_key)
        else:
            self._browser.start("deleted", self._show_deleted, place)

    async def _show_deleted(self, browser: Browser, place: S3Uri) -> None:
        from s3tui.s3 import deleted

        await background.run(background.METADATA, deleted.require_versions, browser.connection, place.bucket)
        if self.uri == place:
            self._deleted_in = place.bucket
            self.go(place, browser.cursor_key)

    # ---- showing

    def _open(self, view: View, focus: bool) -> None:
        browser = self._browser
        if self.view:
            self.view.token.cancel()
        view.token = CancelToken()
        self.view = view
        if view.where:
            self.cache.keep(view.where, view.kept)
        # A search isn't gone on with.
        view.is_read = not (view.listing.completeness.is_complete or (view.is_hits and view.was_begun))
        held = _held(browser) if view.is_read else None
        browser.objects.start(view)
        if focus:
            browser.detail.show(view.place)
            browser.objects.table.focus()
        if held:
            browser.start("listing", self._read, view, held)
        else:
            self._show_rows(view)
            self._ended(view)

    def _show_rows(self, view: View) -> None:
        if self.view is view:
            if view.place and not view.is_hits:
                self._browser.bucket_tree.ensure(view.place)
            self._browser.objects.page_arrived()
            if view.cursor_on:
                self._browser.objects.table.move_to(view.cursor_on)

    def _ended(self, view: View) -> None:
        """All has come that will come."""
        pane = self._browser.objects
        if self.view is not view:
            return
        pane.finish()
        if view.sought and view.place and pane.table.lacks(view.sought):
            name = view.place.with_key(view.sought).name
            self._browser.say(f"There is no object “{name}” here. w finds out why.")
        self.writes.work_in()

    async def _read(self, browser: Browser, view: View, held: ExitStack) -> None:
        """Read what is not there yet, and show it as it comes."""
        view.was_begun = True

        def show() -> None:
            self._show_rows(view)
            held.close()

        with held:
            if len(view.listing.columns):
                show()
            try:
                await self._read_into(view.kept, view, view.token, Arrivals(browser, view.token, show).page)
            except S3tuiError as error:
                view.is_read = False
                if self.view is view:
                    browser.objects.fail(error)
                    self.writes.work_in()
                return
            except Cancelled:
                pass
            finally:
                view.is_read = False
            self.cache.trim()
            self._show_rows(view)
            self._ended(view)

    async def _read_into(self, kept: Kept, view: View, token: CancelToken, on_page: OnPage) -> None:
        connection = self._browser.connection
        await background.run(background.LISTING, _read_alone, kept, view.read, connection, token, on_page, token=token)

    # ---- once more

    def again(self) -> None:
        """List again; the rows there are, the cursor and the selection stay until the new ones have come."""
        view = self.view
        if view is None:
            return
        if view.is_hits or not len(view.listing.columns):
            kept, cursor_on = Kept(view.listing.anew()), self._browser.cursor_key
            again = View(view.place, kept, view.read, view.where, view.title, cursor_on, before=view.before)
            self._open(again, focus=False)
        elif view.is_read:
            self._browser.say("It is being listed just now.")
        else:
            self._browser.start("again", self._read_again, view)

    async def _read_again(self, browser: Browser, view: View) -> None:
        kept, pane = Kept(view.listing.anew()), browser.objects
        view.is_read, view.again = True, kept.listing

        def progress() -> None:
            if self.view is view:
                pane.show_status()

        progress()
        try:
            await self._read_into(kept, view, view.token, Arrivals(browser, view.token, progress).page)
        except S3tuiError:
            if not view.listing.completeness.is_complete and len(kept.listing.columns) >= len(view.listing.columns):
                self.replace(view, kept)
            raise
        finally:
            view.is_read, view.again = False, None
            progress()
        self.replace(view, kept)
        self.writes.work_in()

    def replace(self, view: View, kept: Kept) -> None:
        """The same place, listed anew or patched: its rows take the place of those before, by key."""
        view.kept, view.is_from_cache = kept, False
        if view.where:
            self.cache.keep(view.where, kept)
        if self.view is view:
            self._browser.objects.replace(view)


def _held(browser: Browser) -> ExitStack:
    """Paints nothing until it is closed, or for a moment.

    A list mostly comes at once: then one frame shows it instead of two, and painting the first one doesn't take the
    time in which the request is made.
    """
    held = ExitStack()
    held.callback(browser.check_idle)
    held.enter_context(browser.app.batch_update())
    browser.set_timer(TOGETHER, held.close)
    return held


def _read(listing: Listing, connection: Connection, token: CancelToken, on_page: OnPage) -> None:
    from s3tui.s3 import apart

    apart.read(listing, connection, token, on_page)


def _read_alone(
    kept: Kept,
    read: Callable[[Listing, Connection, CancelToken, OnPage], None],
    connection: Connection,
    token: CancelToken,
    on_page: OnPage,
) -> None:
    """Read when whoever read before and was cancelled has stopped; that may be waiting for an answer yet."""
    while not kept.reading.acquire(timeout=0.05):
        token.check()
    try:
        read(kept.listing, connection, token, on_page)
    finally:
        kept.reading.release()


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
