"""Labels, and beside each its value: what doesn't fit on one line goes on below the value, not below the label."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from s3tui.display import visible

_LEAST = 10  # cells for a value; where a label leaves less, the value goes on below the label


@dataclass(frozen=True)
class Pairs(Visual):
    """Lines for a `Static`. `label_width` cells are the labels', a value may have a style of its own."""

    pairs: tuple[tuple[str, str, str], ...]  # label, value, style of the value
    label_width: int = 8

    def __str__(self) -> str:
        return "\n".join(str(self._pair(label, Content(visible(text)))) for label, text, _ in self.pairs)

    def _pair(self, label: str, value: Content) -> Content:
        return Content.assemble(Content(label.ljust(self.label_width)).stylize("$text-muted"), value)

    def _wrapped(self, width: int) -> Content:
        room = width - self.label_width
        lines = []
        for label, text, style in self.pairs:
            value = Content(visible(text)).stylize(style)
            if room < _LEAST:
                lines.append(self._pair(label, value))
                continue
            first, *more = value.wrap(room) or [value]
            lines.append(self._pair(label, first))
            lines += (Content.assemble(" " * self.label_width, line) for line in more)
        return Content("\n").join(lines)

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """See `Visual.render_strips`."""
        return self._wrapped(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """See `Visual.get_optimal_width`."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """See `Visual.get_height`."""
        return self._wrapped(width).get_height(rules, width)
