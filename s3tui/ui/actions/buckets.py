"""Commands on buckets."""

from __future__ import annotations

from s3tui.s3.uri import S3Uri
from s3tui.ui.screens.browser import Browser


def settings(browser: Browser) -> None:
    from s3tui.ui.screens.bucket_settings import BucketSettings

    assert browser.connection is not None
    browser.app.push_screen(BucketSettings(browser.connection, browser.current_bucket))


def create(browser: Browser) -> None:
    browser.ask(_create)


async def _create(browser: Browser) -> None:
    from s3tui.ui.dialogs.create_bucket import CreateBucket

    connection = browser.connection
    assert connection is not None
    name = await browser.app.push_screen_wait(CreateBucket(connection))
    if name:
        browser.use(connection.profile, S3Uri(name))


def delete(browser: Browser) -> None:
    browser.ask(_delete)


async def _delete(browser: Browser) -> None:
    from s3tui.ui.dialogs.delete_bucket import DeleteBucket

    connection = browser.connection
    assert connection is not None
    bucket = browser.current_bucket
    if await browser.app.push_screen_wait(DeleteBucket(connection, bucket)):
        browser.say(f"{bucket} is deleted.")
        browser.use(connection.profile)
        browser.bucket_tree.focus()
