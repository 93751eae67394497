"""What we write ourselves is worked into the listings that show it, into the hits of a search, and into the tree."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.errors import S3tuiError
from s3tui.s3.cache import Kept, Where
from s3tui.s3.uri import S3Uri
from s3tui.ui import branches, hits

if TYPE_CHECKING:
    from s3tui.s3.listing import Listing
    from s3tui.transfers.delete import DeleteRequest
    from s3tui.ui.places import Places
    from s3tui.ui.screens.browser import Browser

DELAY = 0.3  # s; writes that end close together are worked in once
MOST_ASKED = 50  # keys of one listing; after more of them it is listed again


class Writes:
    """Keys that were written and are not yet in the listings. Small listings are listed again, others patched."""

    def __init__(self, browser: Browser, places: Places) -> None:
        self._browser = browser
        self._places = places
        self._written: set[S3Uri] = set()
        self._deleted: set[S3Uri] = set()  # that no list of a place needs: it is listed again anyway
        self._emptied: set[S3Uri] = set()  # prefixes of which all was deleted, or some
        self._is_working = False

    def forget(self) -> None:
        """The profile is left: lists without what was just written aren't shown again."""
        for where, _, _ in self._concerned(self._written):
            self._places.cache.forget(where)
        for each in (self._written, self._deleted, self._emptied):
            each.clear()

    def add(self, uri: S3Uri) -> None:
        """The object at `uri` was written or deleted."""
        self._written.add(uri)
        self.work_in()

    def add_deleted(self, request: DeleteRequest) -> None:
        """What `request` names was deleted, or some of it."""
        for prefix in request.prefixes:
            self._forget_below(request.bucket, prefix)
            self._written.add(S3Uri(request.bucket, prefix))
            self._emptied.add(S3Uri(request.bucket, prefix))
        of_places = Counter[str]()
        for key in request.keys:
            uri = S3Uri(request.bucket, key)
            of_places[uri.parent.key] += 1
            is_asked = of_places[uri.parent.key] <= MOST_ASKED + 1  # with more its place is listed again anyway
            (self._written if is_asked else self._deleted).add(uri)
        self.work_in()

    def _forget_below(self, bucket: str, prefix: str) -> None:
        """Nothing that was kept of places in a deleted prefix holds any more."""
        view = self._places.view
        for where in self._places.cache.below(bucket, prefix):
            if view is not None and view.where == where:
                self._places.again()
            else:
                self._places.cache.forget(where)

    def work_in(self) -> None:
        """Begin with what was written; what comes meanwhile follows."""
        if self._written and not self._is_working:
            self._is_working = True
            self._browser.start("writes", self._work_in)

    async def _work_in(self, browser: Browser) -> None:
        try:
            while self._written:
                await asyncio.sleep(DELAY)
                if self._places.is_reading or browser.connection is None:
                    return  # at its end it calls `work_in`
                await self._take_in()
        finally:
            self._is_working = False

    async def _take_in(self) -> None:
        """One that fails keeps the others from nothing; the first is raised then."""
        written, self._written = self._written, set()
        deleted, self._deleted = self._deleted, set()
        emptied, self._emptied = self._emptied, set()
        browser = self._browser
        works: list[Callable[[], Awaitable[None]]] = [
            *(partial(self._renew, *concerned) for concerned in self._concerned(written)),
            partial(branches.follow, browser, written, emptied),
            partial(hits.follow, browser, self._places, (written | deleted) - emptied, emptied),
        ]
        failed: S3tuiError | None = None
        for work in works:
            try:
                await work()
            except S3tuiError as error:
                failed = failed or error
        if failed:
            raise failed

    def _concerned(self, written: set[S3Uri]) -> list[tuple[Where, Kept, list[S3Uri]]]:
        """The listings that show some of `written`, each with which."""
        found: dict[Where, tuple[Kept, list[S3Uri]]] = {}
        for uri in written:
            for where, kept in self._places.cache.showing(uri):
                found.setdefault(where, (kept, []))[1].append(uri)
        return [(where, kept, uris) for where, (kept, uris) in found.items()]

    async def _renew(self, where: Where, kept: Kept, uris: list[S3Uri]) -> None:
        cache, view = self._places.cache, self._places.view
        listing = kept.listing
        connection = self._browser.connection
        is_ours = connection is not None and where.profile == connection.profile
        is_whole = listing.columns.in_order and listing.completeness.is_complete
        if kept.is_small or not (is_ours and is_whole) or len(uris) > MOST_ASKED:
            if view is not None and view.kept is kept:
                self._places.again()
            else:
                cache.forget(where)
            return
        try:
            new = Kept(await self._patched(listing, uris), kept.begun)
        except S3tuiError:
            cache.forget(where)
            raise
        view = self._places.view  # the user may have gone elsewhere meanwhile
        if view is not None and view.kept is kept:
            self._places.replace(view, new)
        else:
            cache.keep(where, new)

    async def _patched(self, listing: Listing, uris: list[S3Uri]) -> Listing:
        from s3tui.s3 import patching

        connection = self._browser.connection
        return await background.run(background.LISTING, patching.patched, listing, connection, uris)
