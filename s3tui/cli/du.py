"""`s3tui du [--json] [--depth N] URI`: how much a bucket or prefix holds."""

from __future__ import annotations

import argparse
import sys
import time

from s3tui import display
from s3tui.cli.common import connection_of, emit, say
from s3tui.cli.interrupts import told, uninterrupted
from s3tui.cli.main import DONE, PARTLY
from s3tui.display import counted, visible
from s3tui.errors import BadInput
from s3tui.s3 import uri, usage, usage_report
from s3tui.s3.errors import S3Error
from s3tui.s3.usage import Usage
from s3tui.s3.usage_tree import STANDARD, Amount, State

_EVERY = 0.2  # s; how often it is said on a terminal how far we are
_TITLES: dict[State, tuple[str, str]] = {
    "current": ("current", "object"),
    "noncurrent": ("noncurrent", "version"),
    "marker": ("deleted", "delete marker"),
    "part": ("unfinished", "part"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("place", metavar="URI", help="s3://bucket/prefix")
    parser.add_argument(
        "--depth", metavar="N", type=int, default=1, help="levels of prefixes to tell apart (default 1)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line, the total last")
    parser.epilog = (
        "Counts current objects, noncurrent versions, delete markers and the parts of unfinished uploads. "
        "Exit code 3: not everything could be counted; the total says why."
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 3 when not everything could be counted."""
    if arguments.depth < 0:
        raise BadInput("--depth must be 0 or more.")
    connection = connection_of(arguments)
    measured = Usage(uri.parse(arguments.place, connection.profile.endpoint), arguments.depth)
    progress = _Progress()
    with told("not everything was counted"):
        try:
            usage.measure(measured, connection, on_progress=progress.tell)
        except S3Error:
            if not measured.rows:
                raise
        finally:
            progress.clear()
    with uninterrupted():
        _tell(measured, arguments.json)
    for note in measured.notes:
        say(f"s3tui: {note}")
    if not measured.completeness.is_complete:
        say(f"s3tui: not everything is counted: {measured.completeness.reason}")
        return PARTLY
    return DONE


def _tell(measured: Usage, as_json: bool) -> None:
    if not as_json:
        _print(measured)
        return
    for record in usage_report.records(measured, measured.start):
        emit(record)


class _Progress:
    """How far we are, on a terminal only, in one line that is gone at the end."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._on_terminal = sys.stderr.isatty()

    def tell(self, measured: Usage) -> None:
        if self._on_terminal and time.monotonic() - self._shown > _EVERY:
            self._shown = time.monotonic()
            text = f"{measured.rows:,} listed, {display.size(measured.tally.total.size)}; {measured.doing} …"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _print(measured: Usage) -> None:
    """The prefixes, the largest first; then the whole, and what it is made of."""
    for line in usage_report.lines(measured, measured.start):
        name = line.prefix
        if line.kind == "here":
            name = f"{name} (directly in it)".lstrip()
        elif line.kind == "rest":
            name = f"{name} ({line.prefixes:,} smaller prefixes)".lstrip()
        _print_row(line.tally.total, name)
    known = measured.completeness
    _print_row(measured.tally.total, f"{measured.uri} ({known if known.is_complete else 'at least'})")
    for state, (title, noun) in _TITLES.items():
        amount = measured.tally.of_state(state)
        if amount.count:
            print(
                f"{display.size(amount.size):>10} {counted(amount.count, noun):>24}  {title}{_classes(measured, state)}"
            )


def _print_row(amount: Amount, name: str) -> None:
    print(f"{display.size(amount.size):>10} {amount.count:>13,}  {visible(name)}")


def _classes(measured: Usage, state: State) -> str:
    """`: STANDARD 1.0 GiB, GLACIER 2.0 GiB`; nothing where all is of the usual class."""
    amounts = [(name, amount) for each, name, amount in measured.tally.items() if each == state and name]
    if [name for name, _ in amounts] in ([], [STANDARD]):
        return ""
    amounts.sort(key=lambda item: -item[1].size)
    return ": " + ", ".join(f"{visible(name)} {display.size(amount.size)}" for name, amount in amounts)
