"""The access keys of a profile, typed: for this run only, or kept in the keyring."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.widgets import Button, Input, Select, Static

from s3tui import background
from s3tui.errors import S3tuiError
from s3tui.profiles import credentials, secrets
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.secret_input import SecretInput

_KEEP = (("for this run only", "run"), ("in the system's keyring", "keyring"))


class AskSecret(Dialog[Keys]):
    """Dismissed with the keys, once they are remembered for this run (and in the keyring, if that was chosen).

    `reason` is the failure that made the question necessary; after a keyring that failed, keeping the secret
    there is not proposed.
    """

    DEFAULT_CSS = """
    AskSecret .dialog { width: 76; }
    AskSecret .dialog-body { width: 100%; }
    AskSecret .reason { margin-bottom: 1; }
    """
    buttons = (("ok", "Use", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, profile: Profile, reason: S3tuiError | None = None) -> None:
        super().__init__(f"The keys of the profile “{profile.name}”")
        self.profile = profile
        self.reason = reason
        # Under another access key id the secret would not be found again.
        self.can_keep = profile.credentials == "keyring" and bool(profile.access_key_id)

    def compose_body(self) -> ComposeResult:
        profile, reason = self.profile, self.reason
        yield Static(plain(reason.sentence if reason else f"For {profile.endpoint or 'AWS'}."), classes="reason")
        known = Input(profile.access_key_id or "", id="access_key_id", compact=True, disabled=self.can_keep)
        yield FormRow("Access key id", known)
        yield FormRow("Secret", SecretInput(id="secret", compact=True))
        yield FormRow("Session token", SecretInput("only for temporary keys", id="session_token", compact=True))
        keep = self.can_keep and (reason is None or isinstance(reason, secrets.SecretNotFound))
        choice = Select[str](_KEEP, allow_blank=False, value="keyring" if keep else "run", id="keep", compact=True)
        row = FormRow("Keep the secret", choice)
        row.display = self.can_keep
        yield row

    def on_mount(self) -> None:
        self.query_one("#secret" if self.profile.access_key_id else "#access_key_id").focus()

    def on_input_submitted(self) -> None:
        self._accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "ok":
            self._accept()

    def _accept(self) -> None:
        key_id, secret, token = (
            self.query_one(f"#{name}", Input).value.strip() for name in ("access_key_id", "secret", "session_token")
        )
        if not key_id or not secret:
            self.complain("The access key id and its secret are both needed.")
            return
        keep = self.query_one("#keep", Select).value == "keyring"
        if keep and token:
            self.complain("Temporary keys soon expire: keep them for this run only.")
            return
        self._finish(Keys(key_id, secret, token or None), keep)

    @work(exclusive=True, group="secret", exit_on_error=False)
    async def _finish(self, keys: Keys, keep: bool) -> None:
        if keep:
            self.complain("Asking the keyring …")
            try:
                await background.run(
                    background.LOCAL, secrets.save, self.profile.name, keys.access_key_id, keys.secret_access_key
                )
            except S3tuiError as error:
                self.complain(f"{error.sentence} Keep the secret for this run only, or try again.")
                return
        credentials.remember(self.profile.name, keys)
        self.dismiss(keys)
