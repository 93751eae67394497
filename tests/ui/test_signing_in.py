"""Codes and logins that a profile asks for on the way in."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from s3tui import background
from s3tui.background import Cancelled
from s3tui.profiles.model import Profile
from tests.terminal import Terminal
from tests.ui.browsing import browsing
from tests.ui.waiting import until

SSO = """
[profile staff]
sso_session = work
sso_account_id = 123456789012
sso_role_name = reader
region = eu-west-1
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://example.org/start
"""


async def test_a_code_is_asked_for_on_the_screen_while_a_thread_waits(profile: Profile) -> None:
    async with browsing(profile) as (pilot, browser):
        code: Future[str] = background.LISTING.submit(browser.app.ask_mfa, "arn:aws:iam::1:mfa/me")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "AskMfa")
        await pilot.press(*"123456", "enter")
        await until(pilot, code.done)
        assert code.result() == "123456"
        given_up: Future[str] = background.LISTING.submit(browser.app.ask_mfa, "arn:aws:iam::1:mfa/me")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "AskMfa")
        await pilot.press("escape")
        await until(pilot, given_up.done)
        with pytest.raises(Cancelled):
            given_up.result()


def test_an_expired_sso_session_offers_the_login_and_runs_it(tmp_path: Path) -> None:
    (tmp_path / "aws.ini").write_text(SSO)
    program = tmp_path / "bin" / "aws"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/was-run\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "AWS_CONFIG_FILE": str(tmp_path / "aws.ini"),
        "PATH": f"{program.parent}:{os.environ['PATH']}",
    }
    with Terminal([sys.executable, "-m", "s3tui", "--profile", "staff"], environment) as terminal:
        terminal.wait_for("The SSO session has expired")
        terminal.press("Tab", "Enter")
        terminal.wait_until((tmp_path / "was-run").exists)
        terminal.wait_for("The SSO session has expired")  # the program that was run signs nobody in
        assert (tmp_path / "was-run").read_text().split() == ["sso", "login", "--profile", "staff"]
