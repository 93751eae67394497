"""Each style sheet is parsed once in a run of the tests, not by each of hundreds of apps."""

from __future__ import annotations

from typing import Any

from textual.css.stylesheet import Stylesheet

_parsed: dict[frozenset[tuple[str, str]], dict[Any, Any]] = {}  # by the values of the variables in them


def share() -> None:
    """From now on apps of the same theme take each other's rules, which nobody changes."""
    begin, set_variables = Stylesheet.__init__, Stylesheet.set_variables

    def take(sheet: Stylesheet) -> None:
        sheet._parse_cache = _parsed.setdefault(frozenset(sheet._variables.items()), {})  # type: ignore[assignment]

    def begin_shared(self: Stylesheet, *, variables: dict[str, str] | None = None) -> None:
        begin(self, variables=variables)
        take(self)

    def set_variables_shared(self: Stylesheet, variables: dict[str, str]) -> None:
        self._parse_cache = {}  # type: ignore[assignment]  # it is about to be cleared
        set_variables(self, variables)
        take(self)

    Stylesheet.__init__ = begin_shared  # type: ignore[method-assign]
    Stylesheet.set_variables = set_variables_shared  # type: ignore[method-assign]
