"""What the detail pane's tabs show, and how each is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.content import Content

from s3tui import background, display
from s3tui.background import CancelToken
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3.uri import S3Uri
from s3tui.ui.panes.detail import TABS, facts

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.s3.preview import Preview
    from s3tui.s3.versions import VersionList
    from s3tui.ui.screens.browser import Browser

VERSIONS_SHOWN = 200


def load(browser: Browser, tab: str, uri: S3Uri) -> None:
    """Fetch the content of `tab` for `uri` in the background and hand it to the detail pane."""
    if browser.connection is not None:
        browser.start(f"detail-{tab}", _load, browser.connection, tab, uri)


def load_again(browser: Browser) -> None:
    """After a change: what is still on its way was asked before it, so it is dropped."""
    for tab, _ in TABS:
        browser.workers.cancel_group(browser, f"detail-{tab}")
    browser.detail.reload()


async def _load(browser: Browser, connection: Connection, tab: str, uri: S3Uri) -> None:
    token = CancelToken()
    pool = background.PREVIEW if tab == "preview" else background.METADATA
    try:
        found = await background.run(pool, _FETCH[tab], connection, uri, token, token=token)
    except S3tuiError as error:
        if browser.connection is connection:
            browser.detail.fail(tab, uri, error)
        return
    if browser.connection is not connection:
        return
    if isinstance(found, Content):
        browser.detail.fill(tab, found, uri)
    else:
        _show_preview(browser, uri, found)


def _show_preview(browser: Browser, uri: S3Uri, found: Preview) -> None:
    from s3tui.ui.widgets.preview_view import PreviewView

    view = PreviewView()
    browser.detail.show_preview(uri, view)
    view.show(found)


def _preview(connection: Connection, uri: S3Uri, token: CancelToken) -> Preview:
    from s3tui.s3 import objects, preview

    return preview.first_bytes(connection, objects.head(connection, uri), token=token)


def _overview(connection: Connection, uri: S3Uri, token: CancelToken) -> Content:
    from s3tui.s3 import buckets, errors, objects

    if not uri.key:
        region = buckets.region_of(connection, uri.bucket)
        pairs = [
            ("Bucket", uri.bucket),
            ("URI", str(uri)),
            ("ARN", uri.arn),
            ("Region", region or "the server doesn't say"),
            ("Versioning", buckets.versioning(connection, uri.bucket)),
            ("Settings", "b shows lifecycle and CORS"),
        ]
        return facts(pairs)
    if uri.is_prefix:
        return facts([("Prefix", uri.key), ("URI", str(uri))])
    try:
        info = objects.head(connection, uri)
    except errors.NoSuchKey:
        if (gone := _deleted(connection, uri, token)) is None:
            raise
        return gone
    return facts([("URI", str(uri)), *objects.described(info)])


def _deleted(connection: Connection, uri: S3Uri, token: CancelToken) -> Content | None:
    """Of a key whose current version is a delete marker: when that came, and what is below it."""
    from s3tui.s3 import errors, versions

    try:
        found = versions.versions_of(connection, uri, token)
    except errors.S3Error:
        return None  # that the key is missing is what there is to say
    if not (found.versions and found.versions[0].is_delete_marker):
        return None
    pairs = [("URI", str(uri)), ("Deleted", f"{display.when(found.versions[0].modified)} UTC, by a delete marker")]
    return Content("\n\n").join([facts(pairs), Content.styled("Its versions", "$text-primary"), _version_lines(found)])


def _metadata(connection: Connection, uri: S3Uri, _: CancelToken) -> Content:
    from s3tui.s3 import metadata, objects

    found = metadata.described(objects.head(connection, uri).metadata)
    if not found:
        return Content.styled("No headers and no user metadata are set. e edits them.", "dim")
    return facts(found)


def _tags(connection: Connection, uri: S3Uri, _: CancelToken) -> Content:
    from s3tui.s3 import tags

    found = tags.read(connection, uri)
    return facts(found.items()) if found else Content.styled("No tags. t edits them.", "dim")


def _versions(connection: Connection, uri: S3Uri, token: CancelToken) -> Content:
    from s3tui.s3 import versions

    return _version_lines(versions.versions_of(connection, uri, token))


def _version_lines(found: VersionList) -> Content:
    lines = []
    for version in found.versions[:VERSIONS_SHOWN]:
        kind = "delete marker" if version.is_delete_marker else display.size(version.size)
        style = "$text-error" if version.is_delete_marker else "bold" if version.is_latest else ""
        latest = "  latest" if version.is_latest else ""
        lines.append(
            Content.assemble(
                (f"{display.when(version.modified)}  {kind}{latest}\n", style),
                (f"  {visible(version.version_id)}", "dim"),
            )
        )
    known = found.completeness
    count = display.counted(len(found.versions), "version")
    if len(found.versions) > VERSIONS_SHOWN:
        count = f"the newest {VERSIONS_SHOWN} of {count}"
    end = "complete" if known.state == "complete" else f"incomplete: {visible(known.reason) or 'more exist'}"
    return Content("\n").join([*lines, Content.styled(f"{count} · {end}", "$text-muted")])


_FETCH: dict[str, Callable[[Any, S3Uri, CancelToken], Content | Preview]] = {
    "overview": _overview,
    "metadata": _metadata,
    "tags": _tags,
    "versions": _versions,
    "preview": _preview,
}
