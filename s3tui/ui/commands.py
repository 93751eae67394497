"""Every command once: the bindings, the palette, the help overlay, the README's key table and the check of
the keys in the config are all made from `COMMANDS`, so they can't disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from s3tui.ui.screens.browser import Browser

Where = Literal["anywhere", "lists", "objects", "profiles"]
# Why a command can't run now, in a sentence; empty when it can.
Check = Callable[["Browser"], str]


def _always(_: Browser) -> str:
    return ""


def _connected(browser: Browser) -> str:
    return "" if browser.connection else "Choose a profile first."


def _bucket(browser: Browser) -> str:
    return _connected(browser) or ("" if browser.current_bucket else "Choose a bucket first.")


def _writable(browser: Browser) -> str:
    connection = browser.connection
    if connection and connection.read_only:
        return (
            "This profile is read-only."
            if connection.profile.read_only
            else "This session is read-only; R allows writing."
        )
    return _connected(browser)


def _writable_bucket(browser: Browser) -> str:
    return _writable(browser) or _bucket(browser)


def _object(browser: Browser) -> str:
    if _connected(browser) or browser.current_object:
        return _connected(browser)
    row = browser.objects.table.cursor_row
    return "This object is deleted." if row and row.is_deleted else "Put the cursor on an object first."


def _writable_object(browser: Browser) -> str:
    return _writable(browser) or _object(browser)


def _versioned(browser: Browser) -> str:
    row = None if browser.bucket_tree.has_focus else browser.objects.table.cursor_row
    is_chosen = row and (browser.objects.table.selected_count or not row.is_prefix)
    return _writable(browser) or ("" if is_chosen else "Put the cursor on an object first.")


def _receivable(browser: Browser) -> str:
    return _connected(browser) or ("" if _has_sources(browser) else "Choose an object or a prefix first.")


def _writable_objects(browser: Browser) -> str:
    is_chosen = browser.objects.table.selected_count or browser.current_object
    return _writable(browser) or ("" if browser.places.view and is_chosen else "Choose an object first.")


def _deletable(browser: Browser) -> str:
    if _writable(browser) or browser.bucket_tree.has_focus or browser.places.view is None:
        return _writable_bucket(browser)
    row = browser.objects.table.cursor_row
    if browser.objects.table.selected_count or (row and not row.is_deleted):
        return ""
    return "This object is deleted." if row else "Choose an object or a prefix first."


def _movable(browser: Browser) -> str:
    return _writable(browser) or ("" if _has_sources(browser) else "Choose an object or a prefix first.")


def _has_sources(browser: Browser) -> bool:
    """Whether objects or prefixes are chosen, or are under the cursor; a bucket doesn't count."""
    table, here = browser.objects.table, browser.bucket_tree.current
    if browser.bucket_tree.has_focus or browser.places.view is None:
        return here is not None and bool(here.key)
    return table.selected_count > 0 or (table.cursor_row is not None and not table.cursor_row.is_deleted)


def _place(browser: Browser) -> str:
    return _connected(browser) or ("" if browser.current_uri else "Choose a bucket first.")


def _place_listed(browser: Browser) -> str:
    view = browser.places.view
    if view and view.is_hits:
        return "These are hits of a search. Escape goes back to the place."
    return _connected(browser) or ("" if view else "Open a bucket first.")


def _listed(browser: Browser) -> str:
    return _connected(browser) or ("" if browser.objects.table.shown else "Nothing is listed here.")


def _own_profile(browser: Browser) -> str:
    chosen = browser.highlighted_profile
    if chosen is None:
        return "Put the cursor on a profile first."
    if chosen.editable:
        return ""
    if chosen.origin == "built in":
        return "This profile is built in; duplicate it to have one of your own."
    return f"This profile comes from {chosen.origin}: change it there, or duplicate it here."


def _profile(browser: Browser) -> str:
    return "" if browser.highlighted_profile else "Put the cursor on a profile first."


@dataclass(frozen=True, slots=True)
class Command:
    """Something the user can do. `id` names it in the config; `keys` are Textual's key names, with commas."""

    id: str
    title: str
    keys: str
    help: str
    where: Where = "anywhere"
    check: Check = _always
    footer: str = ""  # its name in the footer; empty when it isn't there


