"""`s3tui demo`: a server with sample data, and the screen on it."""

from __future__ import annotations

import argparse
import signal
import sys

from s3tui import folders
from s3tui.cli.common import say
from s3tui.demo import server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `s3tui demo`."""
    parser.add_argument("--serve-only", action="store_true", help="print endpoint and keys, and serve until stopped")


def run(arguments: argparse.Namespace) -> int:
    """Serve sample data while the screen is open; without a terminal, drive the screen through its story."""
    with server.start(sample_data=True) as running:
        if arguments.serve_only:
            return _serve(running)
        folders.keep_state_in(running.folder)
        profile = profile_of(running, read_only=arguments.read_only)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from s3tui.cli import browse

            return browse.open_ui(profile)
        from s3tui.ui import story

        return story.run(profile)


def profile_of(running: server.DemoServer, read_only: bool = False) -> Profile:
    """The demo as a profile; its keys are known to this process only."""
    remember("demo", Keys(server.ACCESS_KEY_ID, server.SECRET_ACCESS_KEY))
    return Profile(
        "demo",
        endpoint=running.endpoint,
        region=server.REGION,
        addressing="path",
        read_only=read_only,
        credentials="session",
        access_key_id=server.ACCESS_KEY_ID,
        origin="built in",
    )


def _serve(running: server.DemoServer) -> int:
    print(f"AWS_ENDPOINT_URL={running.endpoint}")
    print(f"AWS_ACCESS_KEY_ID={server.ACCESS_KEY_ID}")
    print(f"AWS_SECRET_ACCESS_KEY={server.SECRET_ACCESS_KEY}")
    print(f"AWS_DEFAULT_REGION={server.REGION}", flush=True)
    say("Serving sample data until this is stopped (Ctrl-C). Nothing of it is kept.")
    # A polite kill is a Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        running.process.wait()
    except KeyboardInterrupt:
        return 0
    say("The demo's server ended by itself.")
    return 1
