"""From a profile to its buckets, with every way on when the credentials fail."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from s3tui import background
from s3tui.errors import S3tuiError
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.uri import S3Uri
from s3tui.ui import heap

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.ui.screens.browser import Browser

REGIONS_ASKED = 100  # buckets; one HeadBucket each


def use(browser: Browser, profile: Profile, then: S3Uri | None) -> None:
    """Connect to `profile`, list its buckets, go to `then`."""
    if profile.problem:
        browser.objects.say("failed", f"{profile.name} can't be used.", profile.problem)
        return
    browser.start("connect", _use, profile, then)


async def _use(browser: Browser, profile: Profile, then: S3Uri | None) -> None:
    from s3tui.s3.connections import connect  # boto3 itself is imported by the connection's first call

    connection = connect(profile, mfa_code=browser.app.ask_mfa)
    with heap.loading(browser.app, "boto3"):
        await _show(browser, connection, then)
    browser.refresh_commands()


async def _show(browser: Browser, connection: Connection, then: S3Uri | None) -> None:
    profile = connection.profile
    browser.connection = connection
    browser.profiles.show(browser.profiles.profiles, profile)
    browser.bucket_tree.say("loading …")
    browser.show_place()
    if then is not None:
        browser.go(then)
    else:
        browser.objects.say("loading", f"Connecting to {profile.endpoint or 'AWS'}")
    await _list_buckets(browser, connection, then)


async def _list_buckets(browser: Browser, connection: Connection, then: S3Uri | None) -> None:
    from s3tui.s3 import buckets

    try:
        found = await background.run(background.METADATA, buckets.list_buckets, connection)
    except S3tuiError as error:
        if browser.connection is connection:
            await _failed(browser, connection.profile, then, error)
        return
    if browser.connection is not connection:
        return
    browser.bucket_tree.show_buckets(found)
    unknown = [bucket.name for bucket in found if not bucket.region][:REGIONS_ASKED]
    browser.start("regions", _ask_regions, connection, unknown)
    if then is not None:
        if browser.objects.is_there:
            browser.bucket_tree.ensure(then)
        return
    if found:
        browser.objects.say("empty", "Choose a bucket.", "Enter opens it; → shows its prefixes.")
    else:
        browser.objects.say("empty", "There are no buckets here yet.", "n makes one. Ctrl+G opens one you know.")
    if browser.focused is None or browser.profiles.has_focus:  # the user may have gone elsewhere meanwhile
        browser.bucket_tree.focus()


async def _ask_regions(browser: Browser, connection: Connection, names: list[str]) -> None:
    """Fill in the regions that ListBuckets didn't tell (most servers don't), one by one, behind all else."""
    from s3tui.s3 import buckets

    for name in names:
        try:
            region = await background.run(background.METADATA, buckets.region_of, connection, name)
        except S3tuiError:
            continue  # the bucket says why when it is opened
        if browser.connection is not connection:
            return
        browser.bucket_tree.show_region(name, region or "")


async def _failed(browser: Browser, profile: Profile, then: S3Uri | None, error: S3tuiError) -> None:
    """Show why the buckets can't be listed, and offer what helps."""
    from s3tui.profiles.secrets import KeyringError

    if isinstance(error, errors.AccessDenied):
        browser.bucket_tree.say("Listing buckets is denied.")
        if then is None:
            browser.objects.say(
                "denied",
                "You may not list the buckets of this account.",
                "Ctrl+G opens a bucket you know: its name, s3://bucket/prefix/, or a URL.",
                "A profile can also name its buckets.",
                error.evidence,
            )
        elif browser.objects.is_there:
            browser.bucket_tree.ensure(then)
        return
    browser.bucket_tree.say("No buckets: see right.")
    way_on = "r tries again; on a profile, t tests it step by step."
    browser.objects.say("failed", error.sentence, error.advice, error.evidence, way_on)
    if isinstance(error, errors.SsoLoginNeeded):
        await _offer_sso(browser, profile, then, error)
    elif isinstance(error, KeyringError):
        await _ask_secret(browser, profile, then, error)


async def _offer_sso(browser: Browser, profile: Profile, then: S3Uri | None, error: errors.SsoLoginNeeded) -> None:
    from s3tui.ui.dialogs.confirm import Confirm

    command = ["aws", "sso", "login", "--profile", error.profile or profile.credentials.partition(":")[2]]
    if await background.run(background.LOCAL, shutil.which, "aws") is None:
        browser.say(f"Run: {' '.join(command)}")
        return
    question = Confirm("The SSO session has expired", f"Run “{' '.join(command)}” now?", "Run it")
    if not await browser.app.push_screen_wait(question):
        return
    try:
        with browser.app.suspend():
            # Blocks the screen on purpose: nothing may be painted over the other program.
            subprocess.run(command, check=False)  # noqa: ASYNC221
    except SuspendNotSupported:
        browser.say(f"Run this elsewhere, then press r: {' '.join(command)}")
        return
    browser.use(profile, then)


async def _ask_secret(browser: Browser, profile: Profile, then: S3Uri | None, error: S3tuiError) -> None:
    from s3tui.ui.dialogs.secret import AskSecret

    if await browser.app.push_screen_wait(AskSecret(profile, error)) is not None:
        browser.use(profile, then)