# fmt: off
COMMANDS: tuple[Command, ...] = (
    Command("open", "Open", "enter,l,right", "Open the profile, bucket or prefix under the cursor.", "lists"),
    Command("up", "Up", "h,backspace,left", "Go to the prefix above.", "lists"),
    Command("next_row", "Next row", "j,down", "Move down.", "lists"),
    Command("previous_row", "Previous row", "k,up", "Move up.", "lists"),
    Command("first_row", "First row", "g,home", "Go to the first row.", "lists"),
    Command("last_row", "Last row", "G,end", "Go to the last row.", "lists"),
    Command("next_page", "Next page", "pagedown", "Move down one page.", "lists"),
    Command("previous_page", "Previous page", "pageup", "Move up one page.", "lists"),
    Command("select", "Select", "space", "Select the row, or take it out of the selection.", "objects"),
    Command("select_range", "Select range", "v", "Start a range here; press again at its other end.", "objects"),
    Command("invert", "Invert selection", "asterisk", "Select what isn't selected, among the rows shown.", "objects"),
    Command("filter", "Filter", "slash", "Show only rows that match what you type: text, !text, re:, size>, age>, class:. Escape ends it.", check=_bucket, footer="Filter"),
    Command("sort", "Sort", "s", "Sort by name, size, time or class; again for the other direction.", check=_bucket),
    Command("search", "Search", "ctrl+f", "Search below here, in this bucket or in all buckets.", check=_connected, footer="Search"),
    Command("size", "Size", "z", "How much is below here: by prefix, storage class and state.", check=_place),
    Command("unfinished_uploads", "Unfinished uploads", "M", "Multipart uploads below here that nobody completed: what they hold, abort them.", check=_place),
    Command("show_deleted", "Show deleted", "V", "Show deleted objects among the others, or hide them again.", check=_place_listed),
    Command("bring_back", "Bring back", "U", "Bring back deleted objects, or make an older version the current one.", check=_versioned),
    Command("export", "Export", "x", "Write what the table shows to a file: CSV, JSON Lines or Parquet.", check=_listed),
    Command("goto", "Go to", "ctrl+g", "Go to a path, an s3:// URI, an https URL or an ARN.", check=_connected),
    Command("upload", "Upload", "u", "Upload files and folders to this prefix, also by templates or a manifest.", check=_writable_bucket, footer="Upload"),
    Command("download", "Download", "d", "Download the selected objects and prefixes, or what is under the cursor.", check=_receivable, footer="Download"),
    Command("sync", "Sync", "S", "Make one place like another, a folder or a prefix; a plan comes first.", check=_place),
    Command("copy_to", "Copy", "c", "Copy the selected objects and prefixes, or what is under the cursor.", check=_movable),
    Command("move", "Move, rename", "m", "Move or rename the selected objects and prefixes, or what is under the cursor.", check=_movable),
    Command("edit_metadata", "Metadata", "e", "Edit the object's headers and user metadata.", check=_writable_object, footer="Metadata"),
    Command("edit_tags", "Tags", "t", "Edit the object's tags.", check=_writable_object),
    Command("restore", "Restore from the archive", "A", "Ask for a readable copy of archived objects (Glacier, Deep Archive).", check=_writable_objects),
    Command("why", "Why missing?", "w", "Find out why an object is missing.", check=_connected, footer="Why?"),
    Command("bucket_settings", "Bucket settings", "b", "Lifecycle and CORS of this bucket.", check=_bucket, footer="Bucket"),
    Command("copy", "Copy URI", "y", "Copy the URI, the key, the URL, the ARN, the ETag or an aws command.", check=_place),
    Command("create_bucket", "New bucket", "n", "Create a bucket.", check=_writable),
    Command("delete", "Delete", "D", "Delete what is selected, or what is under the cursor: objects, prefixes, an empty bucket.", check=_deletable),
    Command("transfers", "Transfers", "T", "What is moved, waits, failed or is paused: pause, resume, retry, cancel."),
    Command("request_log", "Request log", "L", "Every request of this profile, with its request id.", check=_connected),
    Command("refresh", "Refresh", "r", "List again what has the focus.", check=_connected),
    Command("read_only", "Read-only", "R", "Turn read-only on or off for this session.", check=_connected),
    Command("profiles", "Profiles", "P", "Go to the list of profiles."),
    Command("next_pane", "Next pane", "tab,ctrl+right", "Go to the next pane."),
    Command("previous_pane", "Previous pane", "shift+tab,ctrl+left", "Go to the pane before."),
    Command("palette", "Commands", "colon,ctrl+p", "Find a command by its name."),
    Command("help", "Help", "question_mark,f1", "What can be done here.", footer="Help"),
    Command("quit", "Quit", "q,ctrl+q", "Leave s3tui; asks while something is being transferred.", footer="Quit"),
    Command("profile_add", "Add profile", "a", "Add a profile.", "profiles", footer="Add"),
    Command("profile_edit", "Edit profile", "e", "Change the profile.", "profiles", _own_profile, "Edit"),
    Command("profile_duplicate", "Duplicate profile", "c", "Make a profile of your own from this one.", "profiles", _profile),
    Command("profile_test", "Test profile", "t", "Check name, port, TLS, signature, permission and clock.", "profiles", _profile, "Test"),
    Command("profile_delete", "Delete profile", "D", "Forget the profile and its secret.", "profiles", _own_profile),
)
# fmt: on
# What a command does in the pane that has the focus: the first of these actions that its widget has.
MOVES = {
    "open": ("open", "select_cursor", "select"),
    "up": ("up", "go_up"),
    "next_row": ("cursor_down", "scroll_down"),
    "previous_row": ("cursor_up", "scroll_up"),
    "first_row": ("first", "scroll_home"),
    "last_row": ("last", "scroll_end"),
    "next_page": ("page_down",),
    "previous_page": ("page_up",),
    "select": ("toggle_selected",),
    "select_range": ("select_range",),
    "invert": ("invert_selection",),
}
BY_ID = {command.id: command for command in COMMANDS}


def at(*places: Where) -> Iterable[Command]:
    """The commands that belong to one of `places`."""
    return (command for command in COMMANDS if command.where in places)
