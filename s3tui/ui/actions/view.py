"""Commands that change what is seen, not what is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from s3tui.display import counted
from s3tui.s3.uri import S3Uri
from s3tui.transfers.progress import State
from s3tui.transfers.queue import TransferView
from s3tui.ui.screens.browser import Browser
from s3tui.ui.widgets.arrangement import SortBy

_SORTS: dict[str, SortBy] = {"Name": "name", "Size": "size", "Time": "modified", "Storage class": "class"}

_BAD: tuple[State, ...] = ("failed", "outcome unknown", "done in part")
DEAD_SECONDS = 1.5  # that an endpoint gets to answer at all, when the user leaves while it is written to


def filter_rows(browser: Browser) -> None:
    browser.objects.begin_filter()


def sort(browser: Browser) -> None:
    """The next column; when it is the last, the first again."""
    browser.ask(_sort)


async def _sort(browser: Browser) -> None:
    from s3tui.ui.dialogs.choose import Choose

    table = browser.objects.table
    before, descending = table.sorted_by
    choices = [(title, title + (" (other direction)" if by == before else "")) for title, by in _SORTS.items()]
    title = await browser.app.push_screen_wait(Choose("Sort by", choices))
    if title is None:
        return
    by = _SORTS[title]
    # The largest and the newest are what one looks for.
    table.sort_by(by, not descending if by == before else by in ("size", "modified"))


def goto(browser: Browser) -> None:
    browser.ask(_goto)


async def _goto(browser: Browser) -> None:
    from s3tui.ui.dialogs.goto import Goto

    endpoint = browser.connection.profile.endpoint if browser.connection else None
    uri = await browser.app.push_screen_wait(Goto(browser.place, endpoint))
    if uri is not None:
        browser.go(uri)


def refresh(browser: Browser) -> None:
    """List again what has the focus."""
    if browser.profiles.has_focus or browser.places.view is None or browser.bucket_tree.has_focus:
        assert browser.connection is not None
        browser.use(browser.connection.profile, browser.place)
    else:
        browser.places.again()


def search(browser: Browser) -> None:
    from s3tui.ui.actions import search

    search.search(browser)


def size(browser: Browser) -> None:
    from s3tui.ui.actions import size

    size.size(browser)


def unfinished_uploads(browser: Browser) -> None:
    """Those below the prefix under the cursor; from an object, below the prefix that it lies in."""
    from s3tui.ui.screens.unfinished_uploads import UnfinishedUploads

    connection, place = browser.connection, browser.current_uri
    assert connection is not None and place is not None
    below = place if place.is_prefix else place.parent
    browser.app.push_screen(UnfinishedUploads(connection, below, browser.queue))


def export(browser: Browser) -> None:
    from s3tui.ui.actions import export

    export.export(browser)


def show_deleted(browser: Browser) -> None:
    browser.places.toggle_deleted()


def read_only(browser: Browser) -> None:
    connection = browser.connection
    assert connection is not None
    if connection.profile.read_only:
        browser.say("The profile is read-only; change the profile to write.")
        return
    connection.read_only = not connection.read_only
    browser.show_place()
    browser.refresh_commands()
    browser.say("Read-only: every write is refused." if connection.read_only else "Writing is allowed.")


def focus_profiles(browser: Browser) -> None:
    browser.remove_class("-detail")
    browser.profiles.focus()


def next_pane(browser: Browser) -> None:
    _turn(browser, 1)


def previous_pane(browser: Browser) -> None:
    _turn(browser, -1)


def _turn(browser: Browser, step: int) -> None:
    """Go round profiles, tree, table, detail; the detail pane is unfolded where it doesn't fit beside."""
    from textual.widgets import Tabs

    tabs = browser.detail.query_one(Tabs)
    panes = (browser.profiles, browser.bucket_tree, browser.objects, browser.detail)
    to_focus = (browser.profiles, browser.bucket_tree, browser.objects.table, tabs)
    around = browser.focused.ancestors_with_self if browser.focused else ()
    at = next((number for number, pane in enumerate(panes) if pane in around), 1)
    to = (at + step) % len(panes)
    browser.set_class(to == 3, "-detail")
    browser.call_after_refresh(to_focus[to].focus)
    if to == 3:
        browser.call_after_refresh(browser.detail.reload)


def palette(browser: Browser) -> None:
    browser.app.action_command_palette()


