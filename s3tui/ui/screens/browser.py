"""The browser: four panes, and the state they share (which connection, which place).

Panes post what they want; the browser asks the services in `background` pools and hands the answers back.
An answer for a place that was left is dropped. What a command does is in `ui/actions`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Tabs

from s3tui import background
from s3tui.background import CancelToken
from s3tui.errors import S3tuiError
from s3tui.profiles.model import Profile
from s3tui.s3.uri import S3Uri
from s3tui.transfers.queue import Queue
from s3tui.transfers.request import Request
from s3tui.ui import keymap
from s3tui.ui.commands import BY_ID, COMMANDS, MOVES, Command, at
from s3tui.ui.dialogs.base import plain
from s3tui.ui.failures import TellsFailures
from s3tui.ui.panes.detail import DetailPane
from s3tui.ui.panes.objects import ObjectsPane
from s3tui.ui.panes.profiles import ProfileList
from s3tui.ui.panes.tree import CAP, BucketTree
from s3tui.ui.places import L, Places, Reader
from s3tui.ui.widgets.key_line import KeyLine
from s3tui.ui.widgets.object_table import ObjectTable
from s3tui.ui.widgets.transfer_line import TransferLine

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.s3.columns import Row
    from s3tui.ui.app import S3tuiApp
    from s3tui.ui.syncing import Syncs

DETAIL_DELAY = 0.12  # s; the cursor must rest this long before its object is asked for


class Browser(TellsFailures, Screen[None]):
    """The main screen."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (112, "-wide")]  # from there on the table keeps its sizes

    def __init__(self, keys: dict[str, str], queue: Queue) -> None:
        super().__init__()
        self.keys = keys
        self.queue = queue
        self.connection: Connection | None = None
        self.places = Places(self)
        self.syncs: Syncs | None = None  # once something was synced
        self._tree_token = CancelToken()
        self._runnable: tuple[bool, ...] = ()
        for binding in keymap.bindings(keys, "anywhere", "lists", "objects"):
            self._bindings._add_binding(binding)

    app: S3tuiApp

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                profiles = ProfileList()
                for binding in keymap.bindings(self.keys, "profiles"):
                    profiles._bindings._add_binding(binding)
                yield profiles
                yield BucketTree()
            yield ObjectsPane()
            yield DetailPane()
        yield TransferLine(self.queue)
        yield KeyLine()

    def on_mount(self) -> None:
        self.objects.say(
            "empty", "Choose a profile, then a bucket.", "Tab goes from pane to pane, Enter opens, ? helps."
        )
        self._rest = self.set_interval(DETAIL_DELAY, self._cursor_rests, pause=True)
        self.app.browser_ready()

    # ---- the panes and what is under the cursor

    @property
    def profiles(self) -> ProfileList:
        return self.query_one(ProfileList)

    @property
    def bucket_tree(self) -> BucketTree:
        return self.query_one(BucketTree)

    @property
    def objects(self) -> ObjectsPane:
        return self.query_one(ObjectsPane)

    @property
    def detail(self) -> DetailPane:
        return self.query_one(DetailPane)

    @property
    def place(self) -> S3Uri | None:
        """The prefix that the table lists, or from which its search was started."""
        return self.places.uri

    @property
    def highlighted_profile(self) -> Profile | None:
        return self.profiles.highlighted_profile

    @property
    def current_uri(self) -> S3Uri | None:
        """What a command without a selection is about: the row under the cursor, or the node of the tree."""
        if self.bucket_tree.has_focus or self.places.view is None:
            return self.bucket_tree.current
        return self.cursor_uri or self.place

    @property
    def cursor_uri(self) -> S3Uri | None:
        """The place of the row under the table's cursor."""
        listing, row = self.objects.table.listing, self.objects.table.cursor_id
        return listing.uri(row) if self.places.view and listing and row is not None else None

    @property
    def cursor_key(self) -> str:
        """The key of the row under the table's cursor; empty when there is none."""
        row = self.objects.table.cursor_row
        return row.key if row else ""

    @property
    def current_bucket(self) -> str:
        """The bucket of what the cursor is on, or the one that is listed."""
        place = self.current_uri or self.bucket_tree.current
        return place.bucket if place else ""

    @property
    def current_object(self) -> S3Uri | None:
        """The object under the cursor of the table; None when it is deleted."""
        row = self.objects.table.cursor_row
        if row is None or row.is_prefix or row.is_deleted or self.bucket_tree.has_focus:
            return None
        return self.cursor_uri

    @property
    def chosen_objects(self) -> list[tuple[S3Uri, Row]]:
        """The selected objects, or the one under the cursor."""
        table = self.objects.table
        listing = table.listing  # the one the numbers are of; a newer one may be about to take its place
        if self.places.view is None or listing is None:
            return []
        numbers = table.selected_ids or ([] if table.cursor_id is None else [table.cursor_id])
        rows = ((number, listing.columns.row(number)) for number in numbers)
        return [(listing.uri(number), row) for number, row in rows if not (row.is_prefix or row.is_deleted)]

    # ---- commands

    async def action_command(self, identity: str) -> None:
        """Run a command of the registry, or say why it can't run now."""
        from s3tui.ui.actions import ACTIONS

        command = BY_ID[identity]
        if reason := command.check(self):
            self.notify(reason, title=command.title, severity="warning", markup=False)
        elif identity in MOVES:
            await self._move(identity)
        else:
            ACTIONS[identity](self)

    def ask(self, conversation: Callable[..., Awaitable[None]], *details: object) -> None:
        """Run a command that talks with the user in dialogs; one at a time."""
        self.start("dialog", conversation, *details)

    def start(self, group: str, work: Callable[..., Awaitable[None]], *details: object) -> None:
        """Run `work(browser, *details)`; what runs in the same group is cancelled."""
        self.run_worker(partial(work, self, *details), group=group, exclusive=True, exit_on_error=False)

    async def _move(self, identity: str) -> None:
        widget = self.detail.content if self.detail.has_focus_within else self.focused
        for name in MOVES[identity]:
            if widget is not None and hasattr(widget, f"action_{name}"):
                await widget.run_action(name)
                return

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the footer's commands that can't run now."""
        if action == "command" and self.is_mounted and parameters:
            command = BY_ID[str(parameters[0])]
            return False if self._is_elsewhere(command) else None if command.check(self) else True
        return True

    def _is_elsewhere(self, command: Command) -> bool:
        """Whether its keys mean another command where the focus is: the list of profiles has some for itself."""
        if command.where == "profiles":
            return not self.profiles.has_focus
        keys = keymap.keys_of(command, self.keys)
        return self.profiles.has_focus and any(
            key in keys for other in at("profiles") for key in keymap.keys_of(other, self.keys)
        )

    def on_key(self, event: Key) -> None:
        """A key whose command can't run now comes through to here: say why."""
        for command in COMMANDS:
            if event.key in keymap.keys_of(command, self.keys) and not self._is_elsewhere(command):
                if reason := command.check(self):
                    event.stop()
                    self.notify(reason, title=command.title, severity="warning", markup=False)
                return

    # ---- profile -> buckets

    def use(self, profile: Profile, then: S3Uri | None = None) -> None:
        """Talk to `profile` from now on, and go to `then` when it is given."""
        from s3tui.ui import connecting

        profile = self.as_started(profile)
        if self.connection and self.connection.profile == profile:
            self.places.forget()
        self._leave()
        connecting.use(self, profile, then)

    def as_started(self, profile: Profile) -> Profile:
        """`--read-only` holds for whatever profile is chosen later, too."""
        return replace(profile, read_only=True) if self.app.start.read_only else profile

    def _leave(self) -> None:
        """Stop what was asked of the profile that is left, and drop what still comes of it."""
        self.places.leave()
        self._tree_token.cancel()
        self._tree_token = CancelToken()
        self.detail.show(None)

    @on(ProfileList.Chosen)
    def _profile_chosen(self, event: ProfileList.Chosen) -> None:
        self.use(event.profile)

    # ---- bucket, prefix -> rows

    def go(self, uri: S3Uri, cursor_on: str = "", focus: bool = True) -> None:
        """List `uri` (its parent, when it is an object) and put the cursor on `cursor_on`."""
        if self.connection is not None:
            self.places.go(uri, cursor_on, focus)

    def show_hits(self, listing: L, title: str, read: Reader[L]) -> None:
        """Show in the table what a search finds, until the user goes elsewhere.

        `read(listing, connection, token, on_page)` finds it: it is called in a pool thread, appends rows to
        `listing`, calls `on_page(listing)` after that, sets its completeness, and raises `S3Error` or `Cancelled`
        (the token is cancelled when the user stops the search or leaves). `listing.uri(row)` is the place of a
        row, `listing.name(row)` what is shown of it, `listing.anew()` the same search with nothing found yet.
        `title` says what is searched for, and where.
        """
        self.places.show_hits(listing, title, read)

    def written(self, uri: S3Uri) -> None:
        """We wrote or deleted `uri`: the lists that show it follow; cursor and focus stay where they are."""
        self.places.writes.add(uri)

    def deleted(self, request: Request) -> None:
        """What `request` names was deleted, or some of it: the lists that show it follow."""
        from s3tui.transfers.delete import DeleteRequest

        assert isinstance(request, DeleteRequest)
        self.places.writes.add_deleted(request)

    @on(BucketTree.Opened)
    def _tree_opened(self, event: BucketTree.Opened) -> None:
        self.go(event.uri)

    @on(ObjectTable.Opened)
    def _row_opened(self) -> None:
        uri, view, row = self.cursor_uri, self.places.view, self.objects.table.cursor_row
        if uri is None or view is None or row is None:
            return
        if view.is_hits:
            self.places.open_hit(uri)
        elif row.is_prefix:
            self.go(uri)
        else:
            self.show_detail()
            self.detail.show(uri)

    @on(ObjectsPane.Escaped)
    def _escaped(self) -> None:
        self.places.back()

    @on(ObjectTable.GoUp)
    def _go_up(self) -> None:
        if self.places.view and self.places.view.is_hits:
            self.places.leave_hits()
        elif self.place is None:
            return
        elif self.place.key:
            self.go(self.place.parent, cursor_on=self.place.key)
        else:
            self.bucket_tree.focus()

    # ---- what is below a node of the tree

    @on(BucketTree.Wanted)
    def _tree_wanted(self, event: BucketTree.Wanted) -> None:
        self._fill_tree(event.uri)

    @work(group="tree", exit_on_error=False)
    async def _fill_tree(self, uri: S3Uri) -> None:
        from s3tui.s3 import listing as listings

        connection, token = self.connection, self._tree_token
        if connection is None:
            return
        prefixes: list[str] = []
        more, note = False, ""
        try:
            prefixes, more = await background.run(
                background.LISTING, listings.first_prefixes, connection, uri.bucket, uri.key, CAP, token, token=token
            )
        except S3tuiError as error:
            note = error.sentence
        if token is self._tree_token:
            self.bucket_tree.fill(uri, prefixes, more, note)

    # ---- detail

    def show_detail(self) -> None:
        """Unfold the detail pane where the terminal is too narrow to show it always."""
        self.set_class(self.has_class("-narrow"), "-detail")
        self.call_after_refresh(self.detail.reload)
        if self.has_class("-narrow"):  # the table is folded away
            self.call_after_refresh(self.detail.query_one(Tabs).focus)

    def on_resize(self) -> None:
        """Where only one of them has room, that is the one which is worked in."""
        self.set_class(self.detail.has_focus_within, "-detail")

    def action_fold_detail(self) -> None:
        self.remove_class("-detail")
        self.call_after_refresh(self.objects.table.focus)

    @on(ObjectTable.Highlighted)
    @on(ObjectTable.SelectionChanged)
    def _row_highlighted(self) -> None:
        self._look_closer()

    @on(BucketTree.NodeHighlighted)
    def _node_highlighted(self) -> None:
        if self.bucket_tree.has_focus:
            self._look_closer()

    def _look_closer(self) -> None:
        """What costs more than painting a row waits until the cursor rests."""
        self._rest.reset()
        self._rest.resume()

    def _cursor_rests(self) -> None:
        self._rest.pause()
        self.detail.show(self.current_uri)
        self.refresh_commands()

    def refresh_commands(self) -> None:
        """Paint the footer anew, if other commands can run than before."""
        runnable = tuple(not command.check(self) for command in COMMANDS)
        if runnable != self._runnable:
            self._runnable = runnable
            self.refresh_bindings()

    @on(DetailPane.Wanted)
    def _detail_wanted(self, event: DetailPane.Wanted) -> None:
        from s3tui.ui import detail_content

        detail_content.load(self, event.tab, event.uri)

    def show_place(self) -> None:
        """Say in the tree's frame whom we talk to, and whether writing is refused."""
        connection = self.connection
        if connection is None:
            return
        mark = " · read-only" if connection.read_only else ""
        self.bucket_tree.border_title = plain(f"{connection.profile.name}{mark}")

    def say(self, text: str) -> None:
        """A short message to the user."""
        self.notify(plain(text).plain, markup=False)
