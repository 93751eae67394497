"""The net under `display.visible`: no control character of any widget ever reaches the terminal."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HALF = re.compile("[\ud800-\udfff]")


class ControlFilter(LineFilter):
    """Takes what could drive the terminal out of every line that is painted. Nothing stands in its place, since
    controls take no cells and the line must stay as wide as it is; half a character takes one."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """See `LineFilter.apply`."""
        return [self._clean(segment) for segment in segments]

    @staticmethod
    def _clean(segment: Segment) -> Segment:
        text, style, control = segment
        if control or text.isprintable():
            return segment
        return Segment(_CONTROL.sub("", _HALF.sub("�", text)), style)


# One instance: Textual caches painted lines by filter.
CONTROL_FILTER = ControlFilter()
