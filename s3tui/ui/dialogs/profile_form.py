"""The form of a profile: add, edit, duplicate; try it before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from s3tui import background
from s3tui.errors import S3tuiError
from s3tui.profiles import credentials, rules
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.profiles.store import ProfileDraft
from s3tui.ui.dialogs.base import Dialog
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.secret_input import SecretInput

__all__ = ["ProfileDraft", "ProfileForm"]

_SOURCES = (
    ("the system's keyring", "keyring"),
    ("a profile of ~/.aws (keys, SSO, role …)", "aws"),
    ("AWS_* variables, or AWS's own chain", "env"),
    ("a .env file", "dotenv"),
    ("typed each time, for one run", "session"),
    ("none: anonymous", "anonymous"),
)
_ADDRESSING = (("auto", "auto"), ("path: host/bucket/key", "path"), ("virtual: bucket.host/key", "virtual"))
_TLS = (
    ("checked, by the system's authorities", "system"),
    ("checked, by a CA file", "file"),
    ("NOT checked", "unchecked"),
)
_CHECKSUMS = (
    ("auto: as the endpoint needs", "auto"),
    ("when required", "when_required"),
    ("when supported", "when_supported"),
)
_READ_ONLY = (("no", "no"), ("yes: refuse everything that could change something", "yes"))
_LISTING = (
    ("many pages at a time", "parallel"),
    ("one page after the other: for a server with little power", "single"),
)
# Which fields belong to which choice; every other field is always shown.
_SHOWN_FOR = {
    "access_key_id": ("keyring", "session"),
    "secret": ("keyring", "session"),
    "aws_name": ("aws",),
    "dotenv_path": ("dotenv",),
    "ca_file": ("file",),
}


class ProfileForm(Dialog[ProfileDraft]):
    """Dismissed with what was typed.

    `profile` fills the form (None: a new one); `taken` are names that it may not get. When `keep` is given, the
    draft is given to it on a thread first, and what it raises is shown here, so that nothing has to be typed twice.
    """

    DEFAULT_CSS = """
    ProfileForm .dialog { width: 90%; max-width: 100; }
    ProfileForm .dialog-body { width: 100%; }
    ProfileForm .dialog-complaint { max-height: 3; overflow-y: auto; }
    """
    BINDINGS = [Binding("ctrl+s", "keep", "Save", show=False)]
    buttons = (("ok", "Save", "primary"), ("test", "Test", "default"), ("cancel", "Cancel", "default"))

    def __init__(
        self, profile: Profile | None, taken: Iterable[str], keep: Callable[[ProfileDraft], object] | None = None
    ) -> None:
        super().__init__(f"Profile “{profile.name}”" if profile else "A new profile")
        self.profile = profile
        self.taken = frozenset(taken)
        self.keep = keep

    def compose_body(self) -> ComposeResult:
        for label, field in self._fields():
            yield FormRow(label, field)

    def _fields(self) -> Iterator[tuple[str, Widget]]:
        shown = self.profile or Profile("", credentials="keyring")
        kind, _, place = shown.credentials.partition(":")
        yield "Name", _text("name", shown.name)
        yield "Endpoint", _text("endpoint", shown.endpoint, "https://host:port; empty is AWS")
        yield "Region", _text("region", shown.region, "empty: the default")
        yield "Credentials", _choice("source", _SOURCES, kind)
        yield "  Access key id", _text("access_key_id", shown.access_key_id)
        yield "  Secret", SecretInput("empty: as it is now" if self.profile else "", id="secret", compact=True)
        yield "  AWS profile", _text("aws_name", place if kind == "aws" else "")
        yield "  File", _text("dotenv_path", place if kind == "dotenv" else "", "/path/to/.env")
        yield "Buckets", _text("buckets", ", ".join(shown.buckets), "shown without listing: one, two")
        yield "Addressing", _choice("addressing", _ADDRESSING, shown.addressing)
        yield "Certificate", _choice("tls", _TLS, _tls(shown))
        yield "  CA file", _text("ca_file", shown.ca_file, "/path/to/ca.pem")
        yield "Checksums", _choice("checksums", _CHECKSUMS, shown.checksums)
        yield "Read-only", _choice("read_only", _READ_ONLY, "yes" if shown.read_only else "no")
        yield "Long lists", _choice("listing", _LISTING, "parallel" if shown.parallel_listing else "single")

    def on_mount(self) -> None:
        self._show_what_belongs()
        self.query_one("#name").focus()

    @on(Select.Changed)
    def _show_what_belongs(self) -> None:
        chosen = (self._chosen("source"), self._chosen("tls"))
        for field, choices in _SHOWN_FOR.items():
            self.query_one(f"#row-{field}").display = any(choice in choices for choice in chosen)

    def on_input_submitted(self) -> None:
        self.focus_next()

    def action_keep(self) -> None:
        self._go_on("ok")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id in ("ok", "test"):
            self._go_on(event.button.id)

    @work(exclusive=True, group="keep", exit_on_error=False)
    async def _go_on(self, button: str) -> None:
        draft = self._draft()
        if await self._complained(draft):
            return
        if button == "ok":
            await self._finish(draft)
        else:
            self._try(draft)

    def _draft(self) -> ProfileDraft:
        source = self._chosen("source")
        detail = {"aws": "aws_name", "dotenv": "dotenv_path"}.get(source)
        has_keys = source in _SHOWN_FOR["secret"]
        tls = self._chosen("tls")
        profile = Profile(
            name=self._typed("name"),
            endpoint=self._typed("endpoint") or None,
            region=self._typed("region") or None,
            addressing=cast(Any, self._chosen("addressing")),
            verify_tls=tls != "unchecked",
            ca_file=self._typed("ca_file") if tls == "file" else None,
            checksums=cast(Any, self._chosen("checksums")),
            read_only=self._chosen("read_only") == "yes",
            parallel_listing=self._chosen("listing") == "parallel",
            credentials=f"{source}:{self._typed(detail)}" if detail else source,
            access_key_id=(self._typed("access_key_id") or None) if has_keys else None,
            buckets=tuple(name for name in self._typed("buckets").replace(",", " ").split()),
        )
        secret = self._typed("secret")
        keys = Keys(profile.access_key_id or "", secret) if has_keys and secret else None
        return ProfileDraft(profile, keys)

    async def _complained(self, draft: ProfileDraft) -> bool:
        """Say what is wrong with the draft, and put the cursor there."""
        for field, sentence in (await background.run(background.LOCAL, self._problems, draft)).items():
            self.complain(sentence)
            self.query_one(f"#{self._field_of(field)}").focus()
            return True
        self.complain("")
        return False

    def _problems(self, draft: ProfileDraft) -> dict[str, str]:
        """On a thread: it looks for the files that are named."""
        wrong = rules.problems(draft.profile)
        if draft.profile.name in self.taken:
            wrong["name"] = f"There already is a profile “{draft.profile.name}”."
        if draft.secret and not draft.profile.access_key_id:
            wrong["access_key_id"] = "Which access key id does the secret belong to?"
        if draft.profile.credentials == "keyring" and not draft.secret and not self._has_secret(draft.profile):
            wrong.setdefault("secret", "The secret of this access key is needed.")
        return wrong

    def _has_secret(self, profile: Profile) -> bool:
        """Whether the keyring holds the secret already, as far as the form can know."""
        before = self.profile
        return before is not None and (before.credentials, before.access_key_id) == ("keyring", profile.access_key_id)

    def _field_of(self, problem: str) -> str:
        if problem != "credentials":
            return problem
        return {"aws": "aws_name", "dotenv": "dotenv_path"}.get(self._chosen("source"), "source")

    async def _finish(self, draft: ProfileDraft) -> None:
        if self.keep is not None:
            self.complain("Saving …")
            try:
                await background.run(background.LOCAL, self.keep, draft)
            except S3tuiError as error:
                self.complain(error)
                return
        self.dismiss(draft)

    def _try(self, draft: ProfileDraft) -> None:
        """Test what is typed, with a secret that is nowhere else yet."""
        from s3tui.ui.dialogs.profile_test import ProfileTest

        if draft.secret is None:
            self.app.push_screen(ProfileTest(draft.profile))
            return
        name = f"{draft.profile.name} (as typed)"
        credentials.remember(name, draft.secret)
        trial = replace(draft.profile, name=name, credentials="session")
        self.app.push_screen(ProfileTest(trial, done=lambda: credentials.forget(name)))

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def _chosen(self, field: str) -> str:
        return str(self.query_one(f"#{field}", Select).value)


def _text(identity: str, value: str | None, placeholder: str = "") -> Input:
    return Input(value or "", placeholder=placeholder, id=identity, compact=True)


def _choice(identity: str, options: tuple[tuple[str, str], ...], value: str) -> Widget:
    return Select[str](options, allow_blank=False, value=value, id=identity, compact=True)


def _tls(profile: Profile) -> str:
    if not profile.verify_tls:
        return "unchecked"
    return "file" if profile.ca_file else "system"
