"""Search below here, in this bucket or in every bucket of the profile; the hits come into the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3tui import background
from s3tui.s3.uri import S3Uri
from s3tui.ui.screens.browser import Browser

if TYPE_CHECKING:
    from s3tui.ui.dialogs.search import Scope


def search(browser: Browser) -> None:
    browser.ask(_search)


async def _search(browser: Browser) -> None:
    from s3tui.s3 import search as searching
    from s3tui.ui.dialogs.search import SearchForm

    connection = browser.connection
    assert connection is not None
    scopes = _scopes(browser)
    shown = browser.objects.listing
    last = shown if isinstance(shown, searching.Hits) else None
    searched = last.places[0] if last and last.is_of_one_place else None
    chosen = next((at for at, scope in enumerate(scopes) if last and scope.place == searched), 0)
    asked = await browser.app.push_screen_wait(SearchForm(scopes, chosen, last.wanted.text if last else ""))
    if asked is None:
        return
    place = asked.scope.place
    places = [place] if place else await background.run(background.METADATA, searching.everywhere, connection)
    hits = searching.Hits(places, asked.wanted)
    title = f"{asked.wanted.text.strip() or 'everything'} · {asked.scope.label}"
    browser.show_hits(hits, title, searching.read)


def _scopes(browser: Browser) -> list[Scope]:
    """From here to everywhere, each place once."""
    from s3tui.ui.dialogs.search import Scope

    assert browser.connection is not None
    here = browser.bucket_tree.current if browser.bucket_tree.has_focus else browser.place
    scopes = []
    if here and here.key:
        scopes.append(Scope(f"below {here}", here))
    if here:
        scopes.append(Scope(f"the whole bucket {here.bucket}", S3Uri(here.bucket)))
    return [*scopes, Scope(f"every bucket of {browser.connection.profile.name}", None)]