def show_help(browser: Browser) -> None:
    from s3tui.ui.dialogs.help import Help

    browser.app.push_screen(Help(browser))


def leave(browser: Browser) -> None:
    if not (browser.queue.running or _lost(browser)):
        browser.app.exit()
    elif not any(worker.group == "leave" and worker.is_running for worker in browser.workers):
        # Not with `ask`: Ctrl+Q comes from inside dialogs too, and their conversation goes on after a No.
        browser.start("leave", _ask_and_leave)


def _unsaved(browser: Browser) -> bool:
    return any(getattr(screen, "unsaved", False) for screen in browser.app.screen_stack)


def _lost(browser: Browser) -> str:
    """What leaving loses beside transfers, in a sentence."""
    return "What you changed in the bucket's settings is not saved." if _unsaved(browser) else ""


async def _ask_and_leave(browser: Browser) -> None:
    from s3tui.ui.app import not_ended
    from s3tui.ui.dialogs.confirm import Confirm
    from s3tui.ui.dialogs.leave import Leave

    queue, lost = browser.queue, _lost(browser)
    if not queue.running:
        if await browser.app.push_screen_wait(Confirm("Lose what you changed?", lost, "Leave")):
            browser.app.exit()
        return
    if not queue.is_kept and browser.syncs and browser.syncs.goes_on:
        lost = f"{lost} The deletes of a sync won't happen.".strip()
    answer = await browser.app.push_screen_wait(Leave(queue.is_kept, lost))
    if answer == "wait":
        await _wait_and_leave(browser)
    elif answer is not None:
        browser.say("Pausing …" if answer == "keep" else "Cancelling …")
        ended = await _stop_transfers(browser, queue.pause_all if answer == "keep" else queue.cancel_all)
        browser.app.exit(message=None if ended else not_ended(queue))


async def _wait_and_leave(browser: Browser) -> None:
    """What did not work is said in the terminal, where it stays to be read."""
    from s3tui.ui.dialogs.leave import Waiting

    queue, syncs = browser.queue, browser.syncs
    before = {each.number for each in queue.rows(_BAD)}

    def is_over() -> bool:
        return not (queue.running or (syncs and syncs.goes_on))

    if not await browser.app.push_screen_wait(Waiting(queue, is_over)):
        return
    failed = sum(each.number not in before for each in queue.rows(_BAD))
    said = [f"{counted(failed, 'transfer')} failed."] if failed else []
    if failed and queue.is_kept:
        said.append("T shows why when s3tui is started again.")
    browser.app.exit(message=" ".join(said) or None)


async def _stop_transfers(browser: Browser, stop: Callable[[float], bool]) -> bool:
    """Whether all ended in time. An endpoint that still answers gets longer than one that is dead."""
    from s3tui import background
    from s3tui.ui.app import LAST_SECONDS

    began = datetime.now(UTC)
    if await background.run(background.LOCAL, stop, DEAD_SECONDS):
        return True
    log = browser.connection.log.newest(100) if browser.connection else []
    if not any(entry.status and entry.at > began for entry in log):
        return False
    return await background.run(background.LOCAL, stop, LAST_SECONDS - DEAD_SECONDS)


def transfers(browser: Browser) -> None:
    from s3tui.ui.screens.transfers import TransfersScreen

    browser.app.push_screen(TransfersScreen(browser.queue), partial(_show_object, browser))


def _show_object(browser: Browser, view: TransferView | None) -> None:
    """Go to the object of a transfer, with its profile."""
    if view is None:
        return
    whose, _, place = (view.target if "s3://" in view.target else view.source).partition("s3://")
    bucket, _, key = place.partition("/")
    name = whose.removesuffix(": ") or view.profile
    if browser.connection is not None and browser.connection.profile.name == name:
        browser.go(S3Uri(bucket, key).parent, cursor_on=key)
        return
    profile = next((each for each in browser.profiles.profiles if each.name == name and not each.problem), None)
    if profile is None:
        browser.say(f"It is in the profile {name}, which can't be used now.")
    else:
        browser.use(profile, S3Uri(bucket, key))


def request_log(browser: Browser) -> None:
    from s3tui.ui.screens.request_log import RequestLogScreen

    assert browser.connection is not None
    browser.app.push_screen(RequestLogScreen(browser.connection))
