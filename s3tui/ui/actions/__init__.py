"""What each command of the registry does, one function a command. Each takes the browser."""

from __future__ import annotations

from collections.abc import Callable

from s3tui.ui.actions import buckets, delete, objects, profiles, restore, view
from s3tui.ui.screens.browser import Browser

ACTIONS: dict[str, Callable[[Browser], object]] = {
    "filter": view.filter_rows,
    "sort": view.sort,
    "search": view.search,
    "size": view.size,
    "unfinished_uploads": view.unfinished_uploads,
    "show_deleted": view.show_deleted,
    "export": view.export,
    "goto": view.goto,
    "refresh": view.refresh,
    "read_only": view.read_only,
    "profiles": view.focus_profiles,
    "next_pane": view.next_pane,
    "previous_pane": view.previous_pane,
    "palette": view.palette,
    "help": view.show_help,
    "quit": view.leave,
    "transfers": view.transfers,
    "request_log": view.request_log,
    "upload": objects.upload,
    "download": objects.download,
    "copy_to": objects.copy_to,
    "move": objects.move,
    "edit_metadata": objects.edit_metadata,
    "edit_tags": objects.edit_tags,
    "why": objects.why,
    "restore": restore.restore,
    "copy": objects.copy,
    "bucket_settings": buckets.settings,
    "create_bucket": buckets.create,
    "delete": delete.delete,
    "profile_add": profiles.add,
    "profile_edit": profiles.edit,
    "profile_duplicate": profiles.duplicate,
    "profile_test": profiles.test,
    "profile_delete": profiles.delete,
}
