"""Create a bucket: its name is checked against every rule while it is typed."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Static

from s3tui import background
from s3tui.errors import S3tuiError
from s3tui.s3 import naming
from s3tui.s3.client import Connection
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.form_row import FormRow


class CreateBucket(Dialog[str]):
    """Dismissed with the name of the new bucket."""

    DEFAULT_CSS = """
    CreateBucket #problems { min-height: 2; height: auto; color: $text-warning; padding-left: 18; }
    CreateBucket #region-hint { padding-left: 18; }
    """
    buttons = (("create", "Create", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, connection: Connection) -> None:
        super().__init__("New bucket")
        self.connection = connection

    def compose_body(self) -> ComposeResult:
        profile = self.connection.profile
        yield FormRow("Name", Input(id="name", compact=True, max_length=80))
        yield Static("", id="problems")
        yield FormRow("Region", Input(profile.region or "" if profile.is_aws else "", id="region", compact=True))
        hint = "→ completes a region of AWS." if profile.is_aws else "Empty: the endpoint decides."
        yield Static(hint, id="region-hint", classes="hint")

    def on_mount(self) -> None:
        self.query_one("#name").focus()
        if self.connection.read_only:
            self.query_one("#create", Button).disabled = True
            self.complain("This connection is read-only.")
        if self.connection.profile.is_aws:
            self._suggest_regions()

    @work(exclusive=True, group="regions", exit_on_error=False)
    async def _suggest_regions(self) -> None:
        from s3tui.s3 import regions

        names = await background.run(background.LOCAL, regions.aws_regions)
        self.query_one("#region", Input).suggester = SuggestFromList(names)

    @on(Input.Changed, "#name")
    def _check_name(self, event: Input.Changed) -> None:
        found = naming.problems(event.value) if event.value else []
        self.query_one("#problems", Static).update(plain("  ".join(found)))
        self.complain("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if not self.query_one("#create", Button).disabled:
            self._create()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "create":
            self._create()

    @work(exclusive=True, group="create", exit_on_error=False)
    async def _create(self) -> None:
        from s3tui.s3 import buckets

        name = self.query_one("#name", Input).value
        region = self.query_one("#region", Input).value.strip() or None
        button = self.query_one("#create", Button)
        button.loading = True
        try:
            await background.run(background.METADATA, buckets.create, self.connection, name, region)
        except S3tuiError as error:
            self.complain(error)
        else:
            self.dismiss(name)
        finally:
            button.loading = False
