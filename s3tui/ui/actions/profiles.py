"""Commands on profiles."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.profiles.model import Profile
from s3tui.ui.screens.browser import Browser

if TYPE_CHECKING:
    from s3tui.profiles.store import ProfileDraft


def add(browser: Browser) -> None:
    browser.ask(_form, None)


def edit(browser: Browser) -> None:
    chosen = browser.highlighted_profile
    browser.ask(_form, chosen, chosen)


def duplicate(browser: Browser) -> None:
    chosen = browser.highlighted_profile
    assert chosen is not None
    taken = {profile.name for profile in browser.profiles.profiles}
    name = next(name for number in range(2, 1000) if (name := f"{chosen.name}-{number}") not in taken)
    draft = replace(chosen, name=name, origin="config", problem="")
    browser.ask(_form, draft, None, chosen)


async def _form(
    browser: Browser, shown: Profile | None, replaced: Profile | None = None, copied: Profile | None = None
) -> None:
    """Fill in a profile (starting from `shown`) and store it, in place of `replaced` when that is given; without
    keys of its own it gets those of `replaced` or `copied`."""
    from s3tui.ui.dialogs.profile_form import ProfileForm

    path = browser.app.config_path
    taken = {profile.name for profile in browser.profiles.profiles if profile.editable and profile is not replaced}
    draft = await browser.app.push_screen_wait(ProfileForm(shown, taken, partial(_keep, path, replaced, copied)))
    if draft is not None:
        browser.app.load_profiles()
        browser.say(f"The profile {draft.profile.name} is stored.")


def _keep(path: Path, replaced: Profile | None, copied: Profile | None, draft: ProfileDraft) -> None:
    """Store it; an edited profile gets a new connection."""
    from s3tui.profiles import store
    from s3tui.s3 import connections

    store.keep(path, draft, replaced, copied)
    connections.forget(draft.profile.name)
    if replaced is not None:
        connections.forget(replaced.name)


def test(browser: Browser) -> None:
    from s3tui.ui.dialogs.profile_test import ProfileTest

    assert browser.highlighted_profile is not None
    browser.app.push_screen(ProfileTest(browser.highlighted_profile))


def delete(browser: Browser) -> None:
    browser.ask(_delete)


async def _delete(browser: Browser) -> None:
    from s3tui.ui.dialogs.confirm import Confirm

    chosen = browser.highlighted_profile
    assert chosen is not None
    text = "Its entry in the config goes, and its secret in the keyring. Nothing on the server changes."
    if await browser.app.push_screen_wait(Confirm(f"Forget the profile {chosen.name}?", text, "Forget it")):
        await background.run(background.LOCAL, _forget, browser.app.config_path, chosen)
        browser.app.load_profiles()


def _forget(path: Path, profile: Profile) -> None:
    from s3tui.profiles import store
    from s3tui.s3 import connections

    store.discard(path, profile)
    connections.forget(profile.name)
