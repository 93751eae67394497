"""The profile pane: whom we can talk to, and where each profile comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from s3tui.display import visible
from s3tui.profiles.model import Profile


class ProfileList(OptionList):
    """The profiles, one a line: a mark for the one in use, its name, its origin."""

    DEFAULT_CSS = """
    ProfileList { height: auto; max-height: 30%; min-height: 3; padding: 0; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    @dataclass
    class Chosen(Message):
        """The user opened a profile."""

        profile: Profile

    def __init__(self) -> None:
        super().__init__(id="profiles", markup=False)
        self.border_title = "Profiles"
        self.profiles: tuple[Profile, ...] = ()
        self.in_use: Profile | None = None

    def show(self, profiles: Sequence[Profile], in_use: Profile | None) -> None:
        """List `profiles`; the cursor stays on the name it was on, or goes to the one in use."""
        before = self.highlighted_profile or in_use
        self.profiles, self.in_use = tuple(profiles), in_use
        self.set_options([Option(self._line(profile)) for profile in profiles])
        names = [profile.name for profile in profiles]
        self.highlighted = names.index(before.name) if before and before.name in names else 0 if names else None

    @property
    def highlighted_profile(self) -> Profile | None:
        return self.profiles[self.highlighted] if self.highlighted is not None and self.profiles else None

    def _line(self, profile: Profile) -> Content:
        current = self.in_use is not None and profile.name == self.in_use.name and profile.origin == self.in_use.origin
        mark = "● " if current else "! " if profile.problem else "  "
        note = " read-only" if profile.read_only else ""
        return Content.assemble(
            (mark, "$text-success" if current else "$text-warning"),
            (visible(profile.name), "bold" if current else "dim" if profile.problem else ""),
            (note, "$text-warning"),
            (f"  {visible(profile.origin)}", "dim"),
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self.profiles[event.option_index]))
