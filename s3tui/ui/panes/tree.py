"""The bucket tree: buckets with their regions, and below each the prefixes, loaded when a node is opened.

It holds prefixes only, at most `CAP` below a node; the rest, and all objects, are in the table.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from s3tui.display import visible
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.buckets import Bucket

CAP = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the tree that is no place: loading, failed, more."""

    text: str


Place = S3Uri | Note


class BucketTree(Tree[Place]):
    """Buckets and prefixes. It asks for what is below a node with `Wanted` and is given it with `fill`."""

    DEFAULT_CSS = """
    BucketTree { height: 1fr; padding: 0; }
    """
    show_root = False
    guide_depth = 2

    @dataclass
    class Wanted(Message):
        """A node was opened for the first time: what is below `uri`?"""

        uri: S3Uri

    @dataclass
    class Opened(Message):
        """The user wants to see `uri` in the table."""

        uri: S3Uri

    def __init__(self) -> None:
        super().__init__("", id="tree")
        self.border_title = "Buckets"
        self.auto_expand = False
        self._by_uri: dict[S3Uri, TreeNode[Place]] = {}

    @property
    def current(self) -> S3Uri | None:
        """The place under the cursor."""
        data = self.cursor_node.data if self.cursor_node else None
        return data if isinstance(data, S3Uri) else None

    def say(self, text: str) -> None:
        """Show `text` instead of buckets."""
        self._empty()
        self.root.add_leaf(Text(visible(text)), Note(text))

    def _empty(self) -> None:
        self._by_uri.clear()
        self.border_subtitle = ""
        self.root.remove_children()

    def show_buckets(self, buckets: Sequence[Bucket]) -> None:
        """List `buckets`; opened nodes are closed, the cursor stays on the bucket it was on."""
        before = self.current
        self._empty()
        for bucket in buckets:
            self._add(self.root, S3Uri(bucket.name), bucket.region or "")
        self.border_subtitle = f"{len(buckets):,}"
        if before and (node := self._by_uri.get(S3Uri(before.bucket))):
            self.call_after_refresh(self.move_cursor, node)
        elif buckets:
            self.call_after_refresh(self.move_cursor, self.root.children[0])

    def show_region(self, bucket: str, region: str) -> None:
        """Write `region` beside `bucket`."""
        if node := self._by_uri.get(S3Uri(bucket)):
            node.set_label(_label(bucket, region))

    def _add(self, parent: TreeNode[Place], uri: S3Uri, region: str = "", before: int | None = None) -> None:
        if uri not in self._by_uri:
            self._by_uri[uri] = parent.add(_label(uri.name if uri.key else uri.bucket, region), uri, before=before)

    def ensure(self, uri: S3Uri) -> None:
        """Have a node for `uri`'s bucket, even when it was not listed, and the cursor as near to `uri` as nodes are
        open, unless the user is moving it."""
        root = S3Uri(uri.bucket)
        if root not in self._by_uri:
            for child in self.root.children:
                if isinstance(child.data, Note):
                    child.remove()
            self._add(self.root, root)
        if not self.has_focus:
            self.call_after_refresh(self._follow, uri)

    def _follow(self, uri: S3Uri) -> None:
        node = self._by_uri.get(S3Uri(uri.bucket))
        closer = node
        while closer is not None:
            node = closer
            below = node.children if node.is_expanded else ()
            closer = next((child for child in below if _leads_to(child, uri)), None)
        if node is not None and node is not self.cursor_node and not self.has_focus:
            self.move_cursor(node)

    def render_label(self, node: TreeNode[Place], base_style: Style, style: Style) -> Text:
        """A region that doesn't fit is left out rather than cut."""
        label = super().render_label(node, base_style, style)
        if not isinstance(node.data, S3Uri) or node.data.key:
            return label
        region = len(str(node.label)) - len(visible(node.data.bucket))
        if region and label.cell_len > self.scrollable_content_region.width:  # cropping 0 would leave nothing
            label.right_crop(region)
        return label

    def fill(self, uri: S3Uri, prefixes: Sequence[str], more: bool, note: str = "") -> None:
        """Put `prefixes` (full keys, in S3's order) below `uri`, and nothing else; those that are there stay as they are.
        `more` adds a line that leads to the table; `note` one that says why something is missing."""
        node = self._by_uri.get(uri)
        if node is None:
            return
        wanted = {uri.with_key(prefix) for prefix in prefixes[:CAP]}
        for child in list(node.children):
            if child.data not in wanted:
                self._drop(child)
        for at, prefix in enumerate(prefixes[:CAP]):
            self._add(node, uri.with_key(prefix), before=at)
        if more or len(prefixes) > CAP:
            node.add_leaf(Text("… more, see the table", Style(dim=True)), Note("more"))
        if note:
            node.add_leaf(Text(visible(note), Style(italic=True)), Note(note))
        self._say_if_none(node)

    def way_to(self, uri: S3Uri) -> Iterator[tuple[S3Uri, S3Uri]]:
        """The filled nodes that lead to `uri`, each with what has to be below it when `uri` is there."""
        node = self._by_uri.get(S3Uri(uri.bucket))
        while node is not None and isinstance(node.data, S3Uri) and _is_filled(node):
            start = len(node.data.key)
            end = uri.key.find("/", start) + 1
            if not uri.key.startswith(node.data.key) or not end:
                return
            below = uri.with_key(uri.key[:end])
            yield node.data, below
            node = self._by_uri.get(below)

    def filled_in(self, uri: S3Uri) -> list[S3Uri]:
        """The filled nodes of `uri` and of what is below it."""
        return [each for each, node in self._by_uri.items() if _is_in(each, uri) and _is_filled(node)]

    def put(self, parent: S3Uri, prefix: S3Uri, there: bool) -> None:
        """Have `prefix` below `parent`, in its place, or not any more."""
        node, child = self._by_uri.get(parent), self._by_uri.get(prefix)
        if child is not None and not there:
            self._drop(child)
        elif node is not None and child is None and there:
            known = [_encoded(each.data) for each in node.children if isinstance(each.data, S3Uri)]
            at = bisect(known, _encoded(prefix))
            if at == len(known) and any(each.data == Note("more") for each in node.children):
                return
            for each in [each for each in node.children if each.data == Note("none")]:
                each.remove()
            self._add(node, prefix, before=at)
        if node is not None:
            self._say_if_none(node)

    def _say_if_none(self, node: TreeNode[Place]) -> None:
        if not node.children:
            node.add_leaf(Text("no prefixes", Style(dim=True)), Note("none"))

    def _drop(self, node: TreeNode[Place]) -> None:
        """Remove it with all below it; a cursor in there goes to the node above."""
        if isinstance(node.data, S3Uri):
            for uri in [each for each in self._by_uri if _is_in(each, node.data)]:
                del self._by_uri[uri]
        at = self.cursor_node
        while at is not None and at is not node:
            at = at.parent
        if at is node and node.parent is not None:
            self.move_cursor(node.parent)
        node.remove()

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Place]) -> None:
        event.stop()
        if isinstance(event.node.data, S3Uri) and not event.node.children:
            event.node.add_leaf(Text("loading …", Style(dim=True)), Note("loading"))
            self.post_message(self.Wanted(event.node.data))

    def on_tree_node_selected(self, event: Tree.NodeSelected[Place]) -> None:
        event.stop()
        node = event.node
        if isinstance(node.data, S3Uri):
            self.post_message(self.Opened(node.data))
        elif node.parent and isinstance(node.parent.data, S3Uri):
            self.post_message(self.Opened(node.parent.data))

    def action_open(self) -> None:
        """Open the node under the cursor, or show it in the table when it is open."""
        node = self.cursor_node
        if node is None:
            return
        if isinstance(node.data, S3Uri) and not node.is_expanded:
            node.expand()
        else:
            self.action_select_cursor()

    def action_up(self) -> None:
        """Close the node under the cursor, or go to the node above."""
        node = self.cursor_node
        if node is None:
            return
        if node.is_expanded:
            node.collapse()
        elif node.parent and node.parent is not self.root:
            self.move_cursor(node.parent)


def _is_filled(node: TreeNode[Place]) -> bool:
    """Whether what is below it has come."""
    return bool(node.children) and node.children[0].data != Note("loading")


def _encoded(uri: S3Uri) -> bytes:
    """What keys are ordered by."""
    return uri.key.encode("utf-8", "surrogateescape")


def _is_in(uri: S3Uri, other: S3Uri) -> bool:
    return uri.bucket == other.bucket and uri.key.startswith(other.key)


def _leads_to(node: TreeNode[Place], uri: S3Uri) -> bool:
    place = node.data
    return isinstance(place, S3Uri) and uri.key.startswith(place.key)


def _label(name: str, region: str) -> Text:
    text = Text(visible(name))
    if region:
        text.append(f"  {visible(region)}", Style(dim=True))
    return text
