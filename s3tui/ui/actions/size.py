"""`z`: how much the bucket or prefix under the cursor holds."""

from __future__ import annotations

from s3tui.s3.uri import S3Uri
from s3tui.ui.screens.browser import Browser


def size(browser: Browser) -> None:
    """Measure the prefix under the cursor; from an object, the prefix that it lies in."""
    place = browser.current_uri
    assert place is not None
    browser.ask(_size, place if place.is_prefix else place.parent)


async def _size(browser: Browser, place: S3Uri) -> None:
    from s3tui.ui.screens.usage import UsageScreen

    assert browser.connection is not None
    there = await browser.app.push_screen_wait(UsageScreen(browser.connection, place))
    if there is not None:
        browser.go(there)
